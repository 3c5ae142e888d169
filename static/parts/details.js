/** Everything that one message says: text, fields, data as a tree, raw JSON. */
import { addTerm } from '../actions/filtering.js';
import { showAround } from '../actions/history.js';
import { closePanel } from '../actions/panels.js';
import { copyMessage, stepRow } from '../actions/rows.js';
import { linked } from '../format/highlight.js';
import { toJson } from '../format/json.js';
import { exact, iso, longDay } from '../format/time.js';
import { branches, term, written } from '../format/tree.js';
import { isMark, LEVELS, toWire } from '../messages/message.js';
import { EVERYTHING } from '../query/selection.js';
import { bytes, words } from '../text/en.js';
import { copyFrom } from '../ui/clipboard.js';
import { h, hear, icon, write } from '../ui/dom.js';
import { panelHead } from '../ui/panel-head.js';
import { drawText } from '../ui/rich-text.js';

/** Above the first, only so much of a text is shown at once (characters). */
const LONG = 8_192;
const START = 2_048;
const NODES = 200;

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Details(el, page) {
  const { store } = page;
  let zone = store.view.zone;
  /** What is drawn; another message begins anew. @type {Detail | null} */
  let shown = null;

  function current() {
    if (store.view.selected === null) return null;
    // A message that has left the ring while it is read stays until another row is chosen.
    const entry = store.ring.get(store.view.selected) ?? shown?.message ?? null;
    return entry && isMark(entry) ? null : entry;
  }

  function update() {
    const message = current();
    const isSame = message === (shown?.message ?? null);
    if (isSame && zone === store.view.zone) return;
    zone = store.view.zone;
    if (!isSame) shown = message && new Detail(page, message, draw);
    draw();
  }

  /** Anew, with the focus where it was: on the same button, or on what stands in its place. */
  function draw() {
    const all = () =>
      /** @type {HTMLElement[]} */ ([...el.querySelectorAll('button, summary, a, [tabindex]')]);
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const index = focused === null ? -1 : all().indexOf(focused);
    el.replaceChildren(...(shown?.nodes() ?? nothing(page)));
    if (index < 0) return;
    const name = focused?.dataset.name;
    const same = name === undefined ? undefined : all().find((each) => each.dataset.name === name);
    (same ?? all()[index] ?? all().at(-1))?.focus();
  }

  for (const noun of /** @type {const} */ (['view', 'selection'])) hear(el, noun, update);
  draw();
}

/** @param {import('../actions/page.js').Page} page */
const nothing = (page) => [
  panelHead(() => closePanel(page), h('h2', {}, words.panels.details)),
  h('p', { class: 'more' }, words.noneSelected),
];

/** One message, and how much of it is unfolded. */
class Detail {
  isWhole = false;
  limit = NODES;
  /** @type {Map<string, boolean>} */
  toggled = new Map();
  /** Values of the tree that are shown to their end, by their paths. @type {Set<string>} */
  wholes = new Set();

  /** @param {import('../actions/page.js').Page} page @param {import('../messages/message.js').Message} message @param {() => void} draw */
  constructor(page, message, draw) {
    this.page = page;
    this.message = message;
    this.draw = draw;
  }

  nodes() {
    const { message, page } = this;
    const { id, ms, topic, source } = message;
    const { zone } = page.store.view;
    // The event's own time, which the server puts there (hub/ingest/records.py).
    const own = /** @type {{ time?: unknown } | null | undefined} */ (message.data)?.time;
    const when = Number.isFinite(ms) ? `${longDay(ms, zone)}, ${exact(ms, zone)}` : '–';
    const body = h(
      'div',
      { class: 'panel-body' },
      h('p', { class: 'meta' }, h('span', {}, when), source ? h('span', {}, words.from(source)) : null),
      this.#text(),
      this.#actions(),
      ...(message.data === undefined ? [] : [h('h3', {}, words.fields), this.#tree(message.data)]),
      h('h3', {}, words.about),
      h(
        'div',
        { class: 'facts' },
        fact(page, words.topic, topic, `topic:${topic}`),
        source ? fact(page, words.source, source, `source:${written(source)}`) : null,
        fact(page, words.time, iso(ms, zone), ''),
        typeof own === 'string' ? fact(page, words.eventTime, own, '') : null,
        fact(page, words.id, id, ''),
      ),
      h(
        'details',
        { ontoggle: (/** @type {Event} */ event) => drawRaw(message, event) },
        h('summary', {}, words.rawJson),
        h('pre', { tabindex: 0 }),
      ),
    );
    return [this.#head(), body];
  }

  #head() {
    const { message, page } = this;
    const { level, topic } = message;
    const top = panelHead(
      () => closePanel(page),
      h('span', { class: 'cell-level' }, words.levelShort[level]),
      h('h2', {}, topic),
      tool('chevron-up', words.previousRow, () => stepRow(page, -1)),
      tool('chevron-down', words.nextRow, () => stepRow(page, 1)),
      tool('link', words.copyLink, () => copyMessage(page, message, 'link')),
    );
    top.dataset.level = LEVELS[level];
    return top;
  }

  #actions() {
    const { message, page } = this;
    const { id, topic } = message;
    const inTopic = () => showAround(page, id, { ...EVERYTHING, only: topic });
    return h(
      'div',
      { class: 'actions' },
      h(
        'button',
        { type: 'button', onclick: () => showAround(page, id) },
        icon('locate-fixed'),
        words.inContext,
      ),
      h('button', { type: 'button', onclick: inTopic }, words.inTopic),
      copyButton(words.copyText, () => message.message),
      copyButton(words.copyJson, () => toJson(toWire(message))),
    );
  }

  #text() {
    const whole = this.message.message;
    const isCut = !this.isWhole && whole.length > LONG;
    const part = isCut ? whole.slice(0, START) : whole;
    const box = h('pre', { class: 'full-text', dir: 'auto', tabindex: 0 });
    // In a <pre> each line has a direction of its own, which takes Chromium half a minute to lay out for a
    // megabyte; a second, where the first letter is asked for all.
    if (part.length > LONG) box.style.unicodeBidi = 'isolate';
    for (const { text: piece, href } of linked(part)) {
      const span = href === null ? h('span') : h('a', { href, target: '_blank', rel: 'noopener noreferrer' });
      drawText(span, piece);
      box.append(span);
    }
    if (!isCut) return box;
    const showAll = () => {
      this.isWhole = true;
      this.draw();
    };
    return h('div', {}, box, allOf(whole, 'text', showAll));
  }

