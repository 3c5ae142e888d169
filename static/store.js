/**
 * The page's state and its nouns.
 *
 * Owns what is true; says which noun changed. Knows no element: parts hear nouns, and app.js alone changes
 * anything here, when a part asks for it or the link brings something.
 */
import { Counts } from './logic/counts.js';
import { Fresh } from './logic/fresh.js';
import { parseId } from './logic/ledger.js';
import { ERROR, fromWire, isMark } from './logic/message.js';
import { Roll } from './logic/roll.js';
import { EVERYTHING, toTest } from './logic/selection.js';
import { initial } from './logic/state.js';
import { dayNumber } from './logic/time.js';
import { Topics } from './logic/topics.js';
import { VIEW } from './logic/view.js';

/**
 * @typedef {import('./logic/message.js').Message} Message
 * @typedef {import('./logic/message.js').Entry} Entry
 * @typedef {{count: number, peak: number}} Connections
 * @typedef {{status?: 'applied' | 'rejected', changes?: string[], restart?: string[], errors?: string[], heard?: number}} Config
 * @typedef {import('./logic/view.js').Mode} Mode
 * @typedef {import('./logic/view.js').View} View
 * @typedef {import('./logic/view.js').Past} Past
 */

/** @typedef {import('./logic/ledger.js').Mark} Mark */
/** @typedef {Omit<import('./logic/ledger.js').Proof, 'entries'>} Summary */

/** A device with a small screen can spare less. A guess. */
const PHONE_RING = 20_000;
const RATE_SECONDS = 5;
/** So long after it went live, old messages are the replay's tail and not a slow browser (ms). */
const BEHIND_GRACE = 3_000;

/** @param {string | undefined} setting */
function ringSize(setting) {
  const size = Number(setting) || 100_000;
  return matchMedia('(max-width: 640px)').matches ? Math.min(size, PHONE_RING) : size;
}

export class Store {
  /**
   * @param {(noun: string) => void} changed told of every noun that is not as it was
   * @param {Record<string, string>} settings
   */
  constructor(changed, settings) {
    this.changed = changed;
    /** When this page came. */
    this.since = Date.now();
    /** @type {import('./logic/state.js').State} */
    this.link = initial(Date.now());
    /** @type {import('./logic/selection.js').Selection} */
    this.selection = EVERYTHING;
    this.live = new Roll(ringSize(settings.ring), toTest(EVERYTHING));
    /** @type {Past | null} */
    this.past = null;
    this.counts = new Counts();
    this.topics = new Topics();
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
    /** Errors that came while nobody was looking at them. */
    this.unseenErrors = 0;
    /** How far this device's clock is ahead of the server's (ms); null: not known. @type {number | null} */
    this.clockOff = null;
    /** How old the newest message was when it came (ms). */
    this.behind = 0;
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
    this.today = 0;
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

  /** The server's clock, as far as it is known. @param {number} [now] */
  serverTime(now = Date.now()) {
    return now - (this.clockOff ?? 0);
  }

  /** What was said lately by the messages' own time: what is replayed is none of it. @param {number} now */
  rate(now) {
    const second = Math.floor(this.serverTime(now) / 1000);
    return {
      perSecond: this.counts.sum(second - RATE_SECONDS, second) / RATE_SECONDS,
      perMinute: this.counts.sum(second - 60, second + 1),
    };
  }

  /**
   * What the worker says.
   * @param {string} noun @param {any} value @param {number} now
   */
  hear(noun, value, now) {
    if (noun === 'batch') this.#take(value, now);
    else if (noun === 'link') this.link = value;
    else if (noun === 'connections') this.connections = value;
    else if (noun === 'config') this.#configured(value);
    else if (noun === 'ledger') {
      this.proof = value;
      this.losses = value.entries;
    } else if (noun === 'heartbeat') this.#beat(value);
    else return;
    this.changed(noun === 'batch' ? 'messages' : noun === 'heartbeat' ? 'link' : noun);
  }

  /** @param {import('./wire/worker.js').Batch} batch @param {number} now */
  #take({ batch, heard, proof }, now) {
    const entries = JSON.parse(batch);
    let messages = 0;
    for (const raw of entries) {
      if (raw.mark) this.#mark(raw);
      else {
        this.#message(fromWire(raw), now);
        messages += 1;
      }
    }
    this.live.trim(this.view.mode !== 'following');
    this.link = { ...this.link, heard };
    this.proof = proof;
    this.#measure(entries, messages, now);
  }

