/** The topics seen, how busy each is, and when it last spoke. The clock is an argument. */

/** A rate looks back about this far (ms). */
const MEMORY = 10_000;
/** More names than anybody reads; the one that was silent longest goes. */
const LIMIT = 2_000;

/** @typedef {{name: string, last: number, weight: number, at: number, total: number}} Topic */

/** @param {string} name */
const sortKey = (name) => name.replaceAll('.', '\0');

export class Topics {
  constructor() {
    /** @type {Map<string, Topic>} */
    this.byName = new Map();
  }

  /** @param {string} name @param {number} ms the message's own time @param {number} now by the same clock */
  add(name, ms, now) {
    let topic = this.byName.get(name);
    if (topic === undefined) {
      if (this.byName.size >= LIMIT) this.#dropOne();
      topic = { name, last: ms, weight: 0, at: now, total: 0 };
      this.byName.set(name, topic);
    }
    // What is replayed was said long ago: it makes a topic known, not busy.
    const isRecent = now - ms < MEMORY;
    topic.weight = topic.weight * Math.exp((topic.at - now) / MEMORY) + (isRecent ? 1 : 0);
    topic.at = now;
    topic.last = Math.max(topic.last, ms);
    topic.total += 1;
  }

  #dropOne() {
    let oldest = null;
    for (const topic of this.byName.values()) if (oldest === null || topic.last < oldest.last) oldest = topic;
    if (oldest) this.byName.delete(oldest.name);
  }

  /** Messages per second, lately. @param {Topic} topic @param {number} now */
  rate(topic, now) {
    return (topic.weight * Math.exp((topic.at - now) / MEMORY)) / (MEMORY / 1000);
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
