/** Elements without markup: text only ever becomes a text node. */

/**
 * A sentence of text.js: plain words, and pieces that stand out.
 * @typedef {string | (string | {b: string} | {code: string})[]} Phrase
 * @typedef {Node | string | number | null | undefined | false} Child
 */

/**
 * h('button', {class: 'quiet', 'data-role': 'pause', onclick}, 'Pause')
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [props] `on…` are listeners, true and false set or leave out an attribute
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith('on')) el.addEventListener(name.slice(2), value);
    else if (value === true) el.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) el.setAttribute(name, String(value));
  }
  el.append(
    ...children.filter((child) => child !== null && child !== undefined && child !== false).map(String_),
  );
  return el;
}

/** @param {any} child */
const String_ = (child) => (child instanceof Node ? child : String(child));

/** The text of an element, touched only when it changes. @param {Element | Text} el @param {string} text */
export function write(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

/** Put a sentence into an element. @param {Element} el @param {Phrase} phrase */
export function writePhrase(el, phrase) {
  if (typeof phrase === 'string') return write(el, phrase);
  const nodes = phrase.map((part) => {
    if (typeof part === 'string') return document.createTextNode(part);
    return 'b' in part ? h('b', {}, part.b) : h('code', {}, part.code);
  });
  // Written again only when it reads otherwise: screen readers announce every change of a status.
  if (el.textContent !== nodes.map((node) => node.textContent).join('')) el.replaceChildren(...nodes);
}

/** @param {Element} el @param {string} name @param {string | number | boolean | null} value null: none */
export function attribute(el, name, value) {
  if (value === null) el.removeAttribute(name);
  else if (el.getAttribute(name) !== String(value)) el.setAttribute(name, String(value));
}

/** Call a listener when a noun of the store changed. @param {EventTarget} el @param {import('../store.js').Noun} noun @param {() => void} listener */
export function hear(el, noun, listener) {
  el.addEventListener(noun, () => listener());
}

/** An icon of the sprite in dashboard.html. @param {string} name @param {string} [more] another class */
export function icon(name, more = '') {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', `i ${more}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#${name}`);
  svg.append(use);
  return svg;
}

/** Show another icon. @param {SVGElement} svg @param {string} name */
export const setIcon = (svg, name) =>
  attribute(/** @type {Element} */ (svg.firstElementChild), 'href', `#${name}`);

/** The element with a role. @param {string} role @returns {HTMLElement} */
export const part = (role) => /** @type {HTMLElement} */ (document.querySelector(`[data-role="${role}"]`));

/**
 * Keep an element's children in step with a list, each child as long as its key stays. Those that go are
 * taken out first: a child that stays must not be moved, or it would lose focus and selection.
 * @template T
 * @param {Element} el @param {T[]} items
 * @param {(item: T) => string} key of two items with one key each has a child
 * @param {(item: T) => HTMLElement} make @param {(child: HTMLElement, item: T) => void} update
 */
export function keyed(el, items, key, make, update) {
  /** @type {Map<string | undefined, HTMLElement[]>} */
  const old = new Map();
  for (const child of /** @type {Iterable<HTMLElement>} */ (el.children)) {
    old.set(child.dataset.key, [...(old.get(child.dataset.key) ?? []), child]);
  }
  const stay = items.map((item) => old.get(key(item))?.shift());
  for (const child of [...old.values()].flat()) child.remove();
  let next = el.firstElementChild;
  for (const [i, item] of items.entries()) {
    const child = stay[i] ?? make(item);
    child.dataset.key = key(item);
    if (child === next) next = child.nextElementSibling;
    else el.insertBefore(child, next);
    update(child, item);
  }
}
