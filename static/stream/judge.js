/**
 * Tests regular expressions in a worker with a deadline.
 *
 * Owns the worker: it is started when the first expression is tested, and ended when a slice takes too long.
 */
import { findings } from './matcher.js';
import { workerAddress } from './worker-address.js';

/** The worker must answer this long after it began with a slice (ms). It answers after 25 ms, or after one text. */
const DEADLINE = 100;
/** A slice is tried again once: a busy machine can delay a worker. */
const TRIES = 2;
/** Texts that are sent at a time: at most 4 MB. */
const SENT = 500;

export class Judge {
  /** @type {Worker | null} */
  #worker = null;
  /** The call before. @type {Promise<unknown>} */
  #before = Promise.resolve();
  /** Whether this browser starts no worker here. */
  isUnavailable = false;

  /**
   * Calls are answered in turn.
   * @param {string[]} sources @param {string[]} texts
   * @param {(source: string) => boolean} isSlow whether an expression must not be tested without a worker
   * @returns {Promise<(string | null)[][] | null>} what each expression found, by text; null: it took too long
   */
  ask(sources, texts, isSlow) {
    const answer = this.#before.then(() => this.#ask(sources, texts, isSlow));
    this.#before = answer.catch(() => {});
    return answer;
  }

  /** @param {string[]} sources @param {string[]} texts @param {(source: string) => boolean} isSlow */
  async #ask(sources, texts, isSlow) {
    /** @type {(string | null)[][]} */
    const found = [];
    for (let tries = 0; found.length < texts.length; ) {
      const slice = this.isUnavailable
        ? null
        : await this.#slice(sources, texts.slice(found.length, found.length + SENT));
      if (this.isUnavailable) return sources.some(isSlow) ? null : findings(sources, texts);
      tries = slice === null ? tries + 1 : 0;
      if (tries === TRIES) return null;
      found.push(...(slice ?? []));
    }
    return found;
  }

  /** @param {string[]} sources @param {string[]} texts @returns {Promise<(string | null)[][] | null>} null: too slow */
  #slice(sources, texts) {
    return new Promise((resolve) => {
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      let timer;
      const end = () => {
        this.#worker?.terminate();
        this.#worker = null;
        resolve(null);
      };
      try {
        this.#worker ??= new Worker(workerAddress('matcher'), { type: 'module' });
        this.#worker.onerror = () => {
          this.isUnavailable = true;
          end();
        };
        this.#worker.onmessage = ({ data }) => {
          clearTimeout(timer);
          if (data === 'begun') timer = setTimeout(end, DEADLINE);
          else resolve(data);
        };
        this.#worker.postMessage({ sources, texts });
      } catch {
        this.isUnavailable = true;
        end();
      }
    });
  }
}
