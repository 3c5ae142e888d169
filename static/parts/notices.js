/**
 * What the operator should know now: a refused config, a new version, a page that failed.
 *
 * Owns the notices and how long each stays. Asks for nothing: what a notice offers, the browser can do.
 */
import { copyFrom, laidOut } from '../ui/clipboard.js';
import { h, hear, keyed, write, writePhrase } from '../ui/dom.js';
import { applied, clockOff, stayInForce, updated } from '../text/en.js';
import { words } from '../text/words.js';

/** @typedef {import('../ui/dom.js').Phrase} Phrase */
/**
 * @typedef {object} Notice
 * @property {string} key
 * @property {'lost' | 'notice'} look
 * @property {Phrase} text
 * @property {string[]} [lines] shown as they are
 * @property {string} [after]
 * @property {{label: string, act: (button: HTMLButtonElement) => void}[]} [actions]
 * @property {boolean} [lasting] cannot be dismissed
 * @property {string} [toCopy] laid out and selected, as the browser will not copy it
 */

/** A notice that asks for nothing goes by itself (ms). */
const APPLIED_STAYS = 15_000;
const CLOCK_LIMIT = 5_000;

/** @param {HTMLElement} el @param {import('../store.js').Store} store @param {string} version the page's own */
export function Banner(el, store, version) {
  const list = h('div', { class: 'notices', 'aria-live': 'polite' });
  el.append(list);
  /** @type {Set<string>} */
  const dismissed = new Set();
  /** @type {string | null} what failed in this page */
  let failure = null;
  /** @type {string | null} what a key should have copied */
  let uncopied = null;

  /** @returns {(Notice | null)[]} */
  function notices() {
    return [failed(), blocked(), config(), newVersion(), clock()];
  }

  /** @returns {Notice | null} */
  function failed() {
    if (failure === null) return null;
    const details = failure;
    const actions = [reload, { label: words.copyDetails, act: copyAction(details) }];
    return { key: `failed ${details}`, look: 'lost', text: words.failed, actions };
  }

  /** @returns {Notice | null} */
  function blocked() {
    if (uncopied === null) return null;
    return { key: `uncopied ${uncopied}`, look: 'notice', text: words.copyBlocked, toCopy: uncopied };
  }

  /** @returns {Notice | null} */
  function config() {
    const { config, configSince } = store;
    if (config?.status === 'rejected') {
      const lines = config.errors ?? [];
      const actions = [{ label: words.copy, act: copyAction(lines.join('\n')) }];
      const text = [{ b: words.rejected }];
      return {
        // With its lines, as [Copy] takes those it was made with.
        key: `rejected ${lines.join('\n')}`,
        look: 'lost',
        text,
        lines,
        after: stayInForce(configSince, store.clock),
        actions,
        lasting: true,
      };
    }
    if (config?.status !== 'applied' || Date.now() - (config.heard ?? 0) > APPLIED_STAYS) return null;
    return { key: `applied ${config.heard}`, look: 'notice', text: applied(config) };
  }

  /** @returns {Notice | null} */
  function newVersion() {
    if (store.version === '' || store.version === version) return null;
    const text = updated(store.version);
    return { key: text, look: 'notice', text, after: words.reloadKeeps, actions: [reload] };
  }

  /** @returns {Notice | null} */
  function clock() {
    if (store.clockOff === null || Math.abs(store.clockOff) < CLOCK_LIMIT) return null;
    return { key: 'clock', look: 'notice', text: clockOff(store.clockOff) };
  }

  const reload = { label: words.reload, act: () => location.reload() };

  /** @param {string} text @returns {(button: HTMLButtonElement) => void} */
  function copyAction(text) {
    return (button) => copyFrom(button, text);
  }

  /** @param {Notice} notice */
  function make({ key, look, lasting, toCopy, actions = [] }) {
    const close = h(
      'button',
      {
        class: 'close',
        type: 'button',
        'aria-label': words.dismiss,
        onclick: () => {
          dismissed.add(key);
          uncopied = null;
          update();
        },
      },
      '×',
    );
    const buttons = actions.map(({ label, act }) => {
      const button = h('button', { type: 'button', onclick: () => act(button) }, label);
      return button;
    });
    return h(
      'div',
      { class: 'bar', 'data-look': look, 'data-role': 'banner', 'data-notice': key.split(' ')[0] },
      h('div', { class: 'bar-text' }, h('span'), h('ul', { class: 'lines' }), h('span')),
      toCopy === undefined ? null : laidOut(toCopy),
      ...buttons,
      lasting ? null : close,
    );
  }

  /** @param {HTMLElement} child @param {Notice} notice */
  function draw(child, { text, lines = [], after = '' }) {
    const [first, list, last] = /** @type {[HTMLElement, HTMLElement, HTMLElement]} */ ([
      .../** @type {Element} */ (child.firstElementChild).children,
    ]);
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

  function update() {
    const shown = notices().filter((notice) => notice !== null && !dismissed.has(notice.key));
    keyed(list, /** @type {Notice[]} */ (shown), ({ key }) => key, make, draw);
  }

  for (const noun of ['config', 'link', 'tick']) hear(el, noun, update);
  hear(el, 'uncopied', (/** @type {string} */ text) => {
    uncopied = text;
    dismissed.delete(`uncopied ${text}`);
    update();
    const field = el.querySelector('textarea');
    field?.focus();
    field?.select();
  });
  hear(el, 'failure', (/** @type {string} */ details) => {
    // The first says most; what comes after it was dismissed is another.
    if (failure === null || dismissed.has(`failed ${failure}`)) failure = details;
    update();
  });
  update();
}
