/**
 * A tab's end of the stream: the worker's port, or the same code in the tab where there is no SharedWorker.
 *
 * Owns how the worker is found and what is said to it. Knows nothing of what the nouns mean.
 */

import { probe } from './probe.js';

/**
 * A worker that has not said a word after this long has not begun, or is gone (ms). A guess, and rather long: with
 * twelve tabs at once on a slow machine a tab gave up after 8 s, and had a connection of its own from then on.
 */
const SILENCE = 20_000;
/** Whether the page can be loaded at all is known by then, or it cannot (ms). A guess. */
const PROBE = 5_000;

const WORKER = new URL('./worker.js', import.meta.url);

/** Trusted Types: one policy, that lets the worker's own address through and nothing else. */
function workerAddress() {
  const address = WORKER.href;
  // @ts-expect-error: not in TypeScript's DOM library yet
  const { trustedTypes } = globalThis;
  if (!trustedTypes) return address;
  const policy = trustedTypes.createPolicy('eyewall', {
    createScriptURL(/** @type {string} */ url) {
      if (url !== address) throw new TypeError(`not the worker: ${url}`);
      return url;
    },
  });
  return policy.createScriptURL(address);
}

export class Link {
  /**
   * @param {{version: string, heartbeat: number, hear: (noun: string, value: any) => void}} options
   *   heartbeat in ms; hears every noun of the worker, and `batch`
   */
  constructor({ version, heartbeat, hear }) {
    this.options = { path: '/events', heartbeat };
    this.hear = hear;
    this.isShared = false;
    /** @type {MessagePort | null} */
    this.port = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} until when the worker must have said something */
    this.timer = undefined;
    this.#open(version);
    document.addEventListener('visibilitychange', () => this.#say('hidden', document.hidden));
    addEventListener('online', () => this.#say('nudge'));
    addEventListener('offline', () => this.#say('offline'));
    // A page may come back from the back-forward cache; its port still works then.
    addEventListener(
      'pagehide',
      (/** @type {PageTransitionEvent} */ event) => event.persisted || this.#say('gone'),
    );
  }

  /** The last batch is drawn. */
  more() {
    this.#say('more');
  }

  /** A key or a click: somebody is there. */
  nudge() {
    this.#say('nudge');
  }

  /**
   * A worker that is there answers. One that is gone took the stream with it, whatever it said last: only a new
   * page has another.
   */
  reconnect() {
    if (this.isShared) this.#expect(() => this.#reload());
    this.#say('reconnect');
  }

  /** A hole has been filled from the server's history. @param {{after: string | null, before: string | null, many: number, upTo: string | null}} hole */
  filled(hole) {
    this.#say('filled', hole);
  }

  /** @param {string} verb @param {unknown} [value] */
  #say(verb, value) {
    this.port?.postMessage([verb, value]);
  }

  /** @param {string} version part of the name, so that a new page never talks to an old worker */
  #open(version) {
    try {
      const worker = new SharedWorker(workerAddress(), { type: 'module', name: `eyewall ${version}` });
      const giveUp = () => this.#openAlone(worker.port);
      this.#expect(giveUp);
      worker.onerror = giveUp;
      this.isShared = true;
      worker.port.postMessage(this.options);
      this.#use(worker.port);
    } catch {
      this.#openAlone(null);
    }
  }

  /** A word before long. @param {() => void} giveUp when nothing came */
  #expect(giveUp) {
    clearTimeout(this.timer);
    this.timer = setTimeout(giveUp, SILENCE);
  }

  /** Rows, pause and a draft are worth more than the browser's own page of errors: not before the server is there. */
  async #reload() {
    const answer = await probe(location.href, PROBE);
    // The worker was only slow.
    if (this.timer === undefined) return;
    if (answer?.status === 200) location.reload();
    else this.#expect(() => this.#reload());
  }

  /** @param {MessagePort | null} dead */
  async #openAlone(dead) {
    if (dead !== this.port) return;
    dead?.close();
    this.isShared = false;
    const { port1, port2 } = new MessageChannel();
    this.#use(port2);
    const { attach } = await import('./worker.js');
    attach(port1, { ...this.options, alone: true });
  }

  /** @param {MessagePort} port */
  #use(port) {
    this.port = port;
    port.onmessage = ({ data }) => {
      clearTimeout(this.timer);
      this.timer = undefined;
      if ('noun' in data) this.hear(data.noun, data.value);
      else this.hear('batch', data);
    };
    if (document.hidden) this.#say('hidden', true);
  }
}
