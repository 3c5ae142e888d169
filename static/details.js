/**
 * The right side: who is connected, or all that one message says.
 *
 * Owns how text and data are laid out in full. Asks for: add-term, show-context,
 * open-panel, close-panel.
 */
import { ask, attribute, copy, h, hear, write } from './lib/dom.js';
import { linkTo } from './logic/address.js';
import { GLYPHS, isMark, LEVELS, toWire } from './logic/message.js';
import { linked } from './logic/pieces.js';
import { iso } from './logic/time.js';
import { branches, term } from './logic/tree.js';
import { drawText } from './row.js';
import { bytes } from './text.js';
import { words } from './words.js';

/** Above the first, only so much of a text is shown at once (characters). */
const LONG = 8_192;
const START = 2_048;
const NODES = 200;

/** @param {HTMLElement} el @param {import('./store.js').Store} store */
export function Details(el, store) {
  /** What is drawn; another message begins anew. @type {import('./logic/message.js').Message | null} */
  let shown = null;
  let zone = store.view.zone;
  let isWhole = false;
  let limit = NODES;
  /** @type {Map<string, boolean>} */
  let toggled = new Map();

  function current() {
    const entry = store.view.selected === null ? undefined : store.ring.get(store.view.selected);
    // A message that has left the ring while it is read stays until another one is chosen.
    if (store.view.selected === null) return null;
    return entry === undefined || isMark(entry) ? shown : entry;
  }

  function update() {
    const message = current();
    const isSame = message === shown;
    if (isSame && zone === store.view.zone) return;
    zone = store.view.zone;
    if (isSame) return draw();
    shown = message;
    isWhole = false;
    limit = NODES;
    toggled = new Map();
    draw();
  }

  function draw() {
    if (shown === null) {
      el.replaceChildren(h('p', { class: 'more' }, words.noneSelected));
      return;
    }
    const message = shown;
    el.replaceChildren(
      h(
        'div',
        { class: 'facts' },
        h(
          'span',
          { class: 'level', 'data-level': LEVELS[message.level] },
          `${GLYPHS[message.level]} ${words.levelNames[message.level]}`,
        ),
        fact(words.topic, message.topic, `topic:${message.topic}`),
        fact(words.time, iso(message.ms, store.view.zone), ''),
        message.source ? fact(words.source, message.source, `source:${message.source}`) : null,
        fact(words.id, message.id, ''),
      ),
      text(message.message),
      message.data === undefined ? '' : tree(message.data),
      h(
        'div',
        { class: 'actions' },
        copyButton(words.copyText, () => message.message),
        copyButton(words.copyJson, () => JSON.stringify(toWire(message))),
        copyButton(words.copyLink, () => linkTo(message.id)),
        h('button', { type: 'button', onclick: () => ask(el, 'show-context') }, words.inContext),
      ),
      h('details', { ontoggle: raw }, h('summary', {}, words.rawJson), h('pre', { tabindex: 0 })),
    );
  }

  /** @param {Event} event */
  function raw(event) {
    const pre = /** @type {HTMLElement} */ (/** @type {HTMLElement} */ (event.target).querySelector('pre'));
    if (shown) write(pre, JSON.stringify(toWire(shown), null, 2).slice(0, isWhole ? undefined : LONG));
  }

  /** @param {string} name @param {string} value @param {string} find what the filter would find it by; '' for nothing */
  function fact(name, value, find) {
    return h(
      'div',
      { class: 'fact' },
      h('span', { class: 'key' }, name),
      h('bdi', { class: 'value' }, value),
      ...tools(find, value),
    );
  }

  /** @param {string} find @param {string} value */
  function tools(find, value) {
    const buttons =
      find === ''
        ? []
        : [
            tool(words.only, words.onlyThis, () => ask(el, 'add-term', find)),
            tool(words.hide, words.hideThis, () => ask(el, 'add-term', `-${find}`)),
          ];
    return [
      h(
        'span',
        { class: 'tools-of' },
        ...buttons,
        tool(words.copyShort, words.copy, () => copy(value)),
      ),
    ];
  }

  /** @param {string} word @param {string} label @param {() => void} onclick */
  function tool(word, label, onclick) {
    return h('button', { type: 'button', class: 'quiet', title: label, 'aria-label': label, onclick }, word);
  }

  /** @param {string} label @param {() => string} value */
  function copyButton(label, value) {
    const button = h(
      'button',
      {
        type: 'button',
        onclick: async () => write(button, (await copy(value())) ? words.copied : words.copyBlocked),
      },
      label,
    );
    return button;
  }

  /** @param {string} whole */
  function text(whole) {
    const isCut = !isWhole && whole.length > LONG;
    const part = isCut ? whole.slice(0, START) : whole;
    const box = h('pre', { class: 'full-text', dir: 'auto', tabindex: 0 });
    for (const { text: piece, href } of linked(part)) {
      const span = href === null ? h('span') : h('a', { href, target: '_blank', rel: 'noopener noreferrer' });
      drawText(span, piece);
      box.append(span);
    }
    if (!isCut) return box;
    const button = h(
      'button',
      { type: 'button', onclick: showAll },
      `${words.showAll} ${bytes(whole.length)}`,
    );
    return h('div', {}, box, button);
  }

  function showAll() {
    isWhole = true;
    draw();
  }

  /** @param {unknown} data */
  function tree(data) {
    const { branches: rows, more } = branches(data, toggled, limit);
    const list = rows.map((branch) => {
      const { path, key, depth, kind, isOpen } = branch;
      const flip = () => {
        toggled.set(path, !isOpen);
        draw();
      };
      const name =
        kind === 'inner'
          ? h(
              'button',
              { type: 'button', class: 'quiet key', 'aria-expanded': String(isOpen), onclick: flip },
              `${isOpen ? '▾' : '▸'} ${key}`,
            )
          : h('span', { class: 'key' }, key);
      const value = h('bdi', { class: `value ${kind}` });
      drawText(value, branch.text.slice(0, START));
      const line = h(
        'div',
        { class: 'fact' },
        name,
        value,
        ...(kind === 'inner' ? [] : tools(term(branch), branch.text)),
      );
      line.style.paddingInlineStart = `${depth * 14}px`;
      return line;
    });
    const next = h('button', { type: 'button', onclick: showMore }, words.showMore(NODES));
    return h('div', { class: 'tree' }, ...list, more ? next : null);
  }

  function showMore() {
    limit += NODES;
    draw();
  }

  for (const noun of ['view', 'selection']) hear(el, noun, update);
  draw();
}

/** @param {HTMLElement} el @param {import('./store.js').Store} store */
export function Panel(el, store) {
  const names = /** @type {const} */ (['who', 'details']);
  const tabs = names.map((name) =>
    h(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${name}`,
        'aria-controls': name,
        'data-name': name,
        onclick: () => ask(el, 'open-panel', name),
      },
      words.panels[name],
    ),
  );
  const close = h(
    'button',
    { type: 'button', class: 'close', 'aria-label': words.close, onclick: () => ask(el, 'close-panel') },
    '×',
  );
  el.prepend(h('header', {}, h('div', { class: 'tabs', role: 'tablist' }, ...tabs), close));
  function update() {
    el.hidden = store.view.panel === '' || store.view.panel === 'topics';
    for (const tab of tabs) attribute(tab, 'aria-selected', tab.dataset.name === store.view.panel);
    for (const name of names) {
      const panel = /** @type {HTMLElement} */ (el.querySelector(`#${name}`));
      panel.hidden = store.view.panel !== name;
    }
  }
  hear(el, 'view', update);
  update();
}
