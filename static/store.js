/**
 * The state of the page. No other file changes it.
 *
 * Owns what is true and which noun changed. Parts listen to nouns and call actions; actions call the methods here;
 * the link to the worker calls `receive`. Knows no element.
 */
import { parseExact } from './format/json.js';
import { dayNumber } from './format/time.js';
import { Fresh } from './messages/fresh.js';
import { parseId } from './messages/ids.js';
import { Live } from './messages/live.js';
import { ERROR, fromWire, isMark } from './messages/message.js';
import { isSlow, TESTED } from './query/expression.js';
import { EVERYTHING, toSieve } from './query/selection.js';
import { FilterError } from './query/terms.js';
import { Judge } from './stream/judge.js';
import { Session } from './stream/session.js';

/**
 * What can change. 'tick' is the clock; 'asleep': this tab slept through messages; 'dialog': a dialog was opened.
 * @typedef {'messages' | 'link' | 'selection' | 'view' | 'config' | 'connections' | 'ledger' | 'settings'
 *   | 'notices' | 'asleep' | 'dialog' | 'tick'} Noun
 *
 * @typedef {import('./messages/message.js').Message} Message
 * @typedef {import('./messages/message.js').Entry} Entry
 * @typedef {import('./query/selection.js').Selection} Selection
 * @typedef {import('./stream/continuity.js').Mark} Mark
 * @typedef {import('./format/time.js').Zone} Zone
 * @typedef {import('./messages/roll.js').Roll} Roll
 * @typedef {'following' | 'reading' | 'paused'} Mode
 * @typedef {'' | 'who' | 'details' | 'topics'} PanelName topics: on a phone only
 *
 * @typedef {object} View
 * @property {Mode} mode
 * @property {number} unseen messages shown below since reading began
 * @property {number} unseenErrors
 * @property {number} unseenFrom ring number of the first that may be one of them
 * @property {number | null} heldAt in Paused: ring number behind the last row that is shown
 * @property {number | null} selected ring number of the row that keys act on
 * @property {{from: number, to: number} | null} picked ring numbers of the rows that are picked to copy; `from` was first
 * @property {Zone} zone
 * @property {PanelName} panel
 * @property {string | null} lostRows id of the row that was being read and was evicted
 *
 * Part of the server's history, shown instead of the live messages.
 * @typedef {object} Past
 * @property {'around' | 'search'} kind the neighbours of one message without a filter; or what the filter finds
 * @property {string} at id of the message in the middle; '' for a search
 * @property {Roll} roll
 * @property {string | null} older cursor of the next older page; null: there is none
 * @property {string | null} newer
 * @property {{id: string, time: string} | null} first the oldest message the server keeps
 * @property {boolean} isNarrowed the selection was changed here, so it stays on return
 * @property {boolean} isGone the message in the middle is not kept
 * @property {boolean} isLoading
 * @property {string} problem why the server gave no answer
 * @property {{past: Past | null, selection: Selection, view: View}} before what to return to
 */

/** @type {View} */
const VIEW = {
  mode: 'following',
  unseen: 0,
  unseenErrors: 0,
  unseenFrom: 0,
  heldAt: null,
  selected: null,
  picked: null,
  zone: 'local',
  panel: '',
  lostRows: null,
};
/** Messages kept in memory, also on a phone. A guess. */
const RING = 100_000;
const PHONE_RING = 20_000;

/** Messages that are tested by a filter's expressions at a time. */
const AT_ONCE = 5_000;

/** @param {string | undefined} setting */
function ringSize(setting) {
  const size = Number(setting) || RING;
  return matchMedia('(max-width: 640px)').matches ? Math.min(size, PHONE_RING) : size;
}

export class Store extends Session {
  #judge = new Judge();
  #isTesting = false;

