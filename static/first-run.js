/**
 * A page that shows nothing: before the first message what to type, later why nothing is to be seen.
 *
 * Owns the example commands. Asks for: publish, clear-filter, show-levels, search-history,
 * show-oldest.
 */
import { ask, attribute, copy, h, hear, keyed, say, write } from './lib/dom.js';
import { ERROR, isMark } from './logic/message.js';
import {
  emptyTopic,
  firstArrived,
  firstSteps,
  hiddenErrors,
  messageGone,
  nothingMatches,
  notInHistory,
} from './text.js';
import { words } from './words.js';

const STAYS = 30_000;

/** @param {HTMLElement} el @param {import('./store.js').Store} store */
export function FirstRun(el, store) {
  const steps = firstSteps(location.origin);
  let shown = 'curl';
  let wasWaiting = false;
  /** @type {{ms: number, at: number} | null} */
  let arrived = null;

  const code = h('code', { 'data-role': 'first-command' });
  const copyButton = h('button', { type: 'button', class: 'primary', onclick: copyCommand }, words.copy);
  const sendButton = h('button', { type: 'button', onclick: send }, words.sendForMe);
  const tabs = Object.entries(steps).map(([name, { title }]) =>
    h('button', { type: 'button', role: 'tab', 'data-tab': name, onclick: () => show(name) }, title),
  );
  const box = h(
    'div',
    { class: 'welcome', 'data-role': 'first-run', hidden: true },
    h('h2', {}, words.waitingTitle),
    h('p', {}, words.waitingText),
    h('div', { class: 'tabs', role: 'tablist' }, ...tabs),
    h('pre', { role: 'tabpanel', tabindex: 0 }, code),
    h('div', { class: 'actions' }, copyButton, sendButton),
  );
  const doneText = h('span', { class: 'bar-text' });
  const done = h(
    'div',
    { class: 'bar', role: 'status', 'data-look': 'ok', 'data-role': 'first-arrived', hidden: true },
    doneText,
    h('span', {}, words.next),
    h('button', { type: 'button', onclick: () => again('file') }, words.sendLogFile),
    h('button', { type: 'button', onclick: () => ask(el, 'open-dialog', 'help') }, words.howToFilter),
    h('button', { type: 'button', class: 'close', 'aria-label': words.dismiss, onclick: dismiss }, '×'),
  );
  el.append(done, box);

  /** @param {string} name */
  function show(name) {
    shown = name;
    write(copyButton, words.copy);
    update();
  }

  /** @param {string} name */
  function again(name) {
    arrived = null;
    shown = name;
    box.dataset.again = 'yes';
    update();
  }

  function dismiss() {
    arrived = null;
    update();
  }

  async function copyCommand() {
    const isCopied = await copy(steps[shown]?.code ?? '');
    if (!isCopied) getSelection()?.selectAllChildren(code);
    write(copyButton, isCopied ? words.copied : words.copyBlocked);
  }

  function send() {
    ask(el, 'publish', { topic: 'demo', level: 'info', text: words.hello, key: `first-${Date.now()}` });
  }

  function isWaiting() {
    // Before the first message the head is <epoch>-0; an empty page of a log that is not is only not filled yet.
    return store.live.held === 0 && store.link.phase === 'live' && store.head.endsWith('-0');
  }

  function update() {
    const waiting = isWaiting();
    if (wasWaiting && store.live.held > 0) {
      const first = store.ring.get(store.ring.end - 1);
      const now = Date.now();
      if (first && !isMark(first)) arrived = { ms: now - (store.clockOff ?? 0) - first.ms, at: now };
      delete box.dataset.again;
    }
    if (store.live.held > 0 || waiting) wasWaiting = waiting;
    box.hidden = !waiting && box.dataset.again === undefined;
    for (const tab of tabs) attribute(tab, 'aria-selected', tab.dataset.tab === shown);
    write(code, steps[shown]?.code ?? '');
    if (arrived && Date.now() - arrived.at > STAYS) arrived = null;
    done.hidden = arrived === null;
    if (arrived) write(doneText, firstArrived(arrived.ms));
  }

  for (const noun of ['messages', 'link', 'tick']) hear(el, noun, update);
  update();
}

/** @param {HTMLElement} el @param {import('./store.js').Store} store */
export function Empty(el, store) {
  const text = h('p', {});
  const buttons = h('div', { class: 'actions' });
  el.append(h('div', { class: 'empty', role: 'status', 'data-role': 'nothing' }, text, buttons));

  /** Why nothing is to be seen, and what can be done. @returns {[string | import('./lib/dom.js').Phrase, [label: string, verb: string][]]} */
  function why() {
    const { past, selection, roll } = store;
    const { zone } = store.view;
    const first = past?.first ? Date.parse(past.first.time) : Number.NaN;
    if (past?.isGone) return [messageGone(first, zone), [[words.goToOldest, 'show-oldest']]];
    if (past?.older)
      return [
        words.notYetInHistory,
        [
          [words.searchOn, 'more-history'],
          [words.clearFilter, 'clear-filter'],
        ],
      ];
    if (past) return [notInHistory(first, zone), [[words.clearFilter, 'clear-filter']]];
    const isFiltered = selection.filter.test !== null || selection.range !== null;
    const hiddenOnes = roll.levels.reduce(
      (sum, many, level) => sum + (level >= ERROR && !selection.levels[level] ? many : 0),
      0,
    );
    if (hiddenOnes > 0 && !isFiltered && selection.only === null) {
      return [hiddenErrors(hiddenOnes), [[words.showThem, 'show-levels']]];
    }
    const isTopicAlone = selection.only !== null && !isFiltered && selection.levels.every(Boolean);
    return [
      isTopicAlone ? emptyTopic(selection.only ?? '') : nothingMatches(roll.held),
      [
        [words.clearFilter, 'clear-filter'],
        [words.searchHistory, 'search-history'],
      ],
    ];
  }

  function update() {
    const { past, roll, selection } = store;
    const isEmpty = roll.shown <= 0 && !roll.matching.scanning && !past?.isLoading;
    el.hidden = !isEmpty || (past ? past.problem !== '' : roll.held === 0 && selection.only === null);
    if (el.hidden) return;
    const [sentence, actions] = why();
    say(text, sentence);
    keyed(
      buttons,
      actions,
      ([, verb]) => verb,
      ([label, verb]) => h('button', { type: 'button', onclick: () => ask(el, verb) }, label),
      () => {},
    );
  }
  for (const noun of ['selection', 'messages', 'view']) hear(el, noun, update);
  update();
}
