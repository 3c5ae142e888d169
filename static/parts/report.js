/** The proof in the header that nothing is missing, and the delivery report behind it. */
import { openDialog } from '../actions/panels.js';
import { count, isoSecond, second } from '../format/time.js';
import { provenUntil } from '../stream/connection-state.js';
import { idRange, ledgerEntry, proof, proofSummary, verdictOf, words } from '../text/en.js';
import { askAgain, copyFrom } from '../ui/clipboard.js';
import { attribute, h, hear, icon, keyed, setIcon, write } from '../ui/dom.js';

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function ProofButton(el, page) {
  const { store } = page;
  const sign = icon('check');
  const [text, time] = [h('span', {}), h('span', { class: 'when' })];
  el.append(sign, h('span', { class: 'words' }, text, time));
  el.addEventListener('click', () => openDialog(page, 'ledger'));
  function update() {
    const until = provenUntil(store.link);
    const proven = store.isKnown ? store.account : null;
    const { isWhole, sentence, when } = proof(proven, store.clock, store.live.lacking('asleep'), until);
    setIcon(sign, isWhole ? 'check' : 'triangle-alert');
    sign.toggleAttribute('hidden', sentence === '–');
    write(text, sentence);
    write(time, when);
    attribute(el, 'data-look', isWhole ? 'whole' : 'missing');
  }
  for (const noun of /** @type {const} */ (['ledger', 'messages', 'link', 'view', 'tick']))
    hear(el, noun, update);
  update();
}

/** @type {Record<string, string>} */
const EVENT_SIGNS = { gap: 'triangle-alert', asleep: 'history', repeat: 'copy', loss: 'plug-zap' };

/** The browser's, and this tab's own. The newest first. @param {import('../store.js').Store} store */
const ledgerEntries = (store) =>
  [...store.losses, ...store.live.holes].sort((one, other) => other.at - one.at);

/** @param {HTMLElement} el inside a dialog @param {import('../actions/page.js').Page} page */
export function Ledger(el, { store }) {
  const sign = icon('shield-check');
  const title = h('h3');
  const range = h('p');
  const figures = words.figures.map((name) => h('span', {}, h('b'), ` ${name}`));
  const verdict = h(
    'div',
    { class: 'verdict' },
    sign,
    h('div', {}, title, range),
    h('div', { class: 'figures' }, ...figures),
  );
  const rows = h('ol', { class: 'entries' });
  const none = h('p', { class: 'more' }, words.nothingLost);
  const button = h('button', { type: 'button', class: 'primary', onclick: copyAll }, words.copy);
  el.append(verdict, rows, none, h('div', { class: 'actions' }, button));

  function copyAll() {
    const lines = ledgerEntries(store).map(
      (mark) => `${isoSecond(mark.at - store.clock.off)}  ${ledgerEntry(mark, store.clock)}`,
    );
    const { account } = store;
    copyFrom(button, [account === null ? '–' : proofSummary(account, store.clock), ...lines].join('\n'));
  }

  function judge() {
    const { account, clock } = store;
    const { isWhole } = proof(store.isKnown ? account : null, clock, store.live.lacking('asleep'));
    attribute(verdict, 'data-look', isWhole ? 'whole' : 'missing');
    setIcon(sign, isWhole ? 'shield-check' : 'triangle-alert');
    write(title, verdictOf(account, isWhole, clock));
    write(range, account?.first ? idRange(account.first, account.last ?? '') : words.noneReceived);
    const replayed = store.losses.reduce((sum, each) => sum + (each.replayed ?? 0), 0);
    const numbers = [account?.received, replayed, account?.missing, account?.repeated];
    for (const [i, figure] of figures.entries()) {
      write(/** @type {Element} */ (figure.firstElementChild), count(numbers[i] ?? 0));
    }
  }

  function update() {
    if (el.closest('dialog')?.open === false) return;
    judge();
    keyed(
      rows,
      ledgerEntries(store),
      (mark) => `${mark.mark} ${mark.at} ${mark.after ?? mark.from ?? ''}`,
      (mark) =>
        h('li', { 'data-mark': mark.mark }, h('time'), icon(EVENT_SIGNS[mark.mark] ?? ''), h('span', {})),
      (child, mark) => {
        const { clock } = store;
        write(/** @type {Element} */ (child.firstElementChild), second(mark.at - clock.off, clock.zone));
        write(/** @type {Element} */ (child.lastElementChild), ledgerEntry(mark, clock));
      },
    );
    none.hidden = rows.children.length > 0;
  }
  for (const noun of /** @type {const} */ (['ledger', 'tick', 'dialog'])) hear(el, noun, update);
  hear(el, 'dialog', () => askAgain(button));
}
