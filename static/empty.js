/** Why nothing is to be seen although there are messages. Asks for: clear-filter, show-levels, only-topic. */
import { ask, h, hear, say, write } from './lib/dom.js';
import { ERROR } from './logic/message.js';
import { emptyTopic, hiddenErrors, nothingMatches, words } from './text.js';

/** @param {HTMLElement} el @param {import('./store.js').Store} store */
export function Empty(el, store) {
  const text = h('p', {});
  const button = h('button', { type: 'button', onclick: () => act() }, '');
  el.append(h('div', { class: 'empty', role: 'status' }, text, button));
  let verb = 'clear-filter';
  const act = () => ask(el, verb);

  function update() {
    const { selection, held, shown, levels, matching } = store;
    el.hidden = held === 0 || shown > 0 || matching.scanning;
    if (el.hidden) return;
    const hiddenOnes = levels.reduce(
      (sum, many, level) => sum + (level >= ERROR && !selection.levels[level] ? many : 0),
      0,
    );
    const isByLevels = hiddenOnes > 0 && selection.filter.test === null && selection.only === null;
    verb = isByLevels ? 'show-levels' : 'clear-filter';
    const isTopicAlone =
      selection.only !== null && selection.filter.test === null && selection.levels.every(Boolean);
    if (isByLevels) write(text, hiddenErrors(hiddenOnes));
    else say(text, isTopicAlone ? emptyTopic(selection.only ?? '') : nothingMatches(held));
    write(button, isByLevels ? words.showThem : words.clearFilter);
  }
  for (const noun of ['selection', 'messages']) hear(el, noun, update);
  update();
}
