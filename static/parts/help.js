/** Keys and the filter language, as tables. */
import { words } from '../text/en.js';
import { h } from '../ui/dom.js';

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
