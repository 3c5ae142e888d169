/** The topics seen, how busy each is, and when it last spoke. */
import { Rate } from './rate.js';

/** The name of a topic. */
export const TOPIC = /^[\w.-]{1,64}$/;

/** More names than anybody reads; the one that was silent longest goes. */
const TOPICS_LIMIT = 2_000;

/** @typedef {{name: string, last: number, rate: Rate}} Topic last: when it last spoke (ms) */

/** @param {string} name */
const sortKey = (name) => name.replaceAll('.', '\0');

export class Topics {
  constructor() {
    /** @type {Map<string, Topic>} */
    this.byName = new Map();
  }

  /** @param {string} name @param {number} ms the message's own time */
  add(name, ms) {
    let topic = this.byName.get(name);
    if (topic === undefined) {
      if (this.byName.size >= TOPICS_LIMIT) this.#dropOne();
      topic = { name, last: ms, rate: new Rate() };
      this.byName.set(name, topic);
    }
    topic.rate.add(Math.floor(ms / 1000));
    topic.last = Math.max(topic.last, ms);
  }

  #dropOne() {
    let oldest = null;
    for (const topic of this.byName.values()) if (oldest === null || topic.last < oldest.last) oldest = topic;
    if (oldest) this.byName.delete(oldest.name);
  }

  names() {
    return [...this.byName.keys()].sort();
  }

  /**
   * By name, each with how deep it stands below one that is also there: api, api.auth.
   * @returns {{topic: Topic, depth: number, label: string}[]}
   */
  list() {
    // A dot sorts before everything else, or api-x would stand between api and api.auth.
    const names = [...this.byName.keys()].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    /** @type {string[]} */
    const above = [];
    return names.map((name) => {
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
  }
}