  /**
   * @param {(noun: Noun) => void} changed hears each noun that changed
   * @param {Record<string, string>} settings
   * @param {number} heartbeat ms between two, until the server tells otherwise
   * @param {() => number} [now] this device's clock (ms)
   */
  constructor(changed, settings, heartbeat, now = Date.now) {
    super(heartbeat, now);
    this.changed = changed;
    this.settings = settings;
    /** @type {Selection} */
    this.selection = EVERYTHING;
    this.live = new Live(ringSize(settings.ring), toSieve(EVERYTHING), (entry) => this.day(entry));
    /** @type {Past | null} */
    this.past = null;
    /** @type {View} */
    this.view = { ...VIEW, zone: settings.zone === 'utc' ? 'utc' : 'local' };
    /** Errors that arrived while the newest messages were out of sight. */
    this.unseenErrors = 0;
    this.fresh = new Fresh();
    /** @type {string | null} stack of what failed in this page */
    this.failure = null;
    /** What the address asks for and the page cannot take. @type {string[]} */
    this.addressFaults = [];
    /** @type {string | null} a text that the browser refused to copy */
    this.uncopied = null;
    this.counters = { received: 0, drawn: 0, repeated: 0, missing: 0, oldest: 0, newest: 0 };
  }

  /** The day of a message in the zone that is shown; null: a mark has none. @param {Entry} entry */
  day(entry) {
    return isMark(entry) || !Number.isFinite(entry.ms) ? null : dayNumber(entry.ms, this.view.zone);
  }

  /** Messages on the page: live, or history. */
  get roll() {
    return this.past?.roll ?? this.live;
  }

  get ring() {
    return this.roll.ring;
  }

  get matching() {
    return this.roll.matching;
  }

  /** The rows that may be drawn. In Paused: none that arrived since. */
  get rows() {
    const { lo, hi } = this.matching;
    const { heldAt } = this.view;
    return { lo, hi: heldAt === null || this.past ? hi : Math.max(lo, this.matching.find(heldAt)) };
  }

  /** Whether the server has messages older than the oldest row. */
  get hasOlder() {
    return this.past ? this.past.older !== null : this.live.hasOlder;
  }

  /** Whether counts mean anything: messages have arrived, or the server told that it has none. */
  get isKnown() {
    return this.counters.received > 0 || parseId(this.head)?.seq === 0;
  }

  /** The worker's account, with what this tab alone has lost. @returns {import('./stream/session.js').Summary | null} */
  get account() {
    return this.proof && { ...this.proof, missing: this.proof.missing + this.live.lacking('gap') };
  }

  /** How times are told. @returns {import('./format/time.js').Clock} */
  get clock() {
    return { zone: this.view.zone, off: this.serverClock.off ?? 0 };
  }

  /**
   * Messages published lately, by their own time, so that a replay does not count.
   * @param {number} now @param {import('./messages/rate.js').Rate} [rate] of a topic; default: of all
   */
  rate(now, rate = this.live.traffic) {
    return rate.at(Math.floor(this.serverTime(now) / 1000));
  }

  get scanning() {
    return this.live.matching.scanning || this.matching.scanning;
  }

  // What the worker tells.

  /** @param {string} said @param {any} value */
  receive(said, value) {
    if (said === 'batch') return this.#batch(value);
    if (said === 'failure') return this.fail(value);
    const noun = this.hear(said, value);
    if (noun !== null) this.changed(noun);
  }

