/** Did I miss anything? The proof in the header, and the account behind it. Asks for: open-dialog. */
import { askAgain, copyFrom } from '../ui/clipboard.js';
import { ask, attribute, h, hear, keyed, write } from '../ui/dom.js';
import { provenUntil } from '../stream/connection-state.js';
import { isoSecond, second } from '../format/time.js';
import { ledgerEntry, proof, proofSummary } from '../text/en.js';
import { words } from '../text/words.js';

/** @param {HTMLElement} el @param {import('../store.js').Store} store */
export function ProofButton(el, store) {
  const glyph = h('span', { class: 'glyph', 'aria-hidden': 'true' });
  const text = h('span', { class: 'words' });
  el.append(glyph, text);
  el.addEventListener('click', () => ask(el, 'open-dialog', 'ledger'));
  function update() {
    const until = provenUntil(store.link);
    const proven = store.isKnown ? store.account : null;
    const [sign, sentence] = proof(proven, store.clock, store.live.lacking('asleep'), until);
    write(glyph, sign);
    write(text, sentence);
    attribute(el, 'data-look', sign === '▲' ? 'missing' : 'whole');
  }
  for (const noun of ['ledger', 'messages', 'link', 'view', 'tick']) hear(el, noun, update);
  update();
}

/** @param {HTMLElement} el inside a dialog @param {import('../store.js').Store} store */
export function Ledger(el, store) {
  const summary = h('p', {});
  const rows = h('ol', { class: 'entries' });
  const none = h('p', { class: 'more' }, words.nothingLost);
  const button = h('button', { type: 'button', onclick: copyAll }, words.copy);
  el.append(summary, rows, none, h('div', { class: 'actions' }, button));

  /** The browser's, and this tab's own. Newest first: what has just happened is what one looks for. */
  const entries = () => [...store.losses, ...store.live.holes].sort((one, other) => other.at - one.at);

  function copyAll() {
    const lines = entries().map(
      (mark) => `${isoSecond(mark.at - store.clock.off)}  ${ledgerEntry(mark, store.clock)}`,
    );
    copyFrom(button, [summary.textContent, ...lines].join('\n'));
  }

  function update() {
    if (el.closest('dialog')?.open === false) return;
    const { account } = store;
    write(summary, account === null ? '–' : proofSummary(account, store.clock));
    keyed(
      rows,
      entries(),
      (mark) => `${mark.mark} ${mark.at} ${mark.after ?? mark.from ?? ''}`,
      (mark) => h('li', { 'data-mark': mark.mark }, h('time'), h('span', {})),
      (child, mark) => {
        const { clock } = store;
        write(/** @type {Element} */ (child.firstElementChild), second(mark.at - clock.off, clock.zone));
        write(/** @type {Element} */ (child.lastElementChild), ledgerEntry(mark, clock));
      },
    );
    none.hidden = rows.children.length > 0;
  }
  for (const noun of ['ledger', 'tick', 'shown']) hear(el, noun, update);
  hear(el, 'shown', () => askAgain(button));
}
