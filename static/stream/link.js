/**
 * A tab's end of the stream: the worker's port, or the same code in the tab where there is no SharedWorker.
 *
 * Owns how the worker is found, watched and replaced. Knows nothing of what the nouns mean.
 */

import { workerAddress } from './worker-address.js';

/**
 * A worker that has sent nothing after this long has not started (ms). Long, because with twelve tabs at once on a
 * slow machine a tab gave up after 8 s and opened a connection of its own.
 */
const START_LIMIT = 20_000;
/** A worker that does not answer for this long is dead (ms). */
const ANSWER_LIMIT = 5_000;
/** Heartbeats that may be missed before the worker is asked whether it is alive. */
const MISSED = 2;
const WATCH_EVERY = 500;

export class Link {
  /**
   * @param {object} options
   * @param {string} options.version part of the worker's name, so that a new page never talks to an old worker
   * @param {() => {heartbeat: number, cursor: string | null, heard: number | null}} options.known heartbeat in ms; the
   *   last id that this tab has, and when the last event arrived
   * @param {(noun: string, value: any) => void} options.hear hears every noun of the worker, and `batch`
   */
  constructor({ version, known, hear }) {
    this.version = version;
    this.known = known;
    this.hear = hear;
    this.isShared = false;
    /** How often the worker was replaced. */
    this.generation = 0;
    /** @type {MessagePort | null} */
    this.port = null;
    /** The worker must have answered by then, or `giveUp` is called. */
    this.deadline = Infinity;
    this.giveUp = () => {};
    /** When the worker sent something last. */
    this.heardAt = Date.now();
    this.tickedAt = Date.now();
    this.#open();
    setInterval(() => this.#watch(), WATCH_EVERY);
    document.addEventListener('visibilitychange', () => this.#say('hidden', document.hidden));
    addEventListener('online', () => this.#say('nudge'));
    addEventListener('offline', () => this.#say('offline'));
    // A page may come back from the back/forward cache, with or without its worker.
    addEventListener(
      'pagehide',
      (/** @type {PageTransitionEvent} */ event) => event.persisted || this.#say('gone'),
    );
    addEventListener(
      'pageshow',
      (/** @type {PageTransitionEvent} */ event) => event.persisted && this.#ask(),
    );
  }

  /** The last batch is drawn. */
  more() {
    this.#say('more');
  }

  /** A key or a click: the operator is here. */
  nudge() {
    this.#say('nudge');
  }

  reconnect() {
    if (this.isShared) this.#ask();
    this.#say('reconnect');
  }

  /** A gap has been filled from history. @param {{after: string | null, before: string | null, many: number, upTo: string | null}} hole */
  filled(hole) {
    this.#say('filled', hole);
  }

  /** @param {string} verb @param {unknown} [value] */
  #say(verb, value) {
    this.port?.postMessage([verb, value]);
  }

  /** What the worker needs to start a stream. After the first: it goes on behind what this tab has. */
  #options() {
    const { heartbeat, cursor, heard } = this.known();
    // Absolute: in the worker a relative address resolves against its script.
    const path = new URL('events', document.baseURI).href;
    return this.generation === 0 ? { path, heartbeat } : { path, heartbeat, cursor, lostAt: heard };
  }

  #open() {
    const name = ['eyewall', this.version, ...(this.generation > 0 ? [this.generation] : [])].join(' ');
    try {
      const worker = new SharedWorker(workerAddress('stream'), { type: 'module', name });
      const giveUp = () => this.#openAlone(worker.port);
      this.#expect(START_LIMIT, giveUp);
      worker.onerror = giveUp;
      this.isShared = true;
      worker.port.postMessage(this.#options());
      this.#use(worker.port);
    } catch {
      this.#openAlone(null);
    }
  }

  /** @param {number} limit ms @param {() => void} giveUp */
  #expect(limit, giveUp) {
    this.deadline = Date.now() + limit;
    this.giveUp = giveUp;
  }

  /** A live worker answers at once. */
  #ask() {
    if (!this.isShared || this.deadline < Infinity) return;
    this.#expect(ANSWER_LIMIT, () => this.#replace());
    this.#say('here');
  }

  #watch() {
    const now = Date.now();
    // A tab that was frozen has not given the worker its time.
    if (now - this.tickedAt > 4 * WATCH_EVERY && this.deadline < Infinity) this.deadline = now + ANSWER_LIMIT;
    this.tickedAt = now;
    if (this.deadline === Infinity && now - this.heardAt > MISSED * this.known().heartbeat) this.#ask();
    if (now < this.deadline) return;
    this.deadline = Infinity;
    this.giveUp();
  }

  /** The worker is dead, and its stream with it: another one goes on where this tab is. */
  #replace() {
    this.port?.close();
    this.generation += 1;
    this.#open();
  }

  /** @param {MessagePort | null} dead */
  async #openAlone(dead) {
    if (dead !== this.port) return;
    dead?.close();
    this.isShared = false;
    this.deadline = Infinity;
    const { port1, port2 } = new MessageChannel();
    this.#use(port2);
    const { attach } = await import('./worker.js');
    attach(port1, { ...this.#options(), alone: true });
  }

  /** @param {MessagePort} port */
  #use(port) {
    this.port = port;
    port.onmessage = ({ data }) => {
      if (port !== this.port) return;
      this.deadline = Infinity;
      this.heardAt = Date.now();
      if (!('noun' in data)) this.hear('batch', data);
      else if (data.noun === 'here?') this.#say('here');
      else this.hear(data.noun, data.value);
    };
    if (document.hidden) this.#say('hidden', true);
  }
}
