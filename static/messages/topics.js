/** The topics seen, how busy each is, and when it last spoke. */
import { Rate } from './rate.js';

/** The name of a topic. */
export const TOPIC = /^[\w.-]{1,64}$/;

/** Topics kept; the one that was silent longest is dropped. */
const TOPICS_LIMIT = 2_000;

/** @typedef {{name: string, last: number, rate: Rate}} Topic last: when it last spoke (ms) */

export class Topics {
  constructor() {
    /** In the order of their last message, the oldest first. @type {Map<string, Topic>} */
    this.byName = new Map();
    /** The list, until a topic comes or goes. @type {{topic: Topic, depth: number, label: string}[] | null} */
    this.sorted = null;
  }

  /** @param {string} name @param {number} ms the message's own time */
  add(name, ms) {
    let topic = this.byName.get(name);
    if (topic === undefined) {
      if (this.byName.size >= TOPICS_LIMIT) this.#dropOne();
      topic = { name, last: ms, rate: new Rate() };
      this.sorted = null;
    } else if (this.byName.size >= TOPICS_LIMIT) this.byName.delete(name);
    this.byName.set(name, topic);
    topic.rate.add(Math.floor(ms / 1000));
    topic.last = Math.max(topic.last, ms);
  }

  #dropOne() {
    // Map keeps insertion order, and a topic is inserted anew with each message once the list is full.
    const oldest = this.byName.keys().next().value;
    if (oldest !== undefined) this.byName.delete(oldest);
  }

  names() {
    return [...this.byName.keys()].sort();
  }

  /**
   * By name, each with how deep it stands below one that is also there: api, api.auth.
   * @returns {{topic: Topic, depth: number, label: string}[]}
   */
  list() {
    if (this.sorted !== null) return this.sorted;
    // A dot sorts before everything else, or api-x would stand between api and api.auth.
    const keys = [...this.byName.keys()].map((name) => name.replaceAll('.', '\0')).sort();
    const names = keys.map((key) => key.replaceAll('\0', '.'));
    /** @type {string[]} */
    const above = [];
    this.sorted = names.map((name) => {
      while (above.length > 0 && !name.startsWith(`${above.at(-1)}.`)) above.pop();
      const parent = above.at(-1);
      const item = {
        topic: /** @type {Topic} */ (this.byName.get(name)),
        depth: above.length,
        label: parent === undefined ? name : name.slice(parent.length),
      };
      above.push(name);
      return item;
    });
    return this.sorted;
  }
}
