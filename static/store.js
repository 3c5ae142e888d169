/**
 * The page's state and its nouns.
 *
 * Owns what is true; says which noun changed. Knows no element: parts hear nouns, and app.js alone changes
 * anything here, when a part asks for it or the link brings something (arrivals.js).
 */
import { arrive } from './arrivals.js';
import { Counts } from './messages/counts.js';
import { Fresh } from './messages/fresh.js';
import { isAfter, parseId } from './messages/ids.js';
import { ERROR, isMark, isOwn } from './messages/message.js';
import { Rate } from './messages/rate.js';
import { Roll } from './messages/roll.js';
import { EVERYTHING, toTest } from './query/selection.js';
import { initial, step } from './stream/connection-state.js';
import { Topics } from './messages/topics.js';
import { VIEW } from './view.js';

/**
 * @typedef {import('./messages/message.js').Message} Message
 * @typedef {import('./messages/message.js').Entry} Entry
 * @typedef {{count: number, peak: number}} Connections
 * @typedef {{status?: 'applied' | 'rejected', changes?: string[], restart?: string[], errors?: string[], heard?: number}} Config
 * @typedef {import('./view.js').Mode} Mode
 * @typedef {import('./view.js').View} View
 * @typedef {import('./view.js').Past} Past
 */

/** @typedef {import('./stream/continuity.js').Mark} Mark */
/** @typedef {Omit<import('./stream/continuity.js').Proof, 'entries'>} Summary */

/** A device with a small screen can spare less. A guess. */
const PHONE_RING = 20_000;

/** A message that came late says for so long that this browser is behind (ms). */
const LATE_STAYS = 5_000;

/** @param {string | undefined} setting */
function ringSize(setting) {
  const size = Number(setting) || 100_000;
  return matchMedia('(max-width: 640px)').matches ? Math.min(size, PHONE_RING) : size;
}

export class Store {
  /** What the worker said of the stream. */
  #link = initial(Date.now());

  /**
   * @param {(noun: string) => void} changed told of every noun that is not as it was
   * @param {Record<string, string>} settings
   * @param {number} heartbeat ms between two, until the server says otherwise
   */
  constructor(changed, settings, heartbeat) {
    this.changed = changed;
    this.heartbeat = heartbeat;
    /** The last message before this page came; null: not known. @type {import('./messages/ids.js').Id | null} */
    this.begin = null;
    /** @type {import('./query/selection.js').Selection} */
    this.selection = EVERYTHING;
    this.live = new Roll(ringSize(settings.ring), toTest(EVERYTHING));
    /** @type {Past | null} */
    this.past = null;
    this.counts = new Counts();
    this.topics = new Topics();
    this.traffic = new Rate();
    /** @type {Connections | null} */
    this.connections = null;
    /** @type {Config | null} */
    this.config = null;
    /** When this page saw the settings in force applied. @type {number | null} */
    this.configSince = null;
    /** @type {Summary | null} */
    this.proof = null;
    /** @type {Mark[]} */
    this.losses = [];
    /** @type {View} */
    this.view = { ...VIEW, zone: settings.zone === 'utc' ? 'utc' : 'local' };
    /** The first message here that is not the server's own. @type {Message | null} */
    this.firstOther = null;
    /** The oldest message that was ever here. @type {Message | null} */
    this.oldest = null;
    /** Errors that came while nobody was looking at them. */
    this.unseenErrors = 0;
    /** How far this device's clock is ahead of the server's (ms); null: not known. @type {number | null} */
    this.clockOff = null;
    /** What the last heartbeats said of it. @type {number[]} */
    this.offsets = [];
    /** How old the newest message was when it came (ms), and when that was. */
    this.late = { ms: 0, at: 0 };
    /** The last id the server has, as far as it said. */
    this.head = '';
    /** The oldest message that the server was found to keep. */
    this.oldestKept = '';
    this.version = '';
    /** This browser's own among the connections. */
    this.connection = '';
    this.settings = settings;
    this.fresh = new Fresh();
    this.counters = { received: 0, drawn: 0, repeated: 0, missing: 0, oldest: 0, newest: 0 };
  }

