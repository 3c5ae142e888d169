/**
 * A page that shows nothing: before the first message what to type, later why nothing is to be seen.
 *
 * Owns the example commands. What the server itself says, its greeting, is no message that anybody waited
 * for. Asks for: publish, find-first, clear-filter, show-levels, search-history, show-oldest.
 */
import { askAgain, copyFrom } from '../ui/clipboard.js';
import { ask, attribute, h, hear, keyed, write, writePhrase } from '../ui/dom.js';
import { roving } from '../ui/roving.js';
import { parseId } from '../messages/ids.js';
import { ERROR } from '../messages/message.js';
import {
  emptyTopic,
  firstArrived,
  firstSteps,
  hiddenErrors,
  messageGone,
  nothingMatches,
  notInHistory,
  notSent,
} from '../text/en.js';
import { words } from '../text/words.js';

const ARRIVED_STAYS = 30_000;

/** @param {HTMLElement} el @param {import('../store.js').Store} store */
export function FirstRun(el, store) {
  const steps = firstSteps(location.origin);
  let shown = 'curl';
  /** Whether all that the server keeps is its own: 'unknown' until somebody needs to know. @type {'unknown' | 'asked' | 'yes' | 'no'} */
  let isAlone = 'unknown';
  let wasWaiting = false;
  /** @type {{ms: number, at: number} | null} */
  let arrived = null;

  const code = h('code', { 'data-role': 'first-command' });
  const copyButton = h(
    'button',
    { type: 'button', class: 'primary', onclick: () => copyFrom(copyButton, steps[shown]?.code ?? '') },
    words.copy,
  );
  const sendButton = h('button', { type: 'button', onclick: send }, words.sendForMe);
  const refusal = h('p', { class: 'outcome', role: 'status', 'data-look': 'error' });
  const tabs = Object.entries(steps).map(([name, { title }]) =>
    h('button', { type: 'button', role: 'tab', 'data-tab': name, onclick: () => show(name) }, title),
  );
  const tablist = h('div', { class: 'tabs', role: 'tablist' }, ...tabs);
  roving(tablist);
  const box = h(
    'div',
    { class: 'welcome', 'data-role': 'first-run', hidden: true },
    h('h2', {}, words.waitingTitle),
    h('p', {}, words.waitingText),
    tablist,
    h('pre', { role: 'tabpanel', tabindex: 0 }, code),
    h('div', { class: 'actions' }, copyButton, sendButton),
    refusal,
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
    askAgain(copyButton);
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

  function send() {
    ask(el, 'publish', { topic: 'demo', level: 'info', text: words.hello, key: `first-${Date.now()}` });
  }

  /** Nobody has sent anything yet; not before all is here that was said. */
  function isWaiting() {
    const { live, head, firstOther, link } = store;
    const seq = parseId(head)?.seq;
    if (firstOther !== null || link.phase !== 'live' || seq === undefined) return false;
    const newest = live.beside(live.ring.end, -1);
    if (newest === null) return seq === 0;
    if (seq > (parseId(newest.id)?.seq ?? 0)) return false;
    if (parseId(live.oldest?.id)?.seq === 1) return true;
    if (isAlone === 'unknown') {
      isAlone = 'asked';
      ask(el, 'find-first');
    }
    return isAlone === 'yes';
  }

  function update() {
    const waiting = isWaiting();
    const { firstOther } = store;
    if (wasWaiting && firstOther !== null) {
      arrived = { ms: store.serverTime() - firstOther.ms, at: Date.now() };
      delete box.dataset.again;
    }
    if (firstOther !== null || waiting) wasWaiting = waiting;
    box.classList.toggle('above', store.live.held > 0);
    box.hidden = !waiting && box.dataset.again === undefined;
    for (const tab of tabs) attribute(tab, 'aria-selected', tab.dataset.tab === shown);
    write(code, steps[shown]?.code ?? '');
    if (arrived && Date.now() - arrived.at > ARRIVED_STAYS) arrived = null;
    done.hidden = arrived === null;
    if (arrived) write(doneText, firstArrived(arrived.ms));
  }

  hear(el, 'first-found', (/** @type {{ok: boolean} | {error: Error}} */ answer) => {
    isAlone = 'ok' in answer && answer.ok ? 'yes' : 'no';
    update();
  });
  hear(el, 'published', (/** @type {{error?: Error}} */ { error }) =>
    write(refusal, error ? notSent(error) : ''),
  );
  for (const noun of ['messages', 'link', 'tick']) hear(el, noun, update);
  update();
}

/** @param {HTMLElement} el @param {import('../store.js').Store} store */
export function Empty(el, store) {
  const text = h('p', {});
  const buttons = h('div', { class: 'actions' });
  el.append(h('div', { class: 'empty', role: 'status', 'data-role': 'nothing' }, text, buttons));

  /** Why nothing is to be seen, and what can be done. @returns {[string | import('../ui/dom.js').Phrase, [label: string, verb: string][]]} */
  function why() {
    const { past, selection, roll } = store;
    const { zone } = store.view;
    const first = past?.first ? Date.parse(past.first.time) : null;
    if (past?.isGone)
      return [messageGone(first, zone), first === null ? [] : [[words.goToOldest, 'show-oldest']]];
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
    writePhrase(text, sentence);
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
