/**
 * The page's state and its nouns.
 *
 * Owns what is true; says which noun changed. Knows no element: parts hear nouns, and app.js alone changes
 * anything here, when a part asks for it or the link brings something.
 */
import { Counts } from './logic/counts.js';
import { Matching } from './logic/matching.js';
import { ERROR, fromWire, isMark } from './logic/message.js';
import { Ring } from './logic/ring.js';
import { EVERYTHING, toTest } from './logic/selection.js';
import { initial } from './logic/state.js';
import { dayNumber } from './logic/time.js';
import { Topics } from './logic/topics.js';

/**
 * @typedef {import('./logic/message.js').Message} Message
 * @typedef {import('./logic/message.js').Entry} Entry
 * @typedef {{count: number, peak: number}} Connections
 * @typedef {{status?: 'applied' | 'rejected', changes?: string[], restart?: string[], errors?: string[], heard?: number}} Config
 * @typedef {'following' | 'reading' | 'paused'} Mode
 * @typedef {import('./logic/time.js').Zone} Zone
 *
 * @typedef {object} View
 * @property {Mode} mode
 * @property {number} unseen messages shown below since reading began
 * @property {number} unseenErrors
 * @property {number | null} heldAt in Paused: the ordinal behind the last row that is shown
 * @property {number | null} selected the ring's number of the row that keys act on
 * @property {Zone} zone
 * @property {'' | 'who' | 'details' | 'topics'} panel what the right side shows; on a phone, where there are no sides, also the topics
 * @property {boolean} lostRows what was being read is no longer in memory
 */

/** @typedef {import('./logic/ledger.js').Mark} Mark */
/** @typedef {Omit<import('./logic/ledger.js').Proof, 'entries'>} Summary */

/** @type {View} */
const VIEW = {
  mode: 'following',
  unseen: 0,
  unseenErrors: 0,
  heldAt: null,
  selected: null,
  zone: 'local',
  panel: '',
  lostRows: false,
};
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
    /** @type {import('./logic/state.js').State} */
    this.link = initial(Date.now());
    /** @type {Ring<Entry>} */
    this.ring = new Ring(ringSize(settings.ring));
    /** @type {Matching<Entry>} */
    this.matching = new Matching(this.ring, toTest(EVERYTHING));
    /** @type {import('./logic/selection.js').Selection} */
    this.selection = EVERYTHING;
    this.counts = new Counts();
    this.topics = new Topics();
    /** Messages of each level in the ring. */
    this.levels = [0, 0, 0, 0, 0];
    /** Rows that are no messages, and those of them that are folded away. */
    this.marks = 0;
    this.folded = 0;
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
    this.version = '';
    /** This browser's own among the connections. */
    this.connection = '';
    this.settings = settings;
    /** Messages that came, by second. @type {Map<number, number>} */
    this.arrivals = new Map();
    this.counters = { received: 0, drawn: 0, repeated: 0, missing: 0, oldest: 0, newest: 0 };
    this.today = 0;
    /** @type {Mark | null} */
    this.lastLoss = null;
  }

  /** How many messages are here, and how many of them are shown. */
  get held() {
    return this.ring.size - this.marks;
  }

  get shown() {
    return this.matching.size - this.marks + this.folded;
  }

  /** The rows that may be drawn: in Paused none that came since. */
  get rows() {
    const { lo, hi } = this.matching;
    return { lo, hi: Math.max(lo, Math.min(hi, this.view.heldAt ?? hi)) };
  }

  /**
   * Messages per second over the last five whole ones, and how many came in the last minute.
   * @param {number} now
   */
  rate(now) {
    const second = Math.floor(now / 1000);
    let recent = 0;
    let minute = 0;
    for (const [at, many] of this.arrivals) {
      if (at > second - 60) minute += many;
      if (at >= second - RATE_SECONDS && at < second) recent += many;
    }
    return { perSecond: recent / RATE_SECONDS, perMinute: minute };
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
    const reading = this.view.mode !== 'following';
    this.ring.trim(reading, (gone) => this.#forget(gone));
    this.matching.evict();
    this.link = { ...this.link, heard };
    this.proof = proof;
    const second = Math.floor(now / 1000);
    this.arrivals.set(second, (this.arrivals.get(second) ?? 0) + messages);
    for (const old of this.arrivals.keys()) if (old < second - 60) this.arrivals.delete(old);
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
    this.levels[message.level] = (this.levels[message.level] ?? 0) + 1;
    const shown = this.#keep(message);
    this.counts.add(message.ms, message.level, shown);
    this.topics.add(message.topic, message.ms, now);
    const away = this.view.mode !== 'following';
    if (message.level >= ERROR && (away || document.hidden)) this.unseenErrors += 1;
    if (!shown || !away) return;
    this.view.unseen += 1;
    if (message.level >= ERROR) this.view.unseenErrors += 1;
    this.changed('view');
  }

  /** @param {Mark} mark */
  #mark(mark) {
    this.marks += 1;
    if (mark.mark === 'loss') {
      // A folded row stands for those before it.
      const isFolding = (mark.times ?? 1) > 1 && this.lastLoss !== null;
      if (isFolding && this.lastLoss) this.lastLoss.folded = true;
      if (isFolding) this.folded += 1;
      this.lastLoss = mark;
      if (isFolding) this.rematch();
    }
    this.#keep(mark);
  }

  /** @param {Entry} entry @returns {boolean} whether it is shown */
  #keep(entry) {
    const gone = this.ring.push(entry);
    if (gone !== undefined) this.#forget(gone);
    return this.matching.append(this.ring.end - 1, entry);
  }

  /** @param {Entry} gone */
  #forget(gone) {
    if (isMark(gone)) {
      this.marks -= 1;
      if (gone.folded) this.folded -= 1;
    } else this.levels[gone.level] = (this.levels[gone.level] ?? 1) - 1;
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
    this.matching.restart(toTest(this.selection));
    this.counts.forgetMatched();
    this.changed('selection');
  }

  /** A slice of it. @param {() => boolean} expired */
  scan(expired) {
    this.matching.scan(expired, (entry) => {
      if (!isMark(entry)) this.counts.match(entry.ms, entry.level);
    });
  }

  /** Reading, or no longer. What waits below is counted from here. @param {Mode} mode */
  setMode(mode) {
    if (this.view.mode === mode) return;
    const heldAt = mode === 'paused' ? this.matching.hi : null;
    if (mode === 'following') this.looked();
    if (mode === 'following' || this.view.mode === 'following') {
      this.view.unseen = 0;
      this.view.unseenErrors = 0;
    }
    this.view = { ...this.view, mode, heldAt };
    this.changed('view');
  }

  /** Somebody looks at the newest messages now. */
  looked() {
    this.unseenErrors = 0;
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
    if (change.ring) {
      this.ring.limit = ringSize(change.ring);
      this.ring.trim(false, (gone) => this.#forget(gone));
      this.ring.resize(this.ring.limit);
      this.matching.evict();
    }
    this.changed('settings');
    this.changed('view');
  }
}
