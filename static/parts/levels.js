/** Which levels are shown, and how many of the messages that match otherwise each has. */
import { leastLevel, toggleLevel } from '../actions/filtering.js';
import { count, short } from '../format/time.js';
import { ERROR, LEVELS, SHAPES } from '../messages/message.js';
import { levelTitle, words } from '../text/en.js';
import { attribute, h, hear, icon, write } from '../ui/dom.js';
import { roving } from '../ui/roving.js';

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function LevelChips(el, page) {
  const { store } = page;
  /** The most severe first. */
  const order = [...LEVELS.keys()].reverse();
  const chips = order.map((level) => {
    const number = h('span', { class: 'number' });
    const chip = h(
      'button',
      {
        type: 'button',
        'data-level': LEVELS[level],
        'data-role': `level-${LEVELS[level]}`,
        onclick: (/** @type {MouseEvent} */ event) =>
          event.altKey || event.ctrlKey || event.metaKey ? toggleLevel(page, level) : leastLevel(page, level),
      },
      SHAPES[level] ? icon(SHAPES[level], 'shape') : null,
      h('span', { class: 'word' }, words.levelChips[level]),
      number,
    );
    return { chip, number, level };
  });
  const opener = h(
    'button',
    { type: 'button', class: 'levels-open', 'data-role': 'levels-open' },
    icon('list-filter'),
    words.levels,
    icon('chevron-down', 'small'),
  );
  const group = h('div', { class: 'levels-group' }, ...chips.map(({ chip }) => chip));
  el.append(opener, group);
  roving(el);

  levelMenu(el, opener);

  function update() {
    for (const { chip, number, level } of chips) {
      const many = store.roll.levels[level] ?? 0;
      // While messages are being looked through, the number of before stays.
      if (!store.matching.scanning) write(number, store.isKnown ? short(many) : '–');
      // The number of errors stays visible while they are hidden.
      chip.classList.toggle('is-grave', level >= ERROR && many > 0);
      attribute(chip, 'aria-pressed', store.selection.levels[level] ?? true);
      chip.title = levelTitle(level, count(many));
    }
    opener.classList.toggle('on', store.selection.levels.includes(false));
  }
  for (const noun of /** @type {const} */ (['tick', 'selection'])) hear(el, noun, update);
  update();
}

/** Where the toolbar is short of room the levels are a menu. @param {HTMLElement} el @param {HTMLElement} opener */
function levelMenu(el, opener) {
  const isOpen = () => el.classList.contains('open');
  /** @param {boolean} isWanted */
  function open(isWanted) {
    el.classList.toggle('open', isWanted);
    attribute(opener, 'aria-expanded', isWanted);
  }
  open(false);
  opener.addEventListener('click', () => open(!isOpen()));
  document.addEventListener('pointerdown', ({ target }) => {
    if (isOpen() && !el.contains(/** @type {Node} */ (target))) open(false);
  });
  el.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !isOpen()) return;
    event.stopPropagation();
    open(false);
    opener.focus();
  });
}
