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

/** @typedef {import('../actions/page.js').Page} Page */

/** The bar that names the time of the first message is removed after this (ms). */
const ARRIVED_STAYS = 30_000;

/** @param {HTMLElement} el @param {Page} page */
export function FirstRun(el, page) {
  const { store } = page;
  const steps = firstSteps();
  let shown = 'curl';
  const isAlone = askIfAlone(() => update());
  let wasWaiting = false;
  /** @type {{ms: number, at: number} | null} */
  let arrived = null;

  const refusal = h('p', { class: 'outcome', role: 'status', 'data-look': 'error' });
  const { box, code, copyButton, tabs } = welcomeCard(page, steps, refusal, {
    copy: () => copyFrom(copyButton, steps[shown]?.code ?? ''),
    send: () => sendHello(store.now(), refusal),
    show,
  });
  const doneText = h('span', { class: 'bar-text' });
  const done = arrivedBar(
    page,
    doneText,
    () => again('file'),
    () => again(),
  );
  el.append(done, box);

  /** @param {string} name */
  function show(name) {
    shown = name;
    askAgain(copyButton);
    update();
  }

  /** No more of what arrived. @param {string} [name] of the commands to show again */
  function again(name) {
    arrived = null;
    if (name !== undefined) box.dataset.again = 'yes';
    shown = name ?? shown;
    update();
  }

  function update() {
    const waiting = isWithoutMessages(store) ?? isAlone();
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

/** @param {number} now @param {HTMLElement} refusal where it is told that it failed */
async function sendHello(now, refusal) {
  const draft = { topic: 'demo', level: 'info', text: words.hello, key: `first-${now}` };
  const { error } = await settled(publish(draft));
  write(refusal, error ? notSent(error) : '');
}

/** Whether the server keeps only its own messages; asked once, when that is wanted first. @param {() => void} told */
function askIfAlone(told) {
  let isAlone = false;
  let isAsked = false;
  return () => {
    if (!isAsked) {
      isAsked = true;
      settled(isServerAlone()).then(({ ok }) => {
        isAlone = ok === true;
        told();
      });
    }
    return isAlone;
  };
}

/** Whether no message was published yet; null: only the server can tell. @param {import('../store.js').Store} store */
function isWithoutMessages({ live, head, link }) {
  const seq = parseId(head)?.seq;
  // Known only when all messages have arrived.
  if (live.firstOther !== null || link.phase !== 'live' || seq === undefined) return false;
  const newest = live.beside(live.ring.end, -1);
  if (newest === null) return seq === 0;
  if (seq > (parseId(newest.id)?.seq ?? 0)) return false;
  return parseId(live.oldest?.id)?.seq === 1 ? true : null;
}

/** @param {string} sign @param {[title: string, text: string]} said @param {() => void} onclick */
function nextStep(sign, [title, text], onclick) {
  return h('button', { type: 'button', onclick }, icon(sign), h('b', {}, title), h('span', {}, text));
}

/** The mark of the header, larger. */
const logo = () => document.querySelector('.brand .logo')?.cloneNode(true);

/**
 * @param {Page} page @param {ReturnType<typeof firstSteps>} steps @param {HTMLElement} refusal
 * @param {{copy: () => void, send: () => void, show: (name: string) => void}} acts
 */
function welcomeCard(page, steps, refusal, { copy, send, show }) {
  const code = h('code', { 'data-role': 'first-command' });
  const copyButton = h('button', { type: 'button', onclick: copy }, words.copy);
  const tabs = Object.entries(steps).map(([name, { title }]) =>
    h('button', { type: 'button', role: 'tab', 'data-tab': name, onclick: () => show(name) }, title),
  );
  const tablist = h('div', { class: 'tabs', role: 'tablist' }, ...tabs);
  roving(tablist);
  const nextSteps = h(
    'div',
    { class: 'next-steps' },
    nextStep('file-text', words.nextFile, () => show('file')),
    nextStep('terminal', words.nextProgram, () => show('python')),
    nextStep('list-filter', words.nextFilter, () => openDialog(page, 'help')),
  );
  roving(nextSteps);
  const card = h(
    'div',
    { class: 'code' },
    h('div', { class: 'code-head' }, tablist, copyButton),
    h('pre', { role: 'tabpanel', tabindex: 0 }, code),
  );
  const actions = h(
    'div',
    { class: 'actions' },
    h('button', { type: 'button', class: 'primary', onclick: send }, icon('send'), words.sendForMe),
    h('span', { class: 'hint' }, words.orPress, h('kbd', {}, 'P'), words.toWrite),
  );
  const texts = [h('h2', {}, words.waitingTitle), h('p', {}, words.waitingText)];
  const props = { class: 'welcome', 'data-role': 'first-run', hidden: true };
  const box = h('div', props, logo(), ...texts, card, actions, refusal, nextSteps);
  return { box, code, copyButton, tabs };
}

/** @param {Page} page @param {HTMLElement} text @param {() => void} again @param {() => void} dismiss */
function arrivedBar(page, text, again, dismiss) {
  return h(
    'div',
    { class: 'bar', role: 'status', 'data-look': 'ok', 'data-role': 'first-arrived', hidden: true },
    icon('check'),
    text,
    h('span', { class: 'next' }, words.next),
    h('button', { type: 'button', onclick: again }, words.sendLogFile),
    h('button', { type: 'button', onclick: () => openDialog(page, 'help') }, words.howToFilter),
    h('button', { type: 'button', class: 'close', 'aria-label': words.dismiss, onclick: dismiss }, icon('x')),
  );
}
