/** Buttons beside the row under the pointer: only its topic, its context, copy, link. */
import { onlyTopic } from '../actions/filtering.js';
import { showAround } from '../actions/history.js';
import { copyMessage } from '../actions/rows.js';
import { isMark } from '../messages/message.js';
import { words } from '../text/en.js';
import { h, hear, icon } from '../ui/dom.js';

/** @param {HTMLElement} el holds the rows @param {import('../actions/page.js').Page} page */
export function RowActions(el, page) {
  const { store } = page;
  /** @type {HTMLElement | null} */
  let pointed = null;
  /** Id of the message that the buttons are for. */
  let id = '';

  /** @param {string} sign @param {string} label @param {(message: import('../messages/message.js').Message) => unknown} act */
  function button(sign, label, act) {
    const onclick = () => {
      const entry = store.ring.get(store.roll.find(id));
      if (entry && !isMark(entry)) act(entry);
    };
    const props = { type: 'button', class: 'icon', title: label, 'aria-label': label, tabindex: -1, onclick };
    return h('button', props, icon(sign, 'small'));
  }
  const bar = h(
    'div',
    { class: 'row-actions', 'data-role': 'row-actions', hidden: true },
    button('list-filter', words.onlyTopic, ({ topic }) => onlyTopic(page, topic)),
    button('locate-fixed', words.rowContext, (message) => showAround(page, message.id)),
    button('copy', words.rowCopy, (message) => copyMessage(page, message, 'text')),
    button('link', words.rowLink, (message) => copyMessage(page, message, 'link')),
  );
  el.append(bar);

  /** The row that has the buttons: under the pointer, else selected by keys. @returns {HTMLElement | null} */
  function row() {
    if (pointed?.matches('[data-role="message"]') && pointed.dataset.id === id) return pointed;
    if (pointed !== null) return null;
    return el.querySelector('.feed-rows:focus-visible .row.selected[data-role="message"]');
  }

  function place() {
    const target = row();
    bar.hidden = target === null;
    el.querySelector('.row.hovered')?.classList.remove('hovered');
    target?.classList.add('hovered');
    if (target === null) return;
    id = target.dataset.id ?? '';
    bar.style.transform = `translateY(${target.getBoundingClientRect().top - el.getBoundingClientRect().top}px)`;
  }

  el.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'mouse' || bar.contains(/** @type {Node} */ (event.target))) return;
    const found = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('.row'));
    pointed = event.buttons === 0 ? found : null;
    id = pointed?.dataset.id ?? '';
    place();
  });
  el.addEventListener('pointerleave', () => {
    pointed = null;
    place();
  });
  // The rows move under the pointer: the buttons are for the row that was pointed at, or for none.
  el.addEventListener('scroll', place, { capture: true, passive: true });
  el.addEventListener('wheel', () => bar.toggleAttribute('hidden', true), { passive: true });
  for (const noun of /** @type {const} */ (['messages', 'view', 'selection'])) hear(el, noun, place);
}
