/** Why nothing is shown, and what can be done about it. */
import { clearFilter, showLevels } from '../actions/filtering.js';
import { loadMore, searchHistory, showOldest } from '../actions/history.js';
import { hasMessages, settled } from '../actions/server.js';
import { ERROR } from '../messages/message.js';
import { EVERYTHING, isSame } from '../query/selection.js';
import { emptyTopic, hiddenErrors, messageGone, nothingMatches, notInHistory, words } from '../text/en.js';
import { h, hear, icon, keyed, writePhrase } from '../ui/dom.js';

/** @typedef {import('../actions/page.js').Page} Page */
/** @typedef {[label: string, act: (page: Page) => unknown]} Action */

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Empty(el, page) {
  const { store } = page;
  const text = h('p', {});
  const buttons = h('div', { class: 'actions' });
  el.append(
    h('div', { class: 'empty', role: 'status', 'data-role': 'nothing' }, icon('search'), text, buttons),
  );

  /** What history has of a topic, as the server told. @type {Map<string, 'unknown' | 'some' | 'none'>} */
  const kept = new Map();

  /** "No messages yet" is claimed only when the server said so. @param {string} topic */
  function keptOf(topic) {
    if (!kept.has(topic)) {
      kept.set(topic, 'unknown');
      settled(hasMessages(topic)).then(({ ok }) => {
        kept.set(topic, ok === false ? 'none' : 'some');
        update();
      });
    }
    return kept.get(topic) ?? 'unknown';
  }

  function update() {
    const { past, roll, selection } = store;
    const isEmpty = roll.shown <= 0 && !roll.matching.scanning && !past?.isLoading;
    el.hidden = !isEmpty || (past ? past.problem !== '' : roll.held === 0 && selection.only === null);
    if (el.hidden) return;
    const [sentence, actions] = reason(store, keptOf);
    writePhrase(text, sentence);
    keyed(
      buttons,
      actions,
      ([label]) => label,
      ([label, act]) => h('button', { type: 'button', onclick: () => act(page) }, label),
      () => {},
    );
  }
  for (const noun of /** @type {const} */ (['selection', 'messages', 'view'])) hear(el, noun, update);
  update();
}

/**
 * The reason, and the actions that help.
 * @param {import('../store.js').Store} store @param {(topic: string) => 'unknown' | 'some' | 'none'} keptOf what history has of a topic
 * @returns {[import('../ui/dom.js').Phrase, Action[]]}
 */
function reason(store, keptOf) {
  const { past, selection, roll } = store;
  const { zone } = store.view;
  const first = past?.first ? Date.parse(past.first.time) : null;
  if (past?.isGone) return [messageGone(first, zone), first === null ? [] : [[words.goToOldest, showOldest]]];
  if (past?.older)
    return [
      words.notYetInHistory,
      [
        [words.searchOn, loadMore],
        [words.clearFilter, clearFilter],
      ],
    ];
  if (past) return [notInHistory(first, zone), [[words.clearFilter, clearFilter]]];
  const hiddenOnes = roll.levels.reduce(
    (sum, many, level) => sum + (level >= ERROR && !selection.levels[level] ? many : 0),
    0,
  );
  if (hiddenOnes > 0) {
    return [hiddenErrors(hiddenOnes), [[words.showThem, showLevels]]];
  }
  const isTopicAlone = isSame(selection, { ...EVERYTHING, only: selection.only }) && selection.only !== null;
  return [
    isTopicAlone ? emptyTopic(selection.only ?? '', keptOf(selection.only ?? '')) : nothingMatches(roll.held),
    [
      [words.clearFilter, clearFilter],
      [words.searchHistory, searchHistory],
    ],
  ];
}
