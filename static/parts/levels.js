/** Which levels are shown, and how many messages of each are here. Asks for: toggle-level, only-level. */
import { ask, attribute, h, hear, write } from '../ui/dom.js';
import { roving } from '../ui/roving.js';
import { ERROR, GLYPHS, LEVELS } from '../messages/message.js';
import { count, short } from '../format/time.js';
import { levelTitle } from '../text/en.js';
import { words } from '../text/words.js';

/** @param {HTMLElement} el @param {import('../store.js').Store} store */
export function LevelChips(el, store) {
  /** Worst first, as in the eyes of whoever looks. */
  const order = [...LEVELS.keys()].reverse();
  const chips = order.map((level) => {
    const number = h('span', { class: 'number' });
    const chip = h(
      'button',
      {
        type: 'button',
        class: 'chip',
        'data-level': LEVELS[level],
        'data-role': `level-${LEVELS[level]}`,
        onclick: (/** @type {MouseEvent} */ event) =>
          ask(el, event.altKey ? 'only-level' : 'toggle-level', level),
      },
      h('span', { class: 'glyph', 'aria-hidden': 'true' }, GLYPHS[level]),
      h('span', {}, words.levelChips[level]),
      number,
    );
    return { chip, number, level };
  });
  el.append(...chips.map(({ chip }) => chip));
  roving(el);

  function update() {
    for (const { chip, number, level } of chips) {
      const many = store.roll.levels[level] ?? 0;
      write(number, store.isKnown ? short(many) : '–');
      // Errors that are hidden stay to be seen in their number.
      chip.classList.toggle('is-grave', level >= ERROR && many > 0);
      attribute(chip, 'aria-pressed', store.selection.levels[level] ?? true);
      chip.title = levelTitle(count(many));
    }
  }
  for (const noun of ['tick', 'selection']) hear(el, noun, update);
  update();
}
