/** The topics seen, how busy each is, and when it last spoke. */
import { Rate } from './rate.js';

/** The name of a topic. */
export const TOPIC = /^[\w.-]{1,64}$/;

/** Topics kept; the one that was silent longest is dropped. */
const TOPICS_LIMIT = 2_000;

/**
 * @typedef {{name: string, last: number, rate: Rate}} Topic last: when it last spoke (ms)
 *
 * A line of the list: a topic, or the part of their names that several topics begin with.
 * @typedef {object} Node
 * @property {string} path whole name
 * @property {string} label what the node above does not say
 * @property {number} depth nodes above
 * @property {Topic | null} topic null: no message bears this name
 * @property {Node[]} inner
 */

export class Topics {
  constructor() {
    /** In the order of their last message, the oldest first. @type {Map<string, Topic>} */
    this.byName = new Map();
    /** The nodes of the first level, until a topic comes or goes. @type {Node[] | null} */
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

  /** By name, below the parts of names that they share. @returns {Node[]} of the first level */
  tree() {
    this.sorted ??= nodes([...this.byName.values()], '', 0);
    return this.sorted;
  }
}

/** @param {string | undefined} one @param {string | undefined} other */
const byText = (one = '', other = '') => Number(one > other) - Number(one < other);

/**
 * @param {Topic[]} topics below `above`, which ends in a dot or is '' @param {string} above @param {number} depth
 * @returns {Node[]}
 */
function nodes(topics, above, depth) {
  /** @type {Map<string, Topic[]>} */
  const groups = new Map();
  for (const topic of topics) {
    const [part = ''] = topic.name.slice(above.length).split('.', 1);
    const group = groups.get(part);
    if (group) group.push(topic);
    else groups.set(part, [topic]);
  }
  return [...groups]
    .sort(([one], [other]) => byText(one, other))
    .map(([, group]) => node(group, above, depth));
}

/** @param {Topic[]} group topics that share their next part @param {string} above @param {number} depth @returns {Node} */
function node(group, above, depth) {
  const path = shared(group);
  const topic = group.find(({ name }) => name === path) ?? null;
  const inner = nodes(
    group.filter((each) => each !== topic),
    `${path}.`,
    depth + 1,
  );
  return { path, label: path.slice(above.length), depth, topic, inner };
}

/** The parts that all names begin with. @param {Topic[]} group */
function shared(group) {
  const names = group.map(({ name }) => name.split('.'));
  const [first = []] = names;
  let many = 1;
  while (many < first.length && names.every((parts) => parts[many] === first[many])) many += 1;
  return first.slice(0, many).join('.');
}
