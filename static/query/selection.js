/**
 * Everything that narrows the feed: the filter's text, levels, topics and a range of time.
 *
 * Owns how they work together. A selection is a value: a change makes a new one.
 */

import { isMark, LEVELS } from '../messages/message.js';
import { isTested } from './expression.js';
import { parse } from './filter.js';

/**
 * @typedef {import('../messages/message.js').Entry} Entry
 * @typedef {object} Selection
 * @property {import('./filter.js').Filter} filter the last one that could be read
 * @property {import('./terms.js').FilterError | null} error why what is typed now cannot be read
 * @property {boolean[]} levels which are shown
 * @property {string | null} only a topic, with those below it
 * @property {string[]} hidden topics
 * @property {{from: number, to: number} | null} range ms, the end not included
 */

/** @type {Selection} */
export const EVERYTHING = {
  filter: { text: '', wide: '', test: null, marks: [], expressions: [] },
  error: null,
  levels: [true, true, true, true, true],
  only: null,
  hidden: [],
  range: null,
};

/** A topic, or one below it: api and api.auth. @param {string} topic @param {string} above */
export const isBelow = (topic, above) => topic === above || topic.startsWith(`${above}.`);

/** @param {Selection} selection */
export const isNarrow = ({ filter, levels, only, hidden, range }) =>
  filter.test !== null || !levels.every(Boolean) || only !== null || hidden.length > 0 || range !== null;

/** @param {Selection} selection */
const spelled = ({ filter, levels, only, hidden, range }) =>
  JSON.stringify([filter.text, levels, only, hidden, range]);

/** Whether both show the same. @param {Selection} one @param {Selection} other */
export const isSame = (one, other) => spelled(one) === spelled(other);

/**
 * What a selection lets through.
 * @typedef {object} Sieve
 * @property {boolean[]} levels
 * @property {import('./expression.js').Expression[]} expressions
 * @property {(entry: Entry) => boolean} isReady its expressions have been tested against an entry
 * @property {(entry: Entry) => boolean} passes all but the levels. Gaps and losses always do
 * @property {(entry: Entry) => boolean} shows
 */

/** @param {Selection} selection @returns {Sieve} */
export function toSieve(selection) {
  const { levels, filter } = selection;
  const { expressions } = filter;
  const passes = toTest(selection);
  return {
    levels,
    expressions,
    isReady: (entry) =>
      expressions.length === 0 ||
      isMark(entry) ||
      expressions.every(({ isStopped, found }) => isStopped || found.has(entry)),
    passes,
    shows: (entry) => passes(entry) && (isMark(entry) || levels[entry.level] === true),
  };
}

/** @param {Selection} selection @returns {(entry: Entry) => boolean} all but the levels */
function toTest(selection) {
  const { filter, only, hidden, range } = selection;
  if (!isNarrow({ ...selection, levels: EVERYTHING.levels }))
    return (entry) => !isMark(entry) || !entry.folded;
  return (entry) => {
    if (isMark(entry)) return !entry.folded;
    if (only !== null && !isBelow(entry.topic, only)) return false;
    if (hidden.length > 0 && hidden.some((topic) => isBelow(entry.topic, topic))) return false;
    if (range !== null && (entry.ms < range.from || entry.ms >= range.to)) return false;
    if (!isTested(filter.expressions, entry)) return false;
    return filter.test === null || filter.test(entry);
  };
}

/** @param {string} q */
function isTaken(q) {
  try {
    return parse(q) !== null;
  } catch {
    return false;
  }
}

/**
 * Text, levels and hidden topics as the server looks for them; what would be too long for it is left out.
 * @param {Selection} selection
 * @returns {{q: string, isWider: boolean}} wider: it finds more than is meant, so what comes back must be tested again
 */
export function toServer({ filter, levels, hidden }) {
  const lowest = levels.indexOf(true);
  const terms = [
    ...LEVELS.filter((_, level) => level > lowest && !levels[level]).map((name) => `-level:${name}`),
    ...hidden.map((topic) => `-topic:${topic} -topic:${topic}.*`),
  ];
  let wide = filter.wide.trim();
  let isWider = wide !== filter.text.trim();
  for (;;) {
    const q = [wide && terms.length > 0 ? `(${wide})` : wide, ...terms].join(' ').trim();
    // The grammar is the server's, its limits too.
    if (isTaken(q)) return { q, isWider };
    isWider = true;
    if (terms.pop() === undefined) wide = '';
  }
}

/** What is shown, or more of it, as `GET /messages` takes it. @param {Selection} selection @returns {URLSearchParams} */
export function toHistory(selection) {
  const { levels, only, range } = selection;
  const query = new URLSearchParams();
  const lowest = levels.indexOf(true);
  if (lowest > 0) query.set('level', LEVELS[lowest] ?? '');
  const { q } = toServer(selection);
  if (q !== '') query.set('q', q);
  // Below a topic as long as topics can be there is none.
  if (only !== null)
    for (const glob of [only, `${only}.*`]) if (glob.length <= 64) query.append('topic', glob);
  if (range !== null) {
    if (range.from > 0) query.set('since', new Date(range.from).toISOString());
    if (Number.isFinite(range.to)) query.set('until', new Date(range.to).toISOString());
  }
  return query;
}
