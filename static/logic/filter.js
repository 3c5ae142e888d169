/**
 * What somebody is looking for: the language of the filter field.
 *
 * Owns the grammar. The server speaks the same one, but for regular expressions; tests/filter_cases.json
 * holds both to it.
 *
 *   any  = all { "OR" all }
 *   all  = { ["-"] term }
 *   term = "(" any ")" | "phrase" | /expression/ | field ":" value | word
 */
import { LEVELS } from './message.js';

/**
 * @typedef {import('./message.js').Message} Message
 * @typedef {(message: Message) => boolean} Test
 *
 * @typedef {object} Filter
 * @property {string} text as it was written
 * @property {Test | null} test null: everything
 * @property {string} wide as the server can look for it: it knows no expressions, so they may be anything
 * @property {(string | RegExp)[]} marks what to point out in a row: lower-case words, expressions
 */

/** A filter that cannot be read: where and why. */
export class FilterError extends Error {
  /** @param {number} column from 1 @param {string} reason */
  constructor(column, reason) {
    super(reason);
    this.column = column;
  }
}

/** An expression of a stranger's could be slow: it sees no more of a text than this. */
const EXPRESSION_LIMIT = 8192;
const FIELD = /^(level|topic|source|data\.[^\s:()"]+):/i;
const COMPARED = /^(>=|<=|>|<|=)?(.*)$/s;

/** @type {Record<string, (a: number, b: number) => boolean>} */
const COMPARE = {
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '=': (a, b) => a === b,
};

/** @param {string} text @returns {Filter} @throws {FilterError} */
export function parse(text) {
  if (text.trim() === '') return { text, wide: '', test: null, marks: [] };
  const parser = new Parser(text);
  const test = parser.any();
  if (!parser.atEnd) throw new FilterError(parser.at + 1, 'there is nothing to close here.');
  return { text, wide: parser.wide, test, marks: parser.marks };
}

class Parser {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
    /** @type {(string | RegExp)[]} */
    this.marks = [];
    this.isNegated = false;
    /** @type {{from: number, to: number, isNegated: boolean}[]} where the expressions stand */
    this.expressions = [];
  }

  /** What finds at least as much: the empty phrase is in every text, and in no text not. */
  get wide() {
    let [wide, at] = ['', 0];
    for (const { from, to, isNegated } of this.expressions) {
      wide += this.text.slice(at, from) + (isNegated ? '(-"")' : '""');
      at = to;
    }
    return wide + this.text.slice(at);
  }

  get atEnd() {
    this.at += /^\s*/.exec(this.text.slice(this.at))?.[0].length ?? 0;
    return this.at >= this.text.length;
  }

  /** @param {string} sign */
  #next(sign) {
    return !this.atEnd && this.text.startsWith(sign, this.at);
  }

  get #isOr() {
    return !this.atEnd && /^OR(?=[\s()]|$)/.test(this.text.slice(this.at));
  }

  /** @returns {Test} */
  any() {
    const tests = [this.#all()];
    while (this.#isOr) {
      this.at += 2;
      tests.push(this.#all());
    }
    return tests.length === 1
      ? /** @type {Test} */ (tests[0])
      : (message) => tests.some((test) => test(message));
  }

  /** @returns {Test} */
  #all() {
    /** @type {Test[]} */
    const tests = [];
    while (!this.atEnd && !this.#next(')') && !this.#isOr) tests.push(this.#signed());
    if (tests.length === 0) {
      const where = this.#isOr ? 'before OR' : this.at > 0 && this.atEnd ? 'at the end' : 'here';
      throw new FilterError(this.at + 1, `something to look for is missing ${where}.`);
    }
    return tests.length === 1
      ? /** @type {Test} */ (tests[0])
      : (message) => tests.every((test) => test(message));
  }

  /** @returns {Test} */
  #signed() {
    const isNot = this.#next('-') && /^-[^\s)]/.test(this.text.slice(this.at));
    if (!isNot) return this.#term();
    this.at += 1;
    this.isNegated = !this.isNegated;
    const test = this.#term();
    this.isNegated = !this.isNegated;
    return (message) => !test(message);
  }

  /** @returns {Test} */
  #term() {
    if (this.#next('(')) return this.#group();
    if (this.#next('"')) return this.#words(this.#quoted());
    if (this.#next('/')) return this.#expression();
    const field = FIELD.exec(this.text.slice(this.at));
    if (field === null) return this.#words(this.#bare());
    const column = this.at + 1;
    this.at += field[0].length;
    const name = field[1] ?? '';
    const isValue = this.at < this.text.length && !/[\s()]/.test(this.text[this.at] ?? '');
    if (!isValue) throw new FilterError(this.at + 1, `a value is missing after "${name}:".`);
    const operator = /^(>=|<=|>|<|=)?/.exec(this.text.slice(this.at))?.[0] ?? '';
    this.at += operator.length;
    const value = operator + (this.text[this.at] === '"' ? this.#quoted() : this.#bare());
    return fieldTest(name, value, column);
  }

  /** @returns {Test} */
  #group() {
    const column = this.at + 1;
    this.at += 1;
    const test = this.any();
    if (!this.#next(')')) throw new FilterError(column, 'this parenthesis is never closed.');
    this.at += 1;
    return test;
  }

  #quoted() {
    const end = this.text.indexOf('"', this.at + 1);
    if (end < 0) throw new FilterError(this.at + 1, 'this quote is never closed.');
    const words = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return words;
  }

  #bare() {
    const word = /^[^\s()]*/.exec(this.text.slice(this.at))?.[0] ?? '';
    this.at += word.length;
    return word;
  }

  /** @param {string} words @returns {Test} */
  #words(words) {
    const wanted = words.toLowerCase();
    if (wanted && !this.isNegated) this.marks.push(wanted);
    return (message) =>
      message.message.toLowerCase().includes(wanted) ||
      message.topic.toLowerCase().includes(wanted) ||
      message.source.toLowerCase().includes(wanted) ||
      holds(message.data, wanted);
  }

  /** @returns {Test} */
  #expression() {
    const found = /^\/((?:\\.|[^\\/])+)\//.exec(this.text.slice(this.at));
    if (!found) return this.#words(this.#bare());
    try {
      const expression = new RegExp(found[1] ?? '', 'i');
      if (!this.isNegated) this.marks.push(expression);
      const from = this.at;
      this.at += found[0].length;
      this.expressions.push({ from, to: this.at, isNegated: this.isNegated });
      return (message) => expression.test(message.message.slice(0, EXPRESSION_LIMIT));
    } catch (error) {
      const reason = String(/** @type {Error} */ (error).message).replace(/^.*\/i?: /s, '');
      throw new FilterError(this.at + 1, `this expression cannot be read: ${reason.toLowerCase()}.`);
    }
  }
}