  /** @param {import('./stream/worker.js').Batch} value */
  #batch({ batch, heard, proof }) {
    const entries = parseExact(batch);
    const { counters } = this;
    for (const raw of entries) {
      if (raw.mark) this.#pushMark(raw);
      else this.#pushMessage(fromWire(raw));
    }
    this.live.trim(this.view.mode !== 'following');
    this.heardBatch(heard, proof, entries.at(-1) ?? {});
    counters.received += entries.filter((/** @type {any} */ raw) => !raw.mark).length;
    counters.repeated = proof?.repeated ?? 0;
    counters.missing = proof?.missing ?? 0;
    counters.oldest = Date.parse(entries[0]?.time);
    counters.newest = Date.parse(entries.at(-1)?.time);
    this.changed('messages');
  }

  /** @param {Message} message */
  #pushMessage(message) {
    if (this.live.has(message)) return;
    if (this.live.receive(message, this.serverTime())) this.#waits(message);
    if (message.level < ERROR || !this.isNews(message)) return;
    if (this.view.mode !== 'following' || document.hidden) this.unseenErrors += 1;
  }

  /** @param {Mark} mark */
  #pushMark(mark) {
    if (this.live.pushMark(mark)) this.rematch();
    if (mark.withdrawn) this.live.withdraw(mark.withdrawn);
    if (mark.mark === 'asleep') this.changed('asleep');
  }

  // What is shown.

  /** Show something else. @param {Partial<Selection>} change */
  narrow(change) {
    this.selection = { ...this.selection, ...change };
    const sieve = toSieve(this.selection);
    this.past?.roll.restart(sieve);
    this.rematch(sieve);
  }

  /** The filter being typed cannot be read, or (null) can again. The previous filter stays. @param {Selection['error']} error */
  setError(error) {
    this.selection = { ...this.selection, error };
    this.changed('selection');
  }

  /** Scan the live ring again, in slices that the frame loop gives. @param {import('./query/selection.js').Sieve} [sieve] */
  rematch(sieve = this.live.sieve) {
    this.live.restart(sieve);
    this.live.counts.forgetMatched();
    this.view.unseen = this.view.unseenErrors = 0;
    this.changed('selection');
  }

  /** Scan one slice. @param {() => boolean} expired */
  scan(expired) {
    this.past?.roll.matching.scan(expired);
    const { matching } = this.live;
    matching.scan(expired, (entry, n) => {
      if (isMark(entry)) return;
      this.live.counts.match(entry.ms, entry.level);
      if (n >= this.view.unseenFrom) this.#waits(entry);
    });
    this.#testWaiting();
  }

  /** Have the expressions tested against the next messages that wait for it. */
  async #testWaiting() {
    if (this.#isTesting) return;
    this.#isTesting = true;
    try {
      for (const { matching, sieve } of this.past ? [this.past.roll, this.live] : [this.live]) {
        // Marks are always ready.
        const messages = /** @type {Message[]} */ (matching.unready(AT_ONCE));
        if (messages.length > 0) await this.test(sieve, messages);
      }
    } finally {
      this.#isTesting = false;
    }
  }

  /** Have the expressions of a filter tested. @param {import('./query/selection.js').Sieve} sieve @param {Message[]} messages */
  async test({ expressions }, messages) {
    if (expressions.length === 0) return;
    const sources = expressions.map(({ source }) => source);
    const texts = messages.map(({ message }) => message.slice(0, TESTED));
    const answers = await this.#judge.ask(sources, texts, isSlow);
    for (const [i, expression] of expressions.entries()) {
      expression.isStopped = answers === null;
      for (const [n, found] of (answers ?? []).entries()) {
        expression.found.set(/** @type {Message} */ (messages[n]), found[i] ?? null);
      }
    }
    this.changed('messages');
    const [first] = this.selection.filter.expressions;
    if (answers !== null || first === undefined || first !== expressions[0]) return;
    this.setError(new FilterError(first.column, this.#judge.isUnavailable ? 'slow' : 'stopped'));
  }

  /** It passes the filter and arrived below what is read. @param {Message} message */
  #waits(message) {
    const { view } = this;
    if (view.mode === 'following' || !this.isNews(message)) return;
    view.unseen += 1;
    // Told with 'messages': a change of the view would redraw rows that stay as they are.
    if (message.level >= ERROR) view.unseenErrors += 1;
  }

  /** Enter or leave a mode. Unseen messages are counted from here. @param {Mode} mode */
  setMode(mode) {
    if (this.view.mode === mode) return;
    const heldAt = mode === 'paused' ? this.live.ring.end : null;
    if (mode === 'following') this.look();
    else this.lookAway();
    if (mode === 'following' || this.view.mode === 'following') {
      Object.assign(this.view, { unseen: 0, unseenErrors: 0, unseenFrom: this.live.ring.end });
    }
    this.view = { ...this.view, mode, heldAt, lostRows: null };
    this.changed('view');
  }

  /** The newest messages are out of sight: those that arrive from now on are fresh on return. */
  lookAway() {
    this.fresh.away(this.live.ring.end);
  }

  /** The newest messages are in sight. */
  look() {
    this.unseenErrors = 0;
    this.fresh.back(this.live.ring.end, this.now());
    this.changed('view');
  }

  /** @param {Partial<View>} change */
  setView(change) {
    const { zone } = this.view;
    this.view = { ...this.view, ...change };
    // Days begin elsewhere.
    if (zone !== this.view.zone) this.narrow({});
    this.changed('view');
  }

  /** @param {Record<string, string>} change */
  set(change) {
    this.settings = { ...this.settings, ...change };
    if (change.ring) this.live.resize(ringSize(change.ring));
    this.changed('settings');
    this.setView(change.zone ? { zone: change.zone === 'utc' ? 'utc' : 'local' } : {});
  }

  // History.

  /**
   * Show history, or (null) the live messages again. The live ring is filtered meanwhile by the live selection, so
   * that unseen messages are counted as they will be shown.
   * @param {Past | null} past @param {Selection} [selection]
   */
  setPast(past, selection = this.selection) {
    this.selection = selection;
    this.past = past;
    this.changed('selection');
    this.setView({ picked: null });
  }

  /** @param {Past} past @param {Partial<Past>} change */
  changePast(past, change) {
    Object.assign(past, change);
    this.changed('messages');
    this.changed('view');
  }

  /** A page of history arrived. @param {Past} past @param {'older' | 'newer'} where @param {Message[]} messages oldest first */
  extendPast(past, where, messages) {
    if (where === 'newer') for (const message of messages) past.roll.push(message);
    else {
      past.roll.replace(past.roll.ring.first - 1, messages);
      past.roll.matching.scan(() => false);
    }
  }

  /**
   * Put messages from the server's history in the place of a gap row, or in front of all rows.
   * @param {number} n number of the row; first - 1: none @param {Entry[]} entries oldest first
   */
  insert(n, entries) {
    const { live, view } = this;
    const isFront = n < live.ring.first;
    const isMoved = live.insert(n, entries, this.serverTime());
    const moved = 1 - entries.length;
    if (view.selected !== null && view.selected < n) view.selected += moved;
    if (!isFront) view.picked = null;
    if (view.heldAt !== null && view.heldAt <= n) view.heldAt += moved;
    if (view.unseenFrom <= n) view.unseenFrom += moved;
    if (isMoved) this.rematch();
    else this.changed('messages');
  }

  /** The server keeps nothing older than this. @param {string} id */
  setOldestKept(id) {
    this.live.oldestKept = id;
    this.changed('messages');
  }

  /** A gap row is being filled, or could not be. @param {Mark} mark @param {Partial<Mark>} change */
  changeMark(mark, change) {
    Object.assign(mark, change);
    this.changed('view');
  }

  /** Messages that this tab slept through are gone from the server as well. @param {Mark[]} marks */
  addHoles(marks) {
    for (const mark of marks) this.live.holes.add(mark);
    this.changed('ledger');
  }

  /** A row was drawn. */
  countDrawn() {
    this.counters.drawn += 1;
  }

  // Notices.

  /** The first failure says most; later ones are kept only after it was dismissed (null). @param {string | null} details */
  fail(details) {
    this.failure = details === null ? null : (this.failure ?? details);
    this.changed('notices');
  }

  /** @param {string[]} faults */
  setAddressFaults(faults) {
    this.addressFaults = faults;
    this.changed('notices');
  }

  /** @param {string | null} text that the browser refused to copy */
  setUncopied(text) {
    this.uncopied = text;
    this.changed('notices');
  }
}