  /** The state of the stream. From a worker that is gone nothing comes, and silence is silence, whoever notices it. */
  get link() {
    return step(this.#link, { type: 'tick', heartbeat: this.heartbeat }, Date.now());
  }

  set link(said) {
    this.#link = said;
  }

  /** Something came. @param {number} heard when it reached this browser (ms) */
  heardAt(heard) {
    this.#link = { ...this.#link, heard };
  }

  /** What is on the page: what is live, or a look back. */
  get roll() {
    return this.past?.roll ?? this.live;
  }

  get ring() {
    return this.roll.ring;
  }

  get matching() {
    return this.roll.matching;
  }

  /** The rows that may be drawn: in Paused none that came since. */
  get rows() {
    const { lo, hi } = this.matching;
    const { heldAt } = this.view;
    return { lo, hi: heldAt === null || this.past ? hi : Math.max(lo, this.matching.find(heldAt)) };
  }

  /** Whether the server has messages older than the oldest row. */
  get hasOlder() {
    if (this.past) return this.past.older !== null;
    const id = this.live.oldest?.id;
    return id !== this.oldestKept && (parseId(id)?.seq ?? 0) > 1;
  }

  /** Whether there is anything to count: not before the first messages came, or the server said that there are none. */
  get isKnown() {
    return this.counters.received > 0 || parseId(this.head)?.seq === 0;
  }

  /** What the worker accounts for, and what this tab alone has lost. @returns {Summary | null} */
  get account() {
    return this.proof && { ...this.proof, missing: this.proof.missing + this.live.lacking('gap') };
  }

  /** How far this browser is behind what is said (ms). What came late and was followed by nothing says nothing of now. */
  get behind() {
    return Date.now() - this.late.at < LATE_STAYS ? this.late.ms : 0;
  }

  /** How times are told. @returns {import('./format/time.js').Clock} */
  get clock() {
    return { zone: this.view.zone, off: this.clockOff ?? 0 };
  }

  /** The server's clock, as far as it is known. @param {number} [now] */
  serverTime(now = Date.now()) {
    return now - (this.clockOff ?? 0);
  }

  /**
   * What was said lately, by the messages' own time: what is replayed is none of it.
   * @param {number} now @param {Rate} [rate] of a topic; else of all
   */
  rate(now, rate = this.traffic) {
    return rate.at(Math.floor(this.serverTime(now) / 1000));
  }

  /** What the worker says. @param {string} noun @param {any} value @param {number} now */
  hear(noun, value, now) {
    arrive(this, noun, value, now);
  }

  /**
   * Messages that the server still had, in the place of a row that said they are missing, or in front of all.
   * @param {number} n the row's number; first - 1: none @param {Entry[]} entries oldest first
   */
  insert(n, entries) {
    const { live, view } = this;
    const isFront = n < live.ring.first;
    let areBack = false;
    for (const entry of entries) {
      if (isMark(entry)) continue;
      if (isFront && this.#wasHere(entry)) areBack = true;
      else this.counts.add(entry.ms, entry.level, false);
      if (!isOwn(entry)) this.firstOther ??= entry;
    }
    live.replace(n, entries);
    if (live.oldest && !this.#wasHere(live.oldest)) this.oldest = live.oldest;
    const moved = 1 - entries.length;
    if (view.selected !== null && view.selected < n) view.selected += moved;
    if (view.heldAt !== null && view.heldAt <= n) view.heldAt += moved;
    if (view.unseenFrom <= n) view.unseenFrom += moved;
    // Rows in front of all others are only more to scan; any other change gives rows a new place.
    if (!isFront || areBack || live.matching.dropped > 0) this.rematch();
    else this.changed('messages');
  }

  /** Whether it left the memory and comes back, and has been counted. @param {Message} message */
  #wasHere({ id }) {
    const [one, oldest] = [parseId(id), parseId(this.oldest?.id)];
    return one?.epoch === oldest?.epoch && (one?.seq ?? 0) >= (oldest?.seq ?? Infinity);
  }

  /** Show something else. @param {Partial<import('./query/selection.js').Selection>} change */
  narrow(change) {
    this.selection = { ...this.selection, ...change };
    const test = toTest(this.selection);
    this.past?.roll.matching.restart(test);
    this.rematch(test);
  }

  /** What is written cannot be read, or (null) again can; what is shown stays. @param {import('./query/selection.js').Selection['error']} error */
  setError(error) {
    this.selection = { ...this.selection, error };
    this.changed('selection');
  }

  /** Look through the whole live ring again, in slices that the frame loop gives. @param {(entry: Entry) => boolean} [test] */
  rematch(test = this.live.matching.test) {
    this.live.matching.restart(test);
    this.counts.forgetMatched();
    this.view.unseen = this.view.unseenErrors = 0;
    this.changed('selection');
  }

  get scanning() {
    return this.live.matching.scanning || this.matching.scanning;
  }

  /** A slice of it. @param {() => boolean} expired */
  scan(expired) {
    this.past?.roll.matching.scan(expired);
    const { matching } = this.live;
    matching.scan(expired, (entry) => {
      if (isMark(entry)) return;
      this.counts.match(entry.ms, entry.level);
      if (matching.next >= this.view.unseenFrom) this.waits(entry);
    });
  }

  /** Whether it was said after this page came, however late it is read. @param {{id: string}} message */
  isNews({ id }) {
    return isAfter(parseId(id), this.begin);
  }

  /** One that the filter shows, but below what is read. @param {Message} message */
  waits(message) {
    const { view } = this;
    if (view.mode === 'following' || !this.isNews(message)) return;
    view.unseen += 1;
    // No change of the view: what waits is told with the messages, and the rows on screen stay as they are.
    if (message.level >= ERROR) view.unseenErrors += 1;
  }

  /**
   * Look back, or (null) at what is live again. What is live is filtered meanwhile as it will be seen again:
   * only so is known what waits there.
   * @param {Past | null} past
   */
  setPast(past) {
    this.past = past;
    this.changed('selection');
    this.changed('view');
  }

  /** Reading, or no longer. What waits below is counted from here. @param {Mode} mode */
  setMode(mode) {
    if (this.view.mode === mode) return;
    const heldAt = mode === 'paused' ? this.live.ring.end : null;
    if (mode === 'following') this.looked();
    else this.lookedAway();
    if (mode === 'following' || this.view.mode === 'following') {
      Object.assign(this.view, { unseen: 0, unseenErrors: 0, unseenFrom: this.live.ring.end });
    }
    this.view = { ...this.view, mode, heldAt, lostRows: null };
    this.changed('view');
  }

  /** Nobody looks at the newest messages: what comes from now on is new to whoever returns. */
  lookedAway() {
    this.fresh.away(this.live.ring.end);
  }

  /** Somebody looks at the newest messages now. */
  looked() {
    this.unseenErrors = 0;
    this.fresh.back(this.live.ring.end, Date.now());
    this.changed('view');
  }

  /** @param {Partial<View>} change */
  setView(change) {
    this.view = { ...this.view, ...change };
    this.changed('view');
  }

  /** @param {Record<string, string>} change */
  set(change) {
    this.settings = { ...this.settings, ...change };
    if (change.zone) this.view = { ...this.view, zone: change.zone === 'utc' ? 'utc' : 'local' };
    if (change.ring) this.live.resize(ringSize(change.ring));
    this.changed('settings');
    this.changed('view');
  }
}
