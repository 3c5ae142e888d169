/** The frame of a dialog: its title, its cross, and a click beside it. */
import { h } from './lib/dom.js';
import { words } from './text.js';

/** @param {HTMLDialogElement} el @param {string} title */
export function Dialog(el, title) {
  const close = () => el.close();
  const cross = h(
    'button',
    { type: 'button', class: 'close', 'aria-label': words.close, onclick: close },
    '×',
  );
  el.setAttribute('aria-label', title);
  el.prepend(h('header', {}, h('h2', {}, title), cross));
  el.addEventListener('click', (event) => event.target === el && close());
}