  /** @param {any[]} entries @param {number} messages @param {number} now */
  #measure(entries, messages, now) {
    const { counters, proof } = this;
    counters.received += messages;
    counters.repeated = proof?.repeated ?? 0;
    counters.missing = proof?.missing ?? 0;
    counters.oldest = Date.parse(entries[0]?.time);
    counters.newest = Date.parse(entries.at(-1)?.time);
    // A tab's own first batches are old by nature; what comes while live tells whether the browser keeps up.
    if (this.link.phase !== 'live' || this.clockOff === null || !(counters.newest > 0)) this.behind = 0;
    else if (now - this.link.since < BEHIND_GRACE) this.behind = 0;
    else this.behind = Math.max(0, now - this.clockOff - counters.newest);
  }

  /** @param {Message} message @param {number} now */
  #message(message, now) {
    const today = dayNumber(message.ms, this.view.zone);
    if (today > this.today) {
      if (this.today !== 0) this.#mark({ mark: 'day', at: message.ms });
      this.today = today;
    }
    const shown = this.live.push(message);
    this.counts.add(message.ms, message.level, shown);
    this.topics.add(message.topic, message.ms, this.serverTime(now));
    // What was said before this page came is no news, however late it is read.
    if (message.ms < this.serverTime(this.since)) return;
    const away = this.view.mode !== 'following';
    if (message.level >= ERROR && (away || document.hidden)) this.unseenErrors += 1;
    if (!shown || !away) return;
    this.view.unseen += 1;
    if (message.level >= ERROR) this.view.unseenErrors += 1;
    this.changed('view');
  }

  /** @param {Mark} mark */
  #mark(mark) {
    if (this.live.pushMark(mark)) this.rematch();
    if (mark.mark === 'asleep') this.changed('asleep');
  }

  /**
   * Messages that the server still had, in the place of a row that said they are missing, or in front of all.
   * @param {number} n the row's number; first - 1: none @param {Entry[]} entries oldest first
   */
  insert(n, entries) {
    const { live, view } = this;
    for (const entry of entries) {
      if (!isMark(entry)) this.counts.add(entry.ms, entry.level, false);
    }
    const isFront = n < live.ring.first;
    live.replace(n, entries);
    if (view.selected !== null && view.selected < n) view.selected += 1 - entries.length;
    // Rows in front of all others are only more to scan; any other change gives rows a new place.
    if (!isFront || live.matching.dropped > 0) this.rematch();
    else this.changed('messages');
  }

  /** @param {Config & {heard: number}} config */
  #configured(config) {
    if (config.status === 'applied') this.configSince = config.heard;
    this.config = config;
  }

  /** @param {{time: string, version?: string, connection?: string, head?: string, heard: number}} beat */
  #beat({ time, version, connection, head, heard }) {
    const off = heard - Date.parse(time);
    // The smallest difference seen is the one that waited least on its way.
    if (Number.isFinite(off)) this.clockOff = Math.min(this.clockOff ?? off, off);
    this.head = head ?? '';
    if (version) this.version = version;
    if (connection) this.connection = connection;
    this.link = { ...this.link, heard };
  }

  /** Show something else. @param {Partial<import('./logic/selection.js').Selection>} change */
  narrow(change) {
    this.selection = { ...this.selection, ...change };
    this.rematch();
  }

  /** What is written cannot be read; what is shown stays. @param {{column: number, reason: string}} error */
  setError(error) {
    this.selection = { ...this.selection, error };
    this.changed('selection');
  }

  /** Look through the whole ring again, in slices that the frame loop gives. */
  rematch() {
    const test = toTest(this.selection);
    this.live.matching.restart(test);
    this.past?.roll.matching.restart(test);
    this.counts.forgetMatched();
    this.changed('selection');
  }

  get scanning() {
    return this.live.matching.scanning || this.matching.scanning;
  }

  /** A slice of it. @param {() => boolean} expired */
  scan(expired) {
    this.past?.roll.matching.scan(expired);
    this.live.matching.scan(expired, (entry) => {
      if (!isMark(entry)) this.counts.match(entry.ms, entry.level);
    });
  }

  /** Look back, or (null) at what is live again. @param {Past | null} past */
  setPast(past) {
    this.past = past;
    this.rematch();
    this.changed('view');
  }

  /** Reading, or no longer. What waits below is counted from here. @param {Mode} mode */
  setMode(mode) {
    if (this.view.mode === mode) return;
    const heldAt = mode === 'paused' ? this.live.ring.end : null;
    if (mode === 'following') this.looked();
    else this.lookedAway();
    if (mode === 'following' || this.view.mode === 'following') {
      this.view.unseen = 0;
      this.view.unseenErrors = 0;
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
