/**
 * What the worker tells about the stream: its state, the server's clock, settings and notices, the account of ids.
 *
 * Owns what may be claimed about the connection. The store adds the messages, and what the operator does.
 */
import { isAfter, parseId } from '../messages/ids.js';
import { initial, step } from './connection-state.js';
import { ServerClock } from './server-clock.js';

/**
 * @typedef {import('./continuity.js').Mark} Mark
 * @typedef {Omit<import('./continuity.js').Proof, 'entries'>} Summary
 * @typedef {{count: number, peak: number}} Connections
 * @typedef {{status?: 'applied' | 'rejected', changes?: string[], restart?: string[], errors?: string[], heard?: number}} Config
 * @typedef {{kind: string, text: string, count?: number}} ServerNotice an empty text ends it
 *
 * A noun of the store that changed. @typedef {'link' | 'connections' | 'config' | 'notices' | 'ledger'} SessionNoun
 */

/** The title that a change of the config sets; null: none. @param {string[]} [changes] `dashboard.title "old" → "new"` */
function newTitle(changes = []) {
  for (const change of changes) {
    const [, title] = /^dashboard\.title .* → "(.+)"$/.exec(change) ?? [];
    if (title !== undefined) return title;
  }
  return null;
}

export class Session {
  /** The last state that the worker told. */
  #link;

  /**
   * @param {number} heartbeat ms between two, until the server tells otherwise
   * @param {() => number} now this device's clock (ms)
   */
  constructor(heartbeat, now) {
    this.heartbeat = heartbeat;
    this.now = now;
    this.#link = initial(now());
    this.serverClock = new ServerClock();
    /** The last message before this page was opened; null: unknown. @type {import('../messages/ids.js').Id | null} */
    this.begin = null;
    /** The server's newest id, as of the last heartbeat. */
    this.head = '';
    this.version = '';
    /** Id of this browser's own connection. */
    this.connection = '';
    /** @type {Connections | null} */
    this.connections = null;
    /** @type {Config | null} */
    this.config = null;
    /** When the settings in force were applied, as far as this page knows. @type {number | null} */
    this.configSince = null;
    /** The server's name as of its last config; null: as the page was served. @type {string | null} */
    this.title = null;
    /** The last notice of each kind. @type {ServerNotice[]} */
    this.serverNotices = [];
    /** @type {Summary | null} */
    this.proof = null;
    /** @type {Mark[]} */
    this.losses = [];
  }

  /** The state of the stream. A dead worker sends nothing, so silence is noticed by this page's clock. */
  get link() {
    return step(this.#link, { type: 'tick', heartbeat: this.heartbeat }, this.now());
  }

  /** How far this browser is behind the server (ms). */
  get behind() {
    return this.serverClock.behind(this.now());
  }

  /** The server's time, as far as it is known. @param {number} [now] */
  serverTime(now = this.now()) {
    return now - (this.serverClock.off ?? 0);
  }

  /** Whether it was published after this page was opened. @param {{id: string}} message */
  isNews({ id }) {
    return isAfter(parseId(id), this.begin);
  }

  /** The worker told something. @param {string} said @param {any} value @returns {SessionNoun | null} what changed */
  hear(said, value) {
    switch (said) {
      case 'link':
        this.#link = value;
        return 'link';
      case 'heartbeat':
        this.#heartbeat(value);
        return 'link';
      case 'connections':
        this.connections = value;
        return 'connections';
      case 'config':
        if (value.status === 'applied') this.configSince = value.heard;
        this.title = newTitle(value.changes) ?? this.title;
        this.config = value;
        return 'config';
      case 'notices':
        this.serverNotices = Object.values(value);
        return 'notices';
      case 'ledger':
        this.proof = value;
        this.losses = value.entries;
        return 'ledger';
    }
    return null;
  }

  /**
   * A batch arrived.
   * @param {number} heard when @param {Summary} proof @param {{id?: string, time?: string}} last its newest message
   */
  heardBatch(heard, proof, last) {
    this.#link = { ...this.#link, heard };
    this.proof = proof;
    const isTelling = this.link.phase === 'live' && this.isNews({ id: last.id ?? '' });
    this.serverClock.arrived(Date.parse(last.time ?? ''), isTelling ? this.link.since : null, this.now());
  }

  /** @param {{time: string, version?: string, connection?: string, head?: string, every?: number, heard: number}} value */
  #heartbeat({ time, version, connection, head, every, heard }) {
    this.serverClock.sample(Date.parse(time), heard);
    this.head = head ?? '';
    // A worker that was running before this tab has seen later messages since the last heartbeat.
    const [last, seen] = [parseId(head), parseId(this.proof?.last)];
    this.begin ??= isAfter(seen, last) ? seen : last;
    // The server's log was replaced by an older one: what it publishes from here on is news.
    if (last && this.begin && Number(last.epoch) < Number(this.begin.epoch)) this.begin = last;
    if (every) this.heartbeat = every * 1000;
    if (version) this.version = version;
    if (connection) this.connection = connection;
    this.#link = { ...this.#link, heard };
  }
}
