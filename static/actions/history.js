/**
 * History: what the page asks of the server's store, and where the answer goes.
 *
 * Owns where a look back begins and how it goes on, and the filling of gaps in the live messages.
 */
import { remainder } from '../messages/gaps.js';
import { parseId } from '../messages/ids.js';
import { fromWire, isMark, weigh } from '../messages/message.js';
import { Roll } from '../messages/roll.js';
import { EVERYTHING, isNarrow, toHistory, toSieve } from '../query/selection.js';
import { ApiError, readHistory } from '../stream/api.js';
import { settled } from './server.js';

/**
 * @typedef {import('./page.js').Page} Page
 * @typedef {import('../store.js').Past} Past
 * @typedef {import('../query/selection.js').Selection} Selection
 * @typedef {import('../messages/message.js').Entry} Entry
 * @typedef {import('../stream/continuity.js').Mark} Mark
 */

/** Messages on each side of the one that is shown around; in one page of history; loaded above the live ones. */
const BESIDE = 50;
const PAGE = 200;
const MOST = 1_000;
/** Messages kept while looking back. A guess. */
const PAST_LIMIT = 20_000;
/** A search ends after this many matches or this long (ms). The server answers each time with what it has found. */
const ENOUGH = 100;
const SEARCH_MS = 10_000;

/** The id before, which need not exist. @param {string} id */
function idBefore(id) {
  const { epoch, seq } = parseId(id) ?? { epoch: id, seq: 1 };
  return `${epoch}-${seq - 1}`;
}

/** @param {Page} page @param {Past['kind']} kind @param {string} at @param {Selection} shown @returns {Past} */
function openPast({ store }, kind, at, shown) {
  const { selection, view } = store;
  // A message opened from a search leads back to the search. Any other look replaces the one before.
  const now = kind === 'search' ? (store.past?.before.past ?? store.past) : store.past;
  const isNested = now?.kind === 'search' && kind === 'around';
  const before = now && !isNested ? now.before : { past: store.past, selection, view: { ...view } };
  /** @type {Past} */
  const past = {
    kind,
    at,
    roll: new Roll(PAST_LIMIT, toSieve(shown), (entry) => store.day(entry)),
    older: null,
    newer: null,
    first: null,
    isNarrowed: isNarrow(shown),
    isGone: false,
    isLoading: false,
    problem: '',
    before,
  };
  if (view.mode === 'following') store.setMode('reading');
  store.setView({ selected: null, panel: store.view.panel === 'details' ? 'details' : '' });
  store.setPast(past, shown);
  return past;
}

/**
 * Load while the page says so. A refusal is shown.
 * @param {Page} page @param {Past} past @param {() => Promise<void>} load
 */
async function busy({ store }, past, load) {
  if (past.isLoading) return;
  store.changePast(past, { isLoading: true });
  try {
    await load();
    store.changePast(past, { problem: '' });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    store.changePast(past, { problem: error.message || error.code });
  } finally {
    store.changePast(past, { isLoading: false });
  }
}

/** @param {Page} page @param {Past} past @param {URLSearchParams} query @param {string | null} from @param {number} limit */
async function addOlder({ store }, past, query, from, limit) {
  query.set('order', 'desc');
  query.set('limit', String(limit));
  if (from !== null) query.set('before', from);
  const answer = await readHistory(query);
  const { sieve } = past.roll;
  const messages = answer.messages.map(fromWire);
  await store.test(sieve, messages);
  // The server knows no regular expressions and may send more than matches: those take no room.
  store.extendPast(past, 'older', messages.filter(sieve.shows).reverse());
  store.changePast(past, { older: answer.next, first: answer.first });
}

/** @param {Page} page @param {Past} past @param {URLSearchParams} query @param {string} from @param {number} limit */
async function addNewer({ store }, past, query, from, limit) {
  query.set('order', 'asc');
  query.set('limit', String(limit));
  query.set('after', from);
  const answer = await readHistory(query);
  const messages = answer.messages.map(fromWire);
  await store.test(past.roll.sieve, messages);
  store.extendPast(past, 'newer', messages);
  store.changePast(past, { newer: answer.next, first: answer.first });
}

/**
 * Show a message with its neighbours, or with those of them that are selected. Where the message itself is not
 * selected, the next one in time takes its place.
 * @param {Page} page @param {string} id @param {Selection} [shown]
 */
export async function showAround(page, id, shown = EVERYTHING) {
  const { store } = page;
  const past = openPast(page, 'around', id, shown);
  await busy(page, past, async () => {
    const first = past.roll.ring.end;
    await addNewer(page, past, toHistory(shown), idBefore(id), BESIDE + 1);
    const at = past.roll.find(id);
    const found = past.roll.matching.find(at);
    const isFound = at >= 0 && past.roll.matching.at(found) === at;
    if (!isFound && !isNarrow(shown)) {
      const roll = new Roll(PAST_LIMIT, past.roll.sieve, past.roll.matching.day);
      return store.changePast(past, { roll, isGone: true, older: null, newer: null });
    }
    await addOlder(page, past, toHistory(shown), id, BESIDE);
    const { matching } = past.roll;
    if (store.past !== past || matching.size === 0) return;
    if (isFound) store.setView({ selected: at });
    page.feed.reveal(isFound ? at : matching.at(Math.min(matching.find(first), matching.hi - 1)), true);
  });
}

