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
  el.append(...chips.map(({ chip }) => chip));
  roving(el);

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
  }
  for (const noun of /** @type {const} */ (['tick', 'selection'])) hear(el, noun, update);
  update();
}
