/**
 * Looking back: what the page asks of the server's history, and what becomes of it.
 *
 * Owns where a look back begins and how it goes on; and the filling of holes that a sleeping tab, or a
 * cause nobody named, left in what is live. Draws nothing.
 */
import { remainder } from '../messages/gaps.js';
import { parseId } from '../messages/ids.js';
import { fromWire, isMark, weigh } from '../messages/message.js';
import { Roll } from '../messages/roll.js';
import { EVERYTHING, toHistory, toTest } from '../query/selection.js';
import { ApiError, readHistory } from '../stream/api.js';

/**
 * @typedef {import('../view.js').Past} Past
 * @typedef {import('../messages/message.js').Message} Message
 * @typedef {import('../messages/message.js').Entry} Entry
 * @typedef {import('../stream/continuity.js').Mark} Mark
 * @typedef {import('./reading.js').Verb} Verb
 */

/** Rows on each side of a message that somebody points at, and how many more at a time. */
const BESIDE = 50;
const PAGE = 200;
const MOST = 1_000;
/** More than this, looking back, and the oldest are let go. A guess at what anybody reads. */
const PAST_LIMIT = 20_000;
/** A search goes on until so many were found, or for so long; the server answers each time with what it has by then. */
const ENOUGH = 100;
const SEARCH_MS = 10_000;

/** The id before, which need not exist. @param {string} id */
function before(id) {
  const { epoch, seq } = parseId(id) ?? { epoch: id, seq: 1 };
  return `${epoch}-${seq - 1}`;
}

