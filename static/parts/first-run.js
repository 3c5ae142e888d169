/**
 * Before the first message: commands that publish one. After it: how long it took.
 *
 * The server's own greeting does not count as a message.
 */
import { openDialog } from '../actions/panels.js';
import { isServerAlone, publish, settled } from '../actions/server.js';
import { parseId } from '../messages/ids.js';
import { firstArrived, firstSteps, notSent, words } from '../text/en.js';
import { askAgain, copyFrom } from '../ui/clipboard.js';
import { attribute, h, hear, icon, write } from '../ui/dom.js';
import { roving } from '../ui/roving.js';

const ARRIVED_STAYS = 30_000;

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function FirstRun(el, page) {
  const { store } = page;
  const steps = firstSteps();
  let shown = 'curl';
  /** Whether the server keeps only its own messages. @type {'unknown' | 'asked' | 'yes' | 'no'} */
  let isAlone = 'unknown';
  let wasWaiting = false;
  /** @type {{ms: number, at: number} | null} */
  let arrived = null;

  const code = h('code', { 'data-role': 'first-command' });
  const copyButton = h(
    'button',
    { type: 'button', onclick: () => copyFrom(copyButton, steps[shown]?.code ?? '') },
    words.copy,
  );
  const sendButton = h(
    'button',
    { type: 'button', class: 'primary', onclick: send },
    icon('send'),
    words.sendForMe,
  );
  const refusal = h('p', { class: 'outcome', role: 'status', 'data-look': 'error' });
  const tabs = Object.entries(steps).map(([name, { title }]) =>
    h('button', { type: 'button', role: 'tab', 'data-tab': name, onclick: () => show(name) }, title),
  );
  const tablist = h('div', { class: 'tabs', role: 'tablist' }, ...tabs);
  roving(tablist);
  const steps3 = h(
    'div',
    { class: 'next-steps' },
    next('file-text', words.nextFile, () => show('file')),
    next('terminal', words.nextProgram, () => show('python')),
    next('list-filter', words.nextFilter, () => openDialog(page, 'help')),
  );
  roving(steps3);
  const box = h(
    'div',
    { class: 'welcome', 'data-role': 'first-run', hidden: true },
    logo(),
    h('h2', {}, words.waitingTitle),
    h('p', {}, words.waitingText),
    h(
      'div',
      { class: 'code' },
      h('div', { class: 'code-head' }, tablist, copyButton),
      h('pre', { role: 'tabpanel', tabindex: 0 }, code),
    ),
    h(
      'div',
      { class: 'actions' },
      sendButton,
      h('span', { class: 'hint' }, words.orPress, h('kbd', {}, 'P'), words.toWrite),
    ),
    refusal,
    steps3,
  );
  const doneText = h('span', { class: 'bar-text' });
  const done = h(
    'div',
    { class: 'bar', role: 'status', 'data-look': 'ok', 'data-role': 'first-arrived', hidden: true },
    icon('check'),
    doneText,
    h('span', { class: 'next' }, words.next),
    h('button', { type: 'button', onclick: () => again('file') }, words.sendLogFile),
    h('button', { type: 'button', onclick: () => openDialog(page, 'help') }, words.howToFilter),
    h('button', { type: 'button', class: 'close', 'aria-label': words.dismiss, onclick: dismiss }, icon('x')),
  );
  el.append(done, box);

  /** @param {string} sign @param {[title: string, text: string]} said @param {() => void} onclick */
  function next(sign, [title, text], onclick) {
    return h('button', { type: 'button', onclick }, icon(sign), h('b', {}, title), h('span', {}, text));
  }

  /** The mark of the header, larger. */
  function logo() {
    return document.querySelector('.brand .logo')?.cloneNode(true);
  }

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
    const draft = { topic: 'demo', level: 'info', text: words.hello, key: `first-${store.now()}` };
    settled(publish(draft)).then(({ error }) => write(refusal, error ? notSent(error) : ''));
  }

  /** No message was published yet. Known only when all messages have arrived. */
  function isWaiting() {
    const { live, head, link } = store;
    const { firstOther } = live;
    const seq = parseId(head)?.seq;
    if (firstOther !== null || link.phase !== 'live' || seq === undefined) return false;
    const newest = live.beside(live.ring.end, -1);
    if (newest === null) return seq === 0;
    if (seq > (parseId(newest.id)?.seq ?? 0)) return false;
    if (parseId(live.oldest?.id)?.seq === 1) return true;
    if (isAlone === 'unknown') {
      isAlone = 'asked';
      settled(isServerAlone()).then(({ ok }) => {
        isAlone = ok ? 'yes' : 'no';
        update();
      });
    }
    return isAlone === 'yes';
  }

  function update() {
    const waiting = isWaiting();
    const { firstOther } = store.live;
    if (wasWaiting && firstOther !== null) {
      arrived = { ms: store.serverTime() - firstOther.ms, at: store.now() };
      delete box.dataset.again;
    }
    if (firstOther !== null || waiting) wasWaiting = waiting;
    box.classList.toggle('above', store.live.held > 0);
    box.hidden = !waiting && box.dataset.again === undefined;
    for (const tab of tabs) attribute(tab, 'aria-selected', tab.dataset.tab === shown);
    write(code, steps[shown]?.code ?? '');
    if (arrived && store.now() - arrived.at > ARRIVED_STAYS) arrived = null;
    done.hidden = arrived === null;
    if (arrived) write(doneText, firstArrived(arrived.ms));
  }

  for (const noun of /** @type {const} */ (['messages', 'link', 'tick'])) hear(el, noun, update);
  update();
}
