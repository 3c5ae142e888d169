/** Did I miss anything? The proof in the header, and the account behind it. Asks for: open-dialog. */
import { ask, attribute, copy, h, hear, keyed, write } from './lib/dom.js';
import { isUp } from './logic/state.js';
import { isoSecond, second } from './logic/time.js';
import { markRow, proof, proofSummary } from './text.js';
import { words } from './words.js';

/** @param {HTMLElement} el @param {import('./store.js').Store} store */
export function ProofButton(el, store) {
  const glyph = h('span', { class: 'glyph', 'aria-hidden': 'true' });
  const text = h('span', { class: 'words' });
  el.append(glyph, text);
  el.addEventListener('click', () => ask(el, 'open-dialog', 'ledger'));
  function update() {
    const { link } = store;
    const until = isUp(link) ? null : (link.lostAt ?? link.heard);
    const [sign, sentence] = proof(store.isKnown ? store.proof : null, until);
    write(glyph, sign);
    write(text, sentence);
    attribute(el, 'data-look', sign === '▲' ? 'missing' : 'whole');
  }
  for (const noun of ['ledger', 'messages', 'link']) hear(el, noun, update);
  update();
}

/** @param {HTMLElement} el inside a dialog @param {import('./store.js').Store} store */
export function Ledger(el, store) {
  const summary = h('p', {});
  const rows = h('ol', { class: 'entries' });
  const none = h('p', { class: 'more' }, words.nothingLost);
  const button = h('button', { type: 'button', onclick: copyAll }, words.copy);
  el.append(summary, rows, none, h('div', { class: 'actions' }, button));

  /** Newest first: what has just happened is what one looks for. */
  const entries = () => store.losses.toReversed();

  async function copyAll() {
    const lines = entries().map((mark) => `${isoSecond(mark.at)}  ${markRow(mark)}`);
    write(
      button,
      (await copy([summary.textContent, ...lines].join('\n'))) ? words.copied : words.copyBlocked,
    );
  }

  function update() {
    if (el.closest('dialog')?.open === false) return;
    write(summary, store.proof === null ? '–' : proofSummary(store.proof));
    keyed(
      rows,
      entries(),
      (mark) => `${mark.mark} ${mark.at}`,
      (mark) =>
        h('li', { 'data-mark': mark.mark }, h('time', {}, second(mark.at, store.view.zone)), h('span', {})),
      (child, mark) => write(/** @type {Element} */ (child.lastElementChild), markRow(mark)),
    );
    none.hidden = store.losses.length > 0;
    write(button, words.copy);
  }
  for (const noun of ['ledger', 'tick', 'shown']) hear(el, noun, update);
}