/** @param {import('./reading.js').Page} page @returns {Record<string, Verb>} */
export function looks({ store, say, link }) {
  /** @param {Past['kind']} kind @param {string} at @returns {Past} */
  function open(kind, at) {
    const { selection, view } = store;
    // A message looked at in a search leads back to it; another search, and any other look, takes the place of the one before.
    const now = kind === 'search' ? (store.past?.before.past ?? store.past) : store.past;
    const isNested = now?.kind === 'search' && kind === 'around';
    const before = now && !isNested ? now.before : { past: store.past, selection, view: { ...view } };
    const shown = kind === 'around' ? EVERYTHING : store.selection;
    /** @type {Past} */
    const past = {
      kind,
      at,
      roll: new Roll(PAST_LIMIT, toTest(shown)),
      older: null,
      newer: null,
      first: null,
      isGone: false,
      isLoading: false,
      problem: '',
      before,
    };
    if (view.mode === 'following') store.setMode('reading');
    store.setView({ selected: null, panel: store.view.panel === 'details' ? 'details' : '' });
    store.selection = shown;
    store.setPast(past);
    return past;
  }

  /**
   * Until it is done the page says that it is looking; what goes wrong it says too.
   * @param {Past} past @param {() => Promise<void>} look
   */
  async function busy(past, look) {
    if (past.isLoading) return;
    past.isLoading = true;
    store.changed('view');
    try {
      await look();
      past.problem = '';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      past.problem = error.message || 'no answer';
    }
    past.isLoading = false;
    store.changed('messages');
    store.changed('view');
  }

  /** @param {Past} past @param {URLSearchParams} query @param {string | null} from @param {number} limit */
  async function addOlder(past, query, from, limit) {
    query.set('order', 'desc');
    query.set('limit', String(limit));
    if (from !== null) query.set('before', from);
    const page = await readHistory(query);
    // The server knows no regular expressions and sends more than is meant: no room is kept for the rest.
    const meant = page.messages.map(fromWire).filter(past.roll.matching.test);
    past.roll.replace(past.roll.ring.first - 1, meant.reverse());
    past.roll.matching.scan(() => false);
    past.older = page.next;
    past.first = page.first;
  }

  /** @param {Past} past @param {string} from @param {number} limit */
  async function addNewer(past, from, limit) {
    const page = await readHistory(new URLSearchParams({ after: from, order: 'asc', limit: String(limit) }));
    for (const message of page.messages) past.roll.push(fromWire(message));
    past.newer = page.next;
    past.first = page.first;
  }

  /** @param {string} id */
  async function around(id) {
    const past = open('around', id);
    await busy(past, async () => {
      await addNewer(past, before(id), BESIDE + 1);
      const n = past.roll.find(id);
      past.isGone = n < 0;
      if (past.isGone) past.roll = new Roll(PAST_LIMIT, past.roll.matching.test);
      else await addOlder(past, new URLSearchParams(), id, BESIDE);
      if (past.isGone) past.older = past.newer = null;
      if (store.past !== past || past.isGone) return;
      store.setView({ selected: n });
      say('reveal-middle', undefined, n);
    });
  }

  /** As far as it takes to find enough. @param {Past} past */
  async function search(past) {
    const [had, until] = [past.roll.shown, performance.now() + SEARCH_MS];
    do {
      await addOlder(past, toHistory(store.selection), past.older, PAGE);
      if (past.older === null || past.roll.shown - had >= ENOUGH || store.past !== past) return;
      store.changed('messages');
      store.changed('view');
    } while (performance.now() < until);
  }

  function more() {
    const { past } = store;
    if (past === null) return;
    busy(past, async () => {
      if (past.kind === 'search') return search(past);
      const { older, newer } = past;
      if (older !== null) await addOlder(past, new URLSearchParams(), older, PAGE);
      if (newer !== null) await addNewer(past, newer, PAGE);
    });
  }

  /** For older ones. A key that is held down asks often. */
  let isAsked = false;

  /** Older ones in front of what is live, as long as there is room for them. */
  async function older() {
    const { live, past } = store;
    if (past) return more();
    const oldest = live.oldest;
    if (oldest === null || isAsked) return;
    if (live.held + MOST > live.ring.limit) return around(oldest.id);
    if (store.view.mode === 'following') store.setMode('reading');
    const query = new URLSearchParams({ before: oldest.id, order: 'desc', limit: String(MOST) });
    isAsked = true;
    const page = await orNull(readHistory(query)).finally(() => {
      isAsked = false;
    });
    if (page === null || live.oldest !== oldest) return;
    // Nothing older is kept, though the ids go on: nobody needs to ask again.
    if (page.next === null) store.oldestKept = page.messages.at(-1)?.id ?? oldest.id;
    store.insert(live.ring.first - 1, page.messages.map(fromWire).reverse());
  }

  /**
   * All between two messages that the server still has, as far as there is room for it. What is left to load
   * is a row again, that knows how many there are.
   * @param {Mark} mark what is filled @param {string} from @param {string} to @param {number} room
   * @returns {Promise<{entries: Entry[], many: number, rest: Mark | null}>} many: how many messages
   */
  async function between(mark, from, to, room) {
    /** @type {Entry[]} */
    const entries = [];
    /** @type {string | null} */
    let after = from;
    let [many, gone, weight] = [0, 0, 0];
    while (after !== null && entries.length < room && weight < store.live.ring.most) {
      // Not all that was asked for comes at once; what is asked for next must fit beside it.
      const limit = String(Math.min(MOST, room - entries.length));
      /** @type {any} */
      const page = await readHistory(new URLSearchParams({ after, before: to, order: 'asc', limit }));
      const messages = page.messages.map(fromWire);
      if (page.gap) entries.push({ mark: 'gap', at: Date.now(), ...page.gap });
      entries.push(...messages);
      many += messages.length;
      gone += page.gap?.missing ?? 0;
      weight = messages.reduce(
        (/** @type {number} */ sum, /** @type {Entry} */ each) => sum + weigh(each),
        weight,
      );
      after = page.next;
    }
    const rest = after === null ? null : remainder(mark, after, to, many + gone);
    return { entries: rest === null ? entries : [...entries, rest], many, rest };
  }

  /** A row that says what is missing becomes the rows that were. @param {number} n its number */
  async function fill(n) {
    const { live } = store;
    const mark = live.ring.get(n);
    if (!mark || !isMark(mark) || mark.isLoading) return;
    // What stood before the hole may have left the memory: the hole itself knows its ends, if anybody named them.
    const [from, to] = [live.beside(n, -1)?.id ?? mark.after, live.beside(n, 1)?.id ?? mark.before];
    if (!from || !to) return;
    mark.isLoading = true;
    store.changed('view');
    const found = await orNull(between(mark, from, to, Math.min(live.ring.limit, live.ring.room(n))));
    mark.isLoading = false;
    mark.hasFailed = found === null;
    const here = live.ring.findLast((entry) => entry === mark);
    if (found === null || here < 0) return store.changed('view');
    store.insert(here, found.entries);
    if (mark.mark === 'asleep') {
      // The worker has seen them and will not miss them: that they are gone is this tab's own account.
      for (const entry of found.entries) if (isMark(entry) && entry.mark === 'gap') live.holes.add(entry);
      return store.changed('ledger');
    }
    const { after = null, before = null } = mark;
    link().filled({ after, before, many: found.many, upTo: found.rest?.after ?? null });
  }

  function back() {
    const { past, view } = store;
    if (past === null) return;
    const { selection, view: then } = past.before;
    if (past.kind === 'around') store.selection = selection;
    store.setPast(past.before.past);
    store.setView({ selected: then.selected, panel: view.panel === 'details' ? then.panel : view.panel });
    // Only Resume ends Paused.
    if (then.mode === 'following' && view.mode !== 'paused') store.setMode('following');
  }

  return {
    'show-around': (/** @type {string} */ id) => around(id),
    'show-oldest': () => store.past?.first && around(store.past.first.id),
    'show-context'() {
      const entry = store.view.selected === null ? undefined : store.ring.get(store.view.selected);
      if (entry && !isMark(entry)) around(entry.id);
    },
    'search-history'() {
      const past = open('search', '');
      busy(past, () => search(past));
    },
    'more-history': more,
    'show-older': older,
    back,
    'back-to-live'() {
      while (store.past) back();
    },
    'load-gap': fill,
    'load-asleep'() {
      for (let n = store.live.ring.first; n < store.live.ring.end; n++) {
        const mark = store.live.ring.get(n);
        if (mark && isMark(mark) && mark.mark === 'asleep') fill(n);
      }
    },
  };
}

/** What the server would not say is not here; anything else is a fault of ours. @template T @param {Promise<T>} call */
async function orNull(call) {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}
