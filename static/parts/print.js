/** Print gives the messages that are shown, as lines. */
import { asText } from '../messages/export.js';
import { isMark } from '../messages/message.js';
import { h } from '../ui/dom.js';

/** Messages that are printed, the newest: some 60 pages. */
const PRINTED = 3_000;

/** @param {import('../actions/page.js').Page} page */
export function Print({ store }) {
  const sheet = h('pre', { class: 'printed', hidden: true });
  addEventListener('beforeprint', () => {
    const { lo, hi } = store.rows;
    const lines = [];
    for (let ordinal = Math.max(lo, hi - PRINTED); ordinal < hi; ordinal++) {
      const entry = store.ring.get(store.matching.at(ordinal));
      if (entry && !isMark(entry)) lines.push(asText.line?.(entry) ?? '');
    }
    sheet.textContent = lines.join('\n');
    sheet.hidden = false;
    document.body.append(sheet);
  });
  addEventListener('afterprint', () => {
    sheet.textContent = '';
    sheet.remove();
  });
}
