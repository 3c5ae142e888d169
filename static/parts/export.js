/** Messages as files: those that are shown, made here; all that match in history, by a link to the server. */

import { isoSecond } from '../format/time.js';
import { exported } from '../messages/export.js';
import { isMark } from '../messages/message.js';
import { toHistory, toServer } from '../query/selection.js';
import { exportAll, exportShown, words } from '../text/en.js';
import { h, hear, write } from '../ui/dom.js';

/** What each is called, and its type and the end of its name. */
const FORMATS = /** @type {const} */ ({
  ndjson: ['NDJSON', 'application/x-ndjson', 'ndjson'],
  csv: ['CSV', 'text/csv', 'csv'],
  line: ['Text', 'text/plain', 'txt'],
});

/** @param {HTMLElement} el inside a dialog @param {import('../actions/page.js').Page} page */
export function Export(el, { store }) {
  const shown = h('p', {});
  const all = h('p', {});
  const names = /** @type {(keyof typeof FORMATS)[]} */ (Object.keys(FORMATS));
  const buttons = names.map((name) =>
    h(
      'button',
      { type: 'button', 'data-role': `export-${name}`, onclick: () => save(name) },
      FORMATS[name][0],
    ),
  );
  const links = names
    .filter((name) => name !== 'line')
    .map((name) => h('a', { class: 'button', download: '', 'data-format': name }, FORMATS[name][0]));
  el.append(
    shown,
    h('div', { class: 'actions' }, ...buttons),
    all,
    h('div', { class: 'actions', 'data-role': 'export-all' }, ...links),
  );

  /** Those that are shown: in Paused none that came since. */
  function here() {
    const { lo, hi } = store.rows;
    const messages = [];
    for (let ordinal = lo; ordinal < hi; ordinal++) {
      const entry = store.ring.get(store.matching.at(ordinal));
      if (entry && !isMark(entry)) messages.push(entry);
    }
    return messages;
  }

  /** @param {keyof typeof FORMATS} name */
  function save(name) {
    const [, type, end] = FORMATS[name];
    const href = URL.createObjectURL(new Blob([exported(here(), name)], { type: `${type};charset=utf-8` }));
    const time = isoSecond(store.now()).replaceAll(':', '-');
    h('a', { href, download: `eyewall-${time}.${end}` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }

  hear(el, 'dialog', () => {
    if (el.closest('dialog')?.open !== true) return;
    const { selection } = store;
    write(shown, exportShown(here().length));
    write(all, exportAll(toServer(selection).isWider));
    for (const link of links) {
      const query = toHistory(selection);
      query.set('order', 'asc');
      query.set('format', link.dataset.format ?? '');
      link.href = `messages?${query}`;
    }
  });
  write(shown, words.export);
}
