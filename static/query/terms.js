/**
 * What each term of a filter finds.
 *
 * Owns what "text in any case", "inside data" and "a number" mean, as the server does: no term finds here
 * what it would not find there. Knows no grammar: filter.js does.
 */
import { plain } from '../format/ansi.js';
import { fold } from '../format/fold.js';
import { compareNumbers, isNumber, Numeral } from '../format/json.js';
import { LEVELS } from '../messages/message.js';

/**
 * @typedef {import('../messages/message.js').Message} Message
 * @typedef {(message: Message) => boolean} Test
 */

/**
 * @typedef {'length' | 'nul' | 'unexpected' | 'term' | 'terms' | 'value' | 'texts' | 'depth' | 'parenthesis' | 'quote'
 *   | 'expression' | 'slow' | 'stopped' | 'level' | 'names' | 'number'} FilterFault
 */

/** A filter that cannot be read: where and why. The sentence is in text/en.js. */
export class FilterError extends Error {
  /** @param {number} column from 1 @param {FilterFault} fault @param {string | number} [detail] */
  constructor(column, fault, detail = '') {
    super(`${fault} ${detail}`);
    this.column = column;
    this.fault = fault;
    this.detail = detail;
  }
}

/** Names behind data., at most: what the server takes. */
const MAX_NAMES = 10;
/** Written as in JSON: what else the language would take for a number (+5, .5, 0x10) is text. */
const NUMBER = /^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$/i;
const COMPARED = /^(>=|<=|>|<|=)?(.*)$/s;

/** @type {Record<string, (a: number, b: number) => boolean>} */
const COMPARE = {
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '=': (a, b) => a === b,
};

/** Whether a string or number somewhere in a value holds the words. @param {unknown} value @param {string} wanted @returns {boolean} */
export function holds(value, wanted) {
  if (typeof value === 'string') return fold(plain(value)).includes(wanted);
  if (isNumber(value)) return fold(String(value)).includes(wanted);
  if (value === null || typeof value !== 'object') return false;
  for (const each of Object.values(value)) if (holds(each, wanted)) return true;
  return false;
}

/** @param {string} name @param {string} value @param {number} column @returns {Test} */
export function fieldTest(name, value, column) {
  const field = name.toLowerCase();
  if (field === 'level') return levelTest(value, column);
  if (field === 'topic' || field === 'source') {
    const test = textTest(value);
    return (message) => test(message[field]);
  }
  return dataTest(name.slice('data.'.length).split('.'), value, column);
}

/** @param {string} value @param {number} column @returns {Test} */
function levelTest(value, column) {
  const [, operator = '=', name = ''] = COMPARED.exec(value) ?? [];
  const level = LEVELS.findIndex((each) => name !== '' && each.startsWith(name.toLowerCase()));
  if (level < 0) throw new FilterError(column, 'level', name);
  const compare = /** @type {(a: number, b: number) => boolean} */ (COMPARE[operator]);
  return (message) => compare(message.level, level);
}

/** The whole text in any case, where * stands for any part. @param {string} value @returns {(text: string) => boolean} */
function textTest(value) {
  const parts = fold(value).split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return (text) => fold(text) === first;
  return (text) => {
    const lower = fold(text);
    if (!lower.startsWith(first) || !lower.endsWith(last) || lower.length < first.length + last.length)
      return false;
    let from = first.length;
    // No expression made of what was typed: this cannot be made slow.
    for (const part of parts.slice(1, -1)) {
      const found = lower.indexOf(part, from);
      if (found < 0 || found + part.length > lower.length - last.length) return false;
      from = found + part.length;
    }
    return true;
  };
}

/** @param {string[]} path @param {string} value @param {number} column @returns {Test} */
function dataTest(path, value, column) {
  if (path.length > MAX_NAMES) throw new FilterError(column, 'names', MAX_NAMES);
  if (value === '*') return (message) => at(message.data, path) !== undefined;
  const [, operator = '=', rest = ''] = COMPARED.exec(value) ?? [];
  const number = NUMBER.test(rest) ? Number(rest) : Number.NaN;
  if (operator !== '=') {
    if (Number.isNaN(number)) throw new FilterError(column, 'number', operator);
    const compare = /** @type {(a: number, b: number) => boolean} */ (COMPARE[operator]);
    return (message) => {
      const found = at(message.data, path);
      return isNumber(found) && compare(compareNumbers(found, rest), 0);
    };
  }
  const test = textTest(rest);
  return (message) => {
    const found = at(message.data, path);
    if (isNumber(found)) return !Number.isNaN(number) && compareNumbers(found, rest) === 0;
    return found === null || (found !== undefined && typeof found !== 'object') ? test(String(found)) : false;
  };
}

/** The value under a path; a key may itself have dots. @param {unknown} value @param {string[]} path @returns {unknown} */
function at(value, path) {
  if (path.length === 0) return value;
  if (value === null || typeof value !== 'object' || value instanceof Numeral) return undefined;
  const here = /** @type {Record<string, unknown>} */ (value);
  // A list has its places; its length is no part of what was said.
  const longest = Array.isArray(value) ? Number(path[0] !== 'length') : path.length;
  for (let length = 1; length <= longest; length++) {
    const key = path.slice(0, length).join('.');
    const found = Object.hasOwn(here, key) ? at(here[key], path.slice(length)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