  /** @param {unknown} data */
  #tree(data) {
    const { branches: rows, more } = branches(data, this.toggled, this.limit);
    const showMore = () => {
      this.limit += NODES;
      this.draw();
    };
    const next = h(
      'button',
      { type: 'button', 'data-name': 'more', onclick: showMore },
      words.showMore(NODES),
    );
    return h('div', { class: 'tree' }, ...rows.map((branch) => this.#branch(branch)), more ? next : null);
  }

  /** @param {ReturnType<typeof branches>['branches'][number]} branch */
  #branch(branch) {
    const { path, key, depth, kind, isOpen } = branch;
    const flip = () => {
      this.toggled.set(path, !isOpen);
      this.draw();
    };
    const props = {
      type: 'button',
      class: 'quiet key',
      'data-name': `key ${path}`,
      'aria-expanded': isOpen ? 'true' : 'false',
      onclick: flip,
    };
    const name =
      kind === 'inner'
        ? h('button', props, icon('chevron-right', 'small'), key)
        : h('span', { class: 'key' }, key);
    const value = h('bdi', { class: `value ${kind}` });
    const isCut = branch.text.length > LONG && !this.wholes.has(path);
    drawText(value, isCut ? branch.text.slice(0, START) : branch.text);
    const showAll = () => {
      this.wholes.add(path);
      this.draw();
    };
    const line = h(
      'div',
      { class: 'fact' },
      name,
      value,
      isCut ? allOf(branch.text, path, showAll) : null,
      ...(kind === 'inner' ? [] : tools(this.page, term(branch), branch.text)),
    );
    line.style.setProperty('--depth', String(depth));
    return line;
  }
}

/** @param {import('../messages/message.js').Message} message @param {Event} event */
function drawRaw(message, event) {
  const box = /** @type {HTMLElement} */ (event.target);
  const pre = /** @type {HTMLElement} */ (box.querySelector('pre'));
  const whole = toJson(toWire(message), 2);
  box.querySelector('button')?.remove();
  if (whole.length <= LONG) return write(pre, whole);
  write(pre, whole.slice(0, START));
  box.append(
    allOf(whole, 'raw', ({ target }) => {
      write(pre, whole);
      pre.focus();
      /** @type {HTMLElement} */ (target).remove();
    }),
  );
}

/** What is cut says so, and can be had. @param {string} whole @param {string} name @param {(event: Event) => void} onclick */
function allOf(whole, name, onclick) {
  return h(
    'button',
    { type: 'button', 'data-name': `all ${name}`, onclick },
    `${words.showAll} ${bytes(whole.length)}`,
  );
}

/** @param {import('../actions/page.js').Page} page @param {string} name @param {string} value @param {string} find what the filter would find it by; '' for nothing */
function fact(page, name, value, find) {
  return h(
    'div',
    { class: 'fact' },
    h('span', { class: 'key' }, name),
    h('bdi', { class: 'value' }, value),
    ...tools(page, find, value),
  );
}

/** @param {import('../actions/page.js').Page} page @param {string} find @param {string} value */
function tools(page, find, value) {
  const buttons =
    find === ''
      ? []
      : [
          tool('list-filter', words.onlyThis, () => addTerm(page, find)),
          tool('eye-off', words.hideThis, () => addTerm(page, `-${find}`)),
        ];
  return [
    h(
      'span',
      { class: 'tools-of' },
      ...buttons,
      tool('copy', words.copy, (button) => copyFrom(button, value)),
    ),
  ];
}

/** @param {string} sign @param {string} label @param {(button: HTMLElement) => void} act */
function tool(sign, label, act) {
  const onclick = () => act(button);
  const button = h(
    'button',
    { type: 'button', class: 'icon', title: label, 'aria-label': label, onclick },
    icon(sign, 'small'),
  );
  return button;
}

/** @param {string} label @param {() => string} value */
function copyButton(label, value) {
  const button = h('button', { type: 'button', onclick: () => copyFrom(button, value()) }, label);
  return button;
}
