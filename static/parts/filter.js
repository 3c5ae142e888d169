/**
 * The filter: field, error, number of matches, and chips for whatever else narrows.
 *
 * Owns the text while it is being typed.
 */
import { narrow, setFilter } from '../actions/filtering.js';
import { focusFeed } from '../actions/panels.js';
import { isNarrow } from '../query/selection.js';
import { filterError, found, hiddenChip, onlyChip, rangeChip, words } from '../text/en.js';
import { attribute, h, hear, icon, keyed, write } from '../ui/dom.js';

/** After the last key (ms). */
const TYPING_PAUSE = 150;

const FIELD_PROPS = {
  type: 'search',
  id: 'filter',
  'data-role': 'filter',
  placeholder: words.filterExample,
  spellcheck: 'false',
  autocomplete: 'off',
  autocapitalize: 'none',
  'aria-describedby': 'filter-error',
};

const FAULT_PROPS = {
  class: 'filter-error',
  id: 'filter-error',
  role: 'status',
  'data-role': 'filter-error',
};

/** @typedef {import('../store.js').Store} Store */

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function FilterField(el, page) {
  const { store } = page;
  let timer = 0;
  const field = h('input', { ...FIELD_PROPS, oninput, onkeydown });
  const error = h('p', FAULT_PROPS);
  const number = h('span', { class: 'found', 'data-role': 'found' });
  const chips = h('span', { class: 'narrow-chips' });
  el.append(
    h('label', { class: 'unheard', for: 'filter' }, words.filter),
    icon('search'),
    chips,
    field,
    number,
    h('kbd', { 'aria-hidden': 'true' }, '/'),
    error,
  );

  function oninput() {
    clearTimeout(timer);
    timer = setTimeout(apply, TYPING_PAUSE);
  }

  function apply() {
    clearTimeout(timer);
    timer = 0;
    setFilter(page, field.value);
  }

  /** @param {KeyboardEvent} event */
  function onkeydown(event) {
    if (event.key === 'Enter') apply();
    if (event.key !== 'Escape') return;
    // The first Escape leaves the field, the next one clears it (keyboard.js).
    event.preventDefault();
    apply();
    focusFeed();
  }

  function update() {
    const { selection } = store;
    // What is being written is not overwritten: not in the field, and not before it has been applied.
    const isWriting = document.activeElement === field || timer !== 0 || selection.error !== null;
    if (!isWriting && field.value !== selection.filter.text) field.value = selection.filter.text;
    attribute(field, 'aria-invalid', selection.error !== null);
    write(error, selection.error ? filterError(selection.error) : '');
    drawChips(chips, page);
    write(
      number,
      isNarrow(selection)
        ? found(store.roll.shown, store.roll.held, store.matching.scanning, store.past !== null)
        : '',
    );
  }
  for (const noun of /** @type {const} */ (['selection', 'messages'])) hear(el, noun, update);
  update();
}

/** What else narrows, and what would undo it. @param {Store} store @returns {{text: string, change: object}[]} */
function narrowings({ selection, view }) {
  const { only, hidden, range } = selection;
  return [
    ...(only === null ? [] : [{ text: onlyChip(only), change: { only: null } }]),
    ...hidden.map((topic) => ({
      text: hiddenChip(topic),
      change: { hidden: hidden.filter((each) => each !== topic) },
    })),
    ...(range === null ? [] : [{ text: rangeChip(range, view.zone), change: { range: null } }]),
  ];
}

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
function drawChips(el, page) {
  keyed(
    el,
    narrowings(page.store),
    ({ text }) => text,
    ({ text, change }) =>
      h(
        'button',
        {
          type: 'button',
          class: 'chip',
          'aria-label': words.remove(text),
          onclick: () => narrow(page, change),
        },
        text,
        icon('x'),
      ),
    () => {},
  );
}