/** Whether a string somewhere in a value holds the words. @param {unknown} value @param {string} wanted @returns {boolean} */
function holds(value, wanted) {
  if (typeof value === 'string') return value.toLowerCase().includes(wanted);
  if (value === null || typeof value !== 'object') return false;
  for (const each of Object.values(value)) if (holds(each, wanted)) return true;
  return false;
}

/** @param {string} name @param {string} value @param {number} column @returns {Test} */
function fieldTest(name, value, column) {
  const field = name.toLowerCase();
  if (field === 'level') return levelTest(value, column);
  if (field === 'topic' || field === 'source') {
    const test = textTest(value);
    return (message) => test(message[field]);
  }
  return dataTest(name.slice('data.'.length).split('.'), value);
}

/** @param {string} value @param {number} column @returns {Test} */
function levelTest(value, column) {
  const [, operator = '=', name = ''] = COMPARED.exec(value) ?? [];
  const level = LEVELS.findIndex((each) => name !== '' && each.startsWith(name.toLowerCase()));
  if (level < 0) throw new FilterError(column, `there is no level "${name}": ${LEVELS.join(', ')}.`);
  const compare = /** @type {(a: number, b: number) => boolean} */ (COMPARE[operator]);
  return (message) => compare(message.level, level);
}

/** The whole text in any case, where * stands for any part. @param {string} value @returns {(text: string) => boolean} */
function textTest(value) {
  const parts = value.toLowerCase().split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return (text) => text.toLowerCase() === first;
  return (text) => {
    const lower = text.toLowerCase();
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

/** @param {string[]} path @param {string} value @returns {Test} */
function dataTest(path, value) {
  if (value === '*') return (message) => at(message.data, path) !== undefined;
  const [, operator = '=', rest = ''] = COMPARED.exec(value) ?? [];
  const number = rest.trim() === '' ? Number.NaN : Number(rest);
  const compare = /** @type {(a: number, b: number) => boolean} */ (COMPARE[operator]);
  const test = textTest(rest);
  return (message) => {
    const found = at(message.data, path);
    if (typeof found === 'number') return compare(found, number);
    if (operator !== '=' || found === undefined || typeof found === 'object')
      return found === null && test('null');
    return test(String(found));
  };
}

/** The value under a path; a key may itself have dots. @param {unknown} value @param {string[]} path @returns {unknown} */
function at(value, path) {
  if (path.length === 0) return value;
  if (value === null || typeof value !== 'object') return undefined;
  const here = /** @type {Record<string, unknown>} */ (value);
  for (let length = 1; length <= path.length; length++) {
    const key = path.slice(0, length).join('.');
    const found = Object.hasOwn(here, key) ? at(here[key], path.slice(length)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
