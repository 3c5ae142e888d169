/**
 * A message as the page keeps it, and the little of it that one row has room for.
 *
 * Owns the levels and the limits of a row. Knows nothing of drawing.
 */
import { strip } from '../format/ansi.js';
import { isNumber } from '../format/json.js';

/**
 * @typedef {object} Message
 * @property {string} id
 * @property {number} ms
 * @property {string} topic
 * @property {number} level index into LEVELS
 * @property {string} source
 * @property {string} message
 * @property {unknown} data undefined: none
 * @property {boolean} [isWithdrawn] the server no longer has it
 * @property {number} [counted] the count of levels that has it (Roll)
 *
 * @typedef {Message | import('../stream/continuity.js').Mark} Entry
 */

export const LEVELS = ['debug', 'info', 'warning', 'error', 'critical'];
/** Icons of the levels that stand out. */
export const SHAPES = ['', '', 's-warn', 's-err', 's-crit'];
export const ERROR = 3;

/** Long lines freeze lists, so a row gets this many characters and the details have the rest. */
const ROW_LIMIT = 500;
const DATA_LIMIT = 160;

/** @param {Entry} entry @returns {entry is import('../stream/continuity.js').Mark} */
export const isMark = (entry) => 'mark' in entry;

/** Whether the server itself said it: its greeting is no message of a publisher. @param {Message} message */
export const isOwn = ({ source }) => source === OWN;
/** The server's own source. */
export const OWN = 'eyewall';

/** How much an entry takes of the memory, about: its text, and what `data` holds (characters). @param {Entry} entry */
export function weigh(entry) {
  if (isMark(entry)) return 0;
  let sum = entry.message.length;
  // Not by recursion: the publisher chooses the depth.
  const left = entry.data === undefined ? [] : [entry.data];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === 'string') sum += value.length;
    else if (value !== null && typeof value === 'object') {
      for (const [key, inside] of Object.entries(value)) {
        sum += key.length;
        left.push(inside);
      }
    }
    sum += 8;
  }
  return sum;
}

/** What the stream sent, in the shape that is kept. @param {any} raw @returns {Message} */
export function fromWire(raw) {
  const level = LEVELS.indexOf(raw.level);
  return {
    id: String(raw.id),
    ms: Date.parse(raw.time),
    topic: String(raw.topic ?? ''),
    level: level < 0 ? 1 : level,
    source: String(raw.source ?? ''),
    message: String(raw.message ?? ''),
    data: raw.data,
  };
}

/** The shape of the stream again, empty fields left out. @param {Message} message */
export function toWire({ id, ms, topic, level, source, message, data }) {
  const time = Number.isFinite(ms) ? new Date(ms).toISOString() : null;
  return {
    id,
    time,
    topic,
    level: LEVELS[level],
    ...(source && { source }),
    message,
    ...(data !== undefined && { data }),
  };
}

/**
 * The line of a text that says most: the first, or of a Python traceback the last.
 * @param {string} text may still hold escapes
 * @returns {{line: string, more: number}} and how many other lines there are
 */
export function headline(text) {
  const end = text.search(/[\r\n]/);
  if (end < 0) return { line: text.slice(0, ROW_LIMIT), more: 0 };
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
  const first = lines[0] ?? '';
  const isTraceback = lines.some((line) => line.startsWith('Traceback (most recent call last)'));
  return {
    line: ((isTraceback ? lines.at(-1) : first) ?? '').slice(0, ROW_LIMIT),
    more: Math.max(0, lines.length - 1),
  };
}

/**
 * The beginning of `data` as a row shows it: names with their values, inner values as JSON.
 * @param {unknown} data @returns {[name: string, value: string][]} a name ends in =; '' for data without names
 */
export function fieldPairs(data) {
  if (data === null || typeof data !== 'object' || Array.isArray(data) || isNumber(data)) {
    const text = brief(data);
    return text === '' ? [] : [['', text]];
  }
  /** @type {[string, string][]} */
  const pairs = [];
  let length = 0;
  for (const key in data) {
    const name = `${key.slice(0, 80)}=`;
    const value = /** @type {any} */ (data)[key];
    const isPlain = typeof value === 'string' && /^[^\s"={}]+$/.test(value.slice(0, DATA_LIMIT));
    const text = isPlain ? strip(value.slice(0, DATA_LIMIT)) : brief(value);
    length += name.length + text.length + 1;
    pairs.push([name, text]);
    if (length >= DATA_LIMIT) return [...pairs, ['', '…']];
  }
  return pairs;
}

/** The beginning of `data` as JSON; never more work than what is shown. @param {unknown} data */
export function brief(data) {
  if (data === undefined) return '';
  let left = DATA_LIMIT;
  /** @param {string} text */
  const take = (text) => {
    left -= text.length;
    return text;
  };
  /** @param {unknown} value @returns {string} */
  const write = (value) => {
    if (left <= 0) return '';
    if (typeof value === 'string') return take(JSON.stringify(strip(value.slice(0, left))));
    if (isNumber(value) || value === null || typeof value !== 'object') return take(String(value));
    const parts = [];
    const isList = Array.isArray(value);
    for (const key in value) {
      if (left <= 0) break;
      const name = isList ? '' : take(`${JSON.stringify(key.slice(0, 80))}:`);
      parts.push(name + write(/** @type {any} */ (value)[key]));
      left -= 1;
    }
    return isList ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
  };
  const text = write(data);
  return left > 0 ? text : `${text.slice(0, DATA_LIMIT)}…`;
}
