/**
 * What the operator should know now: a refused config, a notice of the server, a new version, a failure of this page.
 *
 * Owns the notices and how long each stays.
 */
import { dismissFailure, dismissUncopied } from '../actions/panels.js';
import { addressFaults, applied, clockOff, stayInForce, updated, words } from '../text/en.js';
import { copyFrom, laidOut } from '../ui/clipboard.js';
import { h, hear, icon, keyed, write, writePhrase } from '../ui/dom.js';

/** @typedef {import('../ui/dom.js').Phrase} Phrase */
/** @typedef {import('../store.js').Store} Store */
/**
 * @typedef {object} Notice
 * @property {string} key
 * @property {'lost' | 'doubt' | 'notice'} look
 * @property {Phrase} text
 * @property {string[]} [lines] shown as they are
 * @property {string} [after]
 * @property {{label: string, act: (button: HTMLButtonElement) => void}[]} [actions]
 * @property {boolean} [lasting] cannot be dismissed
 * @property {string} [toCopy] laid out and selected: the browser refused to copy it
 */

/** The notice of an applied config is removed after this (ms). */
const APPLIED_STAYS = 15_000;
const CLOCK_LIMIT = 5_000;

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page @param {string} version the page's own */
export function Notices(el, page, version) {
  const { store } = page;
  const list = h('div', { class: 'notices', 'aria-live': 'polite' });
  el.append(list);
  /** @type {Set<string>} */
  const dismissed = new Set();
  /** The text that is laid out now. @type {string | null} */
  let laidOutText = null;

  /** @param {Notice} notice */
  function make({ key, look, lasting, toCopy, actions = [] }) {
    const close = h(
      'button',
      {
        class: 'close',
        type: 'button',
        'aria-label': words.dismiss,
        onclick: () => {
          // A failure that repeats stays dismissed; a text that could not be copied is shown each time.
          if (toCopy === undefined) dismissed.add(key);
          if (key.startsWith('failed ')) dismissFailure(page);
          else if (toCopy !== undefined) dismissUncopied(page);
          update();
        },
      },
      icon('x'),
    );
    const buttons = actions.map(({ label, act }) => {
      const button = h('button', { type: 'button', onclick: () => act(button) }, label);
      return button;
    });
    return h(
      'div',
      { class: 'bar', 'data-look': look, 'data-role': 'banner', 'data-notice': key.split(' ')[0] },
      icon(look !== 'notice' ? 'triangle-alert' : 'circle-alert'),
      h('div', { class: 'bar-text' }, h('span'), h('span'), h('ul', { class: 'lines' })),
      toCopy === undefined ? null : laidOut(toCopy),
      ...buttons,
      lasting ? null : close,
    );
  }

  function update() {
    const shown = noticesOf(store, version).filter((notice) => notice !== null && !dismissed.has(notice.key));
    keyed(list, /** @type {Notice[]} */ (shown), ({ key }) => key, make, drawNotice);
  }

  for (const noun of /** @type {const} */ (['config', 'link', 'tick', 'notices'])) hear(el, noun, update);
  hear(el, 'notices', () => {
    if (laidOutText !== store.uncopied) {
      const field = el.querySelector('textarea');
      field?.focus();
      field?.select();
    }
    laidOutText = store.uncopied;
  });
  update();
}

const reload = { label: words.reload, act: () => location.reload() };

/** @param {string} text @returns {(button: HTMLButtonElement) => void} */
const copyAction = (text) => (button) => copyFrom(button, text);

/** @param {Store} store @param {string} version the page's own @returns {(Notice | null)[]} */
const noticesOf = (store, version) => [
  failedNotice(store),
  uncopiedNotice(store),
  configNotice(store),
  ...serverNotices(store),
  addressNotice(store),
  versionNotice(store, version),
  clockNotice(store),
];

/** @param {Store} store @returns {Notice | null} */
function failedNotice(store) {
  const details = store.failure;
  if (details === null) return null;
  const actions = [reload, { label: words.copyDetails, act: copyAction(details) }];
  return { key: `failed ${details}`, look: 'lost', text: words.failed, actions };
}

/** @param {Store} store @returns {Notice | null} */
function uncopiedNotice(store) {
  const { uncopied } = store;
  if (uncopied === null) return null;
  return { key: `uncopied ${uncopied}`, look: 'notice', text: words.copyBlocked, toCopy: uncopied };
}

/** @param {Store} store @returns {Notice | null} */
function configNotice(store) {
  const { config, configSince } = store;
  if (config?.status === 'rejected') {
    const lines = config.errors ?? [];
    const actions = [{ label: words.copy, act: copyAction(lines.join('\n')) }];
    const text = [{ b: words.rejected }];
    return {
      // With its lines, as [Copy] takes those it was made with.
      key: `rejected ${lines.join('\n')}`,
      look: 'doubt',
      text,
      lines,
      after: stayInForce(configSince, store.clock),
      actions,
      lasting: true,
    };
  }
  if (config?.status !== 'applied' || store.now() - (config.heard ?? 0) > APPLIED_STAYS) return null;
  return { key: `applied ${config.heard}`, look: 'notice', text: applied(config) };
}

/** @param {Store} store @returns {Notice[]} */
function serverNotices(store) {
  return store.serverNotices
    .filter(({ text }) => text !== '')
    .map(({ kind, text }) => ({ key: `server ${kind} ${text}`, look: 'notice', text }));
}

/** @param {Store} store @returns {Notice | null} */
function addressNotice(store) {
  if (store.addressFaults.length === 0) return null;
  return { key: 'address', look: 'notice', text: addressFaults(store.addressFaults) };
}

/** @param {Store} store @param {string} version @returns {Notice | null} */
function versionNotice(store, version) {
  if (store.version === '' || store.version === version) return null;
  const text = updated(store.version);
  return { key: text, look: 'notice', text, after: words.reloadKeeps, actions: [reload] };
}

/** @param {Store} store @returns {Notice | null} */
function clockNotice(store) {
  if (store.serverClock.off === null || Math.abs(store.serverClock.off) < CLOCK_LIMIT) return null;
  return { key: 'clock', look: 'notice', text: clockOff(store.serverClock.off) };
}

/** @param {HTMLElement} child @param {Notice} notice */
function drawNotice(child, { text, lines = [], after = '' }) {
  const box = /** @type {Element} */ (child.querySelector('.bar-text'));
  const [first, last, list] = /** @type {[HTMLElement, HTMLElement, HTMLElement]} */ ([...box.children]);
  writePhrase(first, text);
  keyed(
    list,
    lines,
    (line) => line,
    () => h('li'),
    write,
  );
  list.hidden = lines.length === 0;
  write(last, after && ` ${after}`);
}
