/** What is done with one row: selecting, stepping, copying. */
import { asText } from '../messages/export.js';
import { canFill } from '../messages/gaps.js';
import { ERROR, isMark } from '../messages/message.js';
import { linkTo } from '../query/address.js';
import { noError, words } from '../text/en.js';
import { copyText } from '../ui/clipboard.js';
import { toast } from '../ui/toast.js';
import { hideTopic, onlyTopic } from './filtering.js';
import { backToLive, loadGap, showAround, showOlder } from './history.js';
import { startReading } from './reading.js';

/** @typedef {import('./page.js').Page} Page */

/** @param {Page} page @param {number} n */
function select(page, n) {
  startReading(page);
  page.store.setView({ selected: n });
  page.feed.reveal(n);
}

/** @param {Page} page */
function selectedMessage({ store }) {
  const entry = store.view.selected === null ? undefined : store.ring.get(store.view.selected);
  return entry && !isMark(entry) ? entry : null;
}

/** Open the details of a row, or close them if they are open. @param {Page} page @param {number} n */
export function selectMessage(page, n) {
  const { store } = page;
  if (store.view.selected === n && store.view.panel === 'details') {
    store.setView({ panel: '' });
    return;
  }
  startReading(page);
  const entry = store.ring.get(n);
  // A gap row says everything in its one line.
  store.setView({ selected: n, panel: entry && isMark(entry) ? store.view.panel : 'details' });
}

/** Pick all rows from the selected one to this one. @param {Page} page @param {number} n */
export function pickTo(page, n) {
  const { selected, picked } = page.store.view;
  startReading(page);
  page.store.setView({ picked: { from: picked?.from ?? selected ?? n, to: n } });
}

/** Pick all rows that are shown. @param {Page} page */
export function pickAll(page) {
  const { rows, matching } = page.store;
  if (rows.hi <= rows.lo) return;
  startReading(page);
  page.store.setView({ picked: { from: matching.at(rows.lo), to: matching.at(rows.hi - 1) } });
}

/** The picked messages, whole; '' without any. @param {Page} page */
export function pickedText({ store }) {
  const { picked } = store.view;
  if (picked === null) return '';
  const { matching, ring } = store;
  const [low, high] = [Math.min(picked.from, picked.to), Math.max(picked.from, picked.to)];
  let text = '';
  for (let ordinal = matching.find(low); ordinal < store.rows.hi && matching.at(ordinal) <= high; ordinal++) {
    const entry = ring.get(matching.at(ordinal));
    if (entry && !isMark(entry)) text += `${asText.line?.(entry)}\n`;
  }
  return text;
}

/** Show a message by its id: live if it is there, else from history. @param {Page} page @param {string} id */
export function showMessage(page, id) {
  const { live } = page.store;
  const n = live.find(id);
  if (n < 0 || live.matching.at(live.matching.find(n)) !== n) return void showAround(page, id);
  backToLive(page);
  select(page, n);
}

/**
 * Where stepping begins without a selection: at the end; while reading, at the first row in sight.
 * @param {Page} page @param {1 | -1} by @param {number} least level
 */
function start({ store, feed }, by, least) {
  return least > 0 || store.view.mode === 'following' ? store.rows.hi : feed.firstSeen - by;
}

/** @param {Page} page @param {1 | -1} by @param {number} least level */
function stepTo(page, by, least) {
  const { store } = page;
  const { matching } = store;
  const from = store.view.selected === null ? start(page, by, least) : matching.find(store.view.selected);
  for (let ordinal = from + by; ordinal >= matching.lo && ordinal < store.rows.hi; ordinal += by) {
    const n = matching.at(ordinal);
    const entry = store.ring.get(n);
    if (entry && (isMark(entry) ? least === 0 && canFill(entry) : entry.level >= least)) {
      return select(page, n);
    }
  }
  if (least > 0) return toast(noError(by, store.view.selected !== null));
  // One step above the oldest row is the row that loads older messages.
  const isTop = matching.size > 0 && !matching.scanning;
  if (by < 0 && least === 0 && isTop && store.hasOlder) showOlder(page);
}

/** @param {Page} page @param {1 | -1} by */
export const stepRow = (page, by) => stepTo(page, by, 0);

/** Without a selection: the newest error. @param {Page} page @param {1 | -1} by */
export const stepError = (page, by) => stepTo(page, page.store.view.selected === null ? -1 : by, ERROR);

/** @param {Page} page */
export function toggleDetails(page) {
  const { store } = page;
  const { selected, panel } = store.view;
  const entry = selected === null ? undefined : store.ring.get(selected);
  if (selected !== null && entry && isMark(entry)) return void loadGap(page, selected);
  store.setView({ panel: panel === 'details' ? '' : 'details' });
}

/** @param {Page} page */
export function onlySelectedTopic(page) {
  const message = selectedMessage(page);
  if (message) onlyTopic(page, message.topic);
  else toast(words.noneSelected);
}

/** @param {Page} page */
export function hideSelectedTopic(page) {
  const message = selectedMessage(page);
  if (message) hideTopic(page, message.topic);
  else toast(words.noneSelected);
}

/** @param {Page} page */
export function showContext(page) {
  const message = selectedMessage(page);
  if (message) showAround(page, message.id);
  else toast(words.noneSelected);
}

/** @param {Page} page @param {'text' | 'ndjson' | 'link'} what */
export async function copySelected(page, what) {
  const message = selectedMessage(page);
  if (message === null) return toast(words.noneSelected);
  return copyMessage(page, message, what);
}

/** @param {Page} page @param {import('../messages/message.js').Message} message @param {'text' | 'ndjson' | 'link'} what */
export async function copyMessage(page, message, what) {
  const text = what === 'link' ? linkTo(message.id) : (asText[what]?.(message) ?? '');
  if (await copyText(text)) toast(words.copiedAs[what]);
  else page.store.setUncopied(text);
}
