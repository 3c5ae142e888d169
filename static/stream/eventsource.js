/**
 * The stream of messages, for as long as a page is visible. The only file that knows EventSource.
 *
 * Owns the cursor and the reconnect loop. EventSource gives up for good on any answer but 200 and never
 * says why. So an attempt that ends is closed here at once, and a request finds the reason. After a random
 * wait a new attempt resumes behind the last id. Knows nothing of tabs or drawing.
 */
import { distance, parseId } from '../messages/ids.js';
import { delay, initial, isDead, isUp, OPEN_LIMIT, step } from './connection-state.js';
import { probe } from './probe.js';

/** Events with a name; messages have none. */
const NAMED = ['connections', 'heartbeat', 'gap', 'config', 'notice', 'bye'];
/** How many messages before the head a browser begins with. */
const HISTORY = 1000;
const TICK = 500;
/** A wait shorter than this is not worth cutting short for a key or a click (ms). */
const WORTH_WAITING = 2000;

/** @typedef {import('./connection-state.js').State} State */

/**
 * How an attempt ended. @typedef {{bye?: {reason: string, retry_ms?: number}, phase?: import('./connection-state.js').Phase}} End
 *
 * @typedef {object} Listener
 * @property {(id: string, data: string) => void} message
 * @property {(name: string, value: any) => void} event
 * @property {(state: State) => void} state heard alone is no change
 * @property {(reason: string, at: number) => void} lost 'restart', if the server said so; since when (ms)
 * @property {() => void} restored everything missed is here again
 */

export class Stream {
  /** @param {{path: string, heartbeat: number, listener: Listener, cursor?: string | null}} options heartbeat in ms */
  constructor({ path, heartbeat, listener, cursor = null }) {
    this.path = path;
    this.heartbeat = heartbeat;
    this.listener = listener;
    this.state = initial(Date.now());
    /** @type {string | null} the last id seen, or accounted for */
    this.cursor = cursor;
    this.head = '';
    this.welcomed = false;
    this.resting = false;
    /** @type {(end: End) => void} ends the present attempt */
    this.cut = () => {};
    /** @type {() => void} ends the present wait */
    this.wake = () => {};
  }

  async run() {
    for (;;) {
      const end = await this.#attempt();
      await this.#wait(await this.#diagnose(end));
    }
  }

  /** A page is visible again: end a long wait. */
  nudge() {
    if (this.resting || (this.state.retryAt ?? 0) - Date.now() > WORTH_WAITING) this.wake();
  }

  /** The operator asked for it: connect now, in any state. */
  reconnect() {
    this.wake();
    this.cut({});
  }

  /** No page was visible for long, and the connection is one of six. Where an operator ended it, there is none. */
  rest() {
    if (this.state.phase === 'disconnected') return;
    this.resting = true;
    this.cut({ phase: 'resting' });
  }

  /** The device says that it is offline. A server on this very device is still there. */
  async doubt() {
    if ((await probe(this.path, 2000)) === null) this.cut({ phase: 'offline' });
  }

