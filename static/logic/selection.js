/**
 * Everything that narrows the feed: the filter's text, levels, topics and a range of time.
 *
 * Owns how they work together. A selection is a value: a change makes a new one.
 */
import { isMark } from './message.js';

/**
 * @typedef {import('./message.js').Entry} Entry
 * @typedef {object} Selection
 * @property {import('./filter.js').Filter} filter the last one that could be read
 * @property {{column: number, reason: string} | null} error why what is written now cannot be
 * @property {boolean[]} levels which are shown
 * @property {string | null} only a topic, with those below it
 * @property {string[]} hidden topics
 * @property {{from: number, to: number} | null} range ms, the end not included
 */

/** @type {Selection} */
export const EVERYTHING = {
  filter: { text: '', test: null, marks: [] },
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

/** What is shown. Gaps and losses always are. @param {Selection} selection @returns {(entry: Entry) => boolean} */
export function toTest(selection) {
  const { filter, levels, only, hidden, range } = selection;
  if (!isNarrow(selection)) return (entry) => !isMark(entry) || !entry.folded;
  return (entry) => {
    if (isMark(entry)) return !entry.folded;
    if (!levels[entry.level]) return false;
    if (only !== null && !isBelow(entry.topic, only)) return false;
    if (hidden.length > 0 && hidden.some((topic) => isBelow(entry.topic, topic))) return false;
    if (range !== null && (entry.ms < range.from || entry.ms >= range.to)) return false;
    return filter.test === null || filter.test(entry);
  };
}
