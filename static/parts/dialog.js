/** The frame of a dialog: title and close button. */

import { words } from '../text/en.js';
import { h, icon } from '../ui/dom.js';

/** @param {HTMLDialogElement} el @param {string} title */
export function Dialog(el, title) {
  const close = () => el.close();
  const cross = h(
    'button',
    { type: 'button', class: 'close', 'aria-label': words.close, onclick: close },
    icon('x'),
  );
  el.setAttribute('aria-label', title);
  el.prepend(h('div', { class: 'head' }, h('h2', {}, title), cross));
  el.addEventListener('click', (event) => event.target === el && close());
}
