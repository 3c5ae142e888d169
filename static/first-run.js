/**
 * A page that shows nothing: before the first message what to type, later why nothing is to be seen.
 *
 * Owns the example commands. Asks for: publish, clear-filter, show-levels.
 */
import { ask, attribute, copy, h, hear, say, write } from './lib/dom.js';
import { ERROR, isMark } from './logic/message.js';
import { emptyTopic, firstArrived, firstSteps, hiddenErrors, nothingMatches, words } from './text.js';

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
    return store.held === 0 && store.link.phase === 'live' && store.head.endsWith('-0');
  }

  function update() {
    const waiting = isWaiting();
    if (wasWaiting && store.held > 0) {
      const first = store.ring.get(store.ring.end - 1);
      const now = Date.now();
      if (first && !isMark(first)) arrived = { ms: now - (store.clockOff ?? 0) - first.ms, at: now };
      delete box.dataset.again;
    }
    if (store.held > 0 || waiting) wasWaiting = waiting;
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
