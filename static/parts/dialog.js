/** The dialogs over the page: their frame, and the help. */
import { h } from '../ui/dom.js';
import { words } from '../text/words.js';

/** @param {HTMLDialogElement} el @param {string} title */
export function Dialog(el, title) {
  const close = () => el.close();
  const cross = h(
    'button',
    { type: 'button', class: 'close', 'aria-label': words.close, onclick: close },
    '×',
  );
  el.setAttribute('aria-label', title);
  el.prepend(h('div', { class: 'head' }, h('h2', {}, title), cross));
  el.addEventListener('click', (event) => event.target === el && close());
}

/** @param {HTMLElement} el */
export function Help(el) {
  el.append(table(words.keysTitle, words.keyTable), table(words.filterTitle, words.filterTable));
}

/** @param {string} title @param {[string, string][]} lines */
function table(title, lines) {
  const rows = lines.map(([keys, does]) => {
    const each = keys.split(' ').map((key) => h('kbd', {}, key.replaceAll('_', ' ')));
    return h('tr', {}, h('th', { scope: 'row' }, ...each), h('td', {}, does));
  });
  return h('section', {}, h('h3', {}, title), h('table', {}, h('tbody', {}, ...rows)));
}