  get #url() {
    return `${this.path}?${this.cursor === null ? `last=${HISTORY}` : `last_event_id=${this.cursor}`}`;
  }

  get #isNewLog() {
    const [seen, now] = [parseId(this.cursor), parseId(this.head)];
    return seen !== null && now !== null && (Number(now.epoch) < Number(seen.epoch) || now.seq < seen.seq);
  }

  /** @returns {Promise<End>} */
  #attempt() {
    this.#step({ type: 'attempt' });
    this.welcomed = false;
    this.head = '';
    const began = Date.now();
    return new Promise((resolve) => {
      const source = new EventSource(this.#url);
      const timer = setInterval(() => {
        const now = Date.now();
        this.#step({ type: 'tick', heartbeat: this.heartbeat });
        const unanswered = this.state.openedAt === null && now - began >= OPEN_LIMIT;
        const isHeld = unanswered || this.state.phase === 'held';
        if (unanswered || isDead(this.state, this.heartbeat, now)) this.cut(isHeld ? { phase: 'held' } : {});
      }, TICK);
      this.cut = (end) => {
        clearInterval(timer);
        source.close();
        this.cut = () => {};
        resolve(end);
      };
      source.onopen = () => this.#step({ type: 'open' });
      source.onerror = () => this.cut({});
      source.onmessage = (event) => this.#message(event.lastEventId, event.data);
      for (const name of NAMED) {
        source.addEventListener(name, (event) => this.#event(name, parse(event.data), event.lastEventId));
      }
    });
  }

  /** @param {string} id @param {string} data */
  #message(id, data) {
    if (!this.welcomed) this.#welcome('');
    this.cursor = id;
    // Before it is passed on, together with when something came last.
    this.state = { ...this.state, heard: Date.now() };
    this.listener.message(id, data);
    this.#arrived();
  }

  /** @param {string} name @param {any} value @param {string} [id] that of this event, or the last one before it */
  #event(name, value, id = '') {
    // A heartbeat may tell how far this reader has been served.
    if (name === 'heartbeat' && this.welcomed && id !== '') this.cursor = id;
    if (name === 'heartbeat') this.#heartbeat(value);
    if (!this.welcomed && name !== 'bye') this.#welcome('');
    this.listener.event(name, value);
    // Counted first: with this the connection can be restored, and then it is told what was lost.
    if (name === 'gap') this.#gap(value);
    this.#arrived();
    if (name === 'bye') this.cut({ bye: value });
  }

  /** @param {{head: string, every?: number}} value */
  #heartbeat({ head, every }) {
    // The server's pace can change while the page is open: what was two missed beats may now be one.
    if (every && every > 0) this.heartbeat = every * 1000;
    // With nothing seen, the head becomes the cursor: of an empty log at once, else when its tail has had time to come.
    if (this.cursor === null && (this.welcomed || parseId(head)?.seq === 0)) this.cursor = head;
    if (!this.welcomed) this.#welcome(head);
  }

  /** @param {{before?: string | null}} value */
  #gap({ before }) {
    const id = parseId(before);
    // Behind the hole, or a second cut would have the same messages announced as missing twice.
    if (id) this.cursor = `${id.epoch}-${id.seq - 1}`;
    this.#step({ type: 'welcome', missed: distance(this.cursor, this.head) });
  }

  /** @param {string} head '' when unknown */
  #welcome(head) {
    this.welcomed = true;
    this.head = head;
    // A new log is never caught up with before its gap event has come.
    const missed = this.#isNewLog ? Math.max(1, parseId(head)?.seq ?? 1) : distance(this.cursor, head);
    this.#step({ type: 'welcome', missed: this.state.lostAt === null ? 0 : missed });
  }

  #arrived() {
    const { replay } = this.state;
    if (replay === null) return this.#step({ type: 'heard' });
    // Until the cursor is in the head's log, nothing is known to be replayed.
    const left = this.#isNewLog ? replay.total : distance(this.cursor, this.head);
    this.#step({ type: 'replayed', done: replay.total - left });
  }

  /** Why did it end, and how long to wait? @param {End} end @returns {Promise<number>} ms; Infinity: until told */
  async #diagnose({ bye, phase }) {
    const now = Date.now();
    const wasWelcome = this.welcomed; // An attempt that never was may have been refused: ask why.
    // A device that wakes up may hear of the end before it has looked at its clock.
    this.#step({ type: 'tick', heartbeat: this.heartbeat });
    const isSilent = this.state.phase === 'silent';
    if (isUp(this.state) || isSilent) {
      const at = isSilent ? (this.state.heard ?? now) : now;
      this.listener.lost(bye?.reason === 'shutdown' ? 'restart' : '', at);
    }
    if (phase === 'resting') return this.#failed('resting', Infinity);
    if (bye?.reason === 'disconnected') return this.#failed('disconnected', Infinity);
    const outage = now - (this.state.lostAt ?? now);
    const wait = delay(outage, Math.random, bye?.retry_ms ?? null);
    if (bye) return this.#failed('restarting', wait);
    if (phase === 'offline' || !navigator.onLine) return this.#failed('offline', wait);
    if (wasWelcome) return this.#failed('lost', wait);
    // After ten seconds without an answer no further one is awaited.
    const answer = await probe(this.path, phase === 'held' ? 500 : 5000);
    if (answer === null) return this.#failed('lost', wait);
    const asked = answer.wait === null ? wait : delay(outage, Math.random, answer.wait);
    if (answer.status === 503) return this.#failed('full', asked);
    const isStream = answer.status === 200 && answer.type === 'text/event-stream';
    if (isStream) return this.#failed(phase === 'held' ? 'held' : 'lost', wait);
    return this.#failed('answer', asked, answer.status, answer.type);
  }

  /**
   * @param {import('./connection-state.js').Phase} phase @param {number} wait ms
   * @param {number | null} [status] @param {string | null} [contentType]
   */
  #failed(phase, wait, status = null, contentType = null) {
    const retryAt = Number.isFinite(wait) ? Date.now() + wait : null;
    this.#step({ type: 'failed', phase, retryAt, status, contentType });
    return wait;
  }

  /** @param {number} ms */
  async #wait(ms) {
    await new Promise((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : undefined;
      this.wake = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
    this.wake = () => {};
    this.resting = false;
  }

  /** @param {import('./connection-state.js').Event} event */
  #step(event) {
    const before = this.state;
    this.state = step(before, event, Date.now());
    if (isNews(before, this.state)) {
      this.listener.state(this.state);
      if (this.state.phase === 'live' && before.phase !== 'live') this.listener.restored();
    }
  }
}

/** Whether anything but the time of the last event is different. @param {State} before @param {State} after */
function isNews(before, after) {
  const keys = /** @type {(keyof State)[]} */ (Object.keys(after));
  return keys.some((key) => key !== 'heard' && before[key] !== after[key]);
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {}; // Not from our server; what it might have meant is not worth a broken page.
  }
}