/** Search until enough is found. @param {Page} page @param {Past} past */
async function searchOn(page, past) {
  const { store } = page;
  const [had, until] = [past.roll.shown, performance.now() + SEARCH_MS];
  do {
    await addOlder(page, past, toHistory(store.selection), past.older, PAGE);
    if (past.older === null || past.roll.shown - had >= ENOUGH || store.past !== past) return;
  } while (performance.now() < until);
}

/** @param {Page} page */
export function searchHistory(page) {
  const past = openPast(page, 'search', '', page.store.selection);
  return busy(page, past, () => searchOn(page, past));
}

/** @param {Page} page */
export async function loadMore(page) {
  const { past } = page.store;
  if (past === null) return;
  await busy(page, past, async () => {
    if (past.kind === 'search') return searchOn(page, past);
    const { older, newer } = past;
    const { selection } = page.store;
    if (older !== null) await addOlder(page, past, toHistory(selection), older, PAGE);
    if (newer !== null) await addNewer(page, past, toHistory(selection), newer, PAGE);
  });
}

/** Pages that are loading older messages: a key that is held down asks often. @type {WeakSet<Page>} */
const loadingOlder = new WeakSet();

/** Load older messages above the live ones, as long as there is room. @param {Page} page */
export async function showOlder(page) {
  const { store } = page;
  const { live } = store;
  if (store.past) return loadMore(page);
  const { oldest } = live;
  if (oldest === null || loadingOlder.has(page)) return;
  if (live.held + MOST > live.ring.limit) return showAround(page, oldest.id);
  if (store.view.mode === 'following') store.setMode('reading');
  loadingOlder.add(page);
  const query = new URLSearchParams({ before: oldest.id, order: 'desc', limit: String(MOST) });
  const { ok } = await settled(readHistory(query)).finally(() => loadingOlder.delete(page));
  if (ok === null || live.oldest !== oldest) return;
  // Nothing older is kept, though ids go on.
  if (ok.next === null) store.setOldestKept(ok.messages.at(-1)?.id ?? oldest.id);
  store.insert(live.ring.first - 1, ok.messages.map(fromWire).reverse());
}

/**
 * All messages between two that the server still has, as far as there is room. The rest becomes a gap row again.
 * @param {Page} page @param {Mark} mark the gap @param {string} from @param {string} to @param {number} room
 * @returns {Promise<{entries: Entry[], many: number, rest: Mark | null}>} many: how many messages
 */
async function between({ store }, mark, from, to, room) {
  /** @type {Entry[]} */
  const entries = [];
  /** @type {string | null} */
  let after = from;
  let [many, gone, weight] = [0, 0, 0];
  while (after !== null && entries.length < room && weight < store.live.ring.most) {
    const limit = String(Math.min(MOST, room - entries.length));
    /** @type {any} */
    const answer = await readHistory(new URLSearchParams({ after, before: to, order: 'asc', limit }));
    const messages = answer.messages.map(fromWire);
    if (answer.gap) entries.push({ mark: 'gap', at: store.now(), ...answer.gap });
    entries.push(...messages);
    many += messages.length;
    gone += answer.gap?.missing ?? 0;
    for (const each of messages) weight += weigh(each);
    after = answer.next;
  }
  const rest = after === null ? null : remainder(mark, after, to, many + gone);
  return { entries: rest === null ? entries : [...entries, rest], many, rest };
}

/** Replace a gap row by the messages that are missing there. @param {Page} page @param {number} n its number */
export async function loadGap(page, n) {
  const { store, link } = page;
  const { live } = store;
  const mark = live.ring.get(n);
  if (!mark || !isMark(mark) || mark.isLoading) return;
  // The message before the gap may have been evicted; then the gap's own ends are used.
  const [from, to] = [live.beside(n, -1)?.id ?? mark.after, live.beside(n, 1)?.id ?? mark.before];
  if (!from || !to) return;
  store.changeMark(mark, { isLoading: true });
  const room = Math.min(live.ring.limit, live.ring.room(n));
  const { ok: found } = await settled(between(page, mark, from, to, room));
  store.changeMark(mark, { isLoading: false, hasFailed: found === null });
  const here = live.ring.findLast((entry) => entry === mark);
  if (found === null || here < 0) return;
  store.insert(here, found.entries);
  if (mark.mark === 'asleep') {
    // The worker has seen them and does not miss them: this tab accounts for those that are gone.
    const gaps = found.entries.filter((entry) => isMark(entry) && entry.mark === 'gap');
    return store.addHoles(/** @type {Mark[]} */ (gaps));
  }
  const { after = null, before = null } = mark;
  link.filled({ after, before, many: found.many, upTo: found.rest?.after ?? null });
}

/** Load what this tab slept through. @param {Page} page */
export function loadAsleep(page) {
  const { ring } = page.store.live;
  for (let n = ring.first; n < ring.end; n++) {
    const mark = ring.get(n);
    if (mark && isMark(mark) && mark.mark === 'asleep') loadGap(page, n);
  }
}

/** One step back. @param {Page} page */
export function back({ store }) {
  const { past, view } = store;
  if (past === null) return;
  const { selection, view: then } = past.before;
  const isAsBefore = past.kind === 'around' && !past.isNarrowed;
  store.setPast(past.before.past, isAsBefore ? selection : store.selection);
  store.setView({ selected: then.selected, panel: view.panel === 'details' ? then.panel : view.panel });
  // Only Resume ends Paused.
  if (then.mode === 'following' && view.mode !== 'paused') store.setMode('following');
}

/** @param {Page} page */
export function backToLive(page) {
  while (page.store.past) back(page);
}

/** @param {Page} page */
export function showOldest(page) {
  const first = page.store.past?.first;
  if (first) showAround(page, first.id);
}
