/**
 * The language of the filter field.
 *
 * Owns the grammar; what each term finds is in terms.js. The server speaks the same one, but for regular
 * expressions; tests/filter_cases.json holds both to it.
 *
 *   any  = all { "OR" all }
 *   all  = { ["-"] term }
 *   term = "(" any ")" | "phrase" | /expression/ | field ":" value | word
 */
import { plain } from '../format/ansi.js';
import { fold } from '../format/fold.js';
import { Expression } from './expression.js';
import { FilterError, fieldTest, holds } from './terms.js';

/**
 * @typedef {import('./terms.js').Test} Test
 *
 * @typedef {object} Filter
 * @property {string} text as it was written
 * @property {Test | null} test null: everything
 * @property {string} wide as the server can look for it: it knows no expressions, so they may be anything
 * @property {string[]} marks folded words to point out in a row
 * @property {Expression[]} expressions
 */

/** What the server looks for at most: what is found here can be searched for there. They also bound the recursion. */
const MAX = { characters: 1024, terms: 64, texts: 24, depth: 16 };
/** The first / behind the opening one closes it, and the word ends there: /var/log is none, /log/ is one. */
const EXPRESSION = /^\/((?:\\.|[^\\/])+)\/(?=[\s()]|$)/s;
const FIELD = /^(level|topic|source|data\.[^\s:()"]+):/i;

/** @param {string} text @returns {Filter} @throws {FilterError} */
export function parse(text) {
  if (text.trim() === '') return { text, wide: '', test: null, marks: [], expressions: [] };
  if (text.length > MAX.characters) {
    throw new FilterError(MAX.characters + 1, 'length', MAX.characters);
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) throw new FilterError(nul + 1, 'nul');
  const parser = new Parser(text);
  const test = parser.any();
  if (!parser.atEnd) throw new FilterError(parser.at + 1, 'unexpected');
  return { text, wide: parser.wide, test, marks: parser.marks, expressions: parser.expressions };
}

class Parser {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
    /** @type {string[]} */
    this.marks = [];
    this.isNegated = false;
    this.terms = 0;
    this.texts = 0;
    this.depth = 0;
    /** @type {Expression[]} */
    this.expressions = [];
  }

  /** What finds at least as much: the empty phrase is in every text, and in no text not. */
  get wide() {
    let [wide, at] = ['', 0];
    for (const { column, source, isNegated } of this.expressions) {
      wide += this.text.slice(at, column - 1) + (isNegated ? '(-"")' : '""');
      at = column + source.length + 1;
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
      throw new FilterError(this.at + 1, 'term', where);
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
    this.terms += 1;
    if (this.terms > MAX.terms) throw new FilterError(this.at + 1, 'terms', MAX.terms);
    const column = this.at + 1;
    if (this.#next('"')) return this.#words(this.#quoted(), column);
    if (this.#next('/')) return this.#expression();
    const field = FIELD.exec(this.text.slice(this.at));
    if (field === null) return this.#words(this.#bare(), column);
    this.at += field[0].length;
    const name = field[1] ?? '';
    const isValue = this.at < this.text.length && !/[\s()]/.test(this.text[this.at] ?? '');
    if (!isValue) throw new FilterError(this.at + 1, 'value', name);
    const operator = /^(>=|<=|>|<|=)?/.exec(this.text.slice(this.at))?.[0] ?? '';
    this.at += operator.length;
    const value = operator + (this.text[this.at] === '"' ? this.#quoted() : this.#bare());
    if (/^data\./i.test(name)) this.#countText(column);
    return fieldTest(name, value, column);
  }

  /** What reads all of a message: words, phrases and what looks into data. @param {number} column */
  #countText(column) {
    this.texts += 1;
    if (this.texts > MAX.texts) throw new FilterError(column, 'texts', MAX.texts);
  }

  /** @returns {Test} */
  #group() {
    const column = this.at + 1;
    this.depth += 1;
    if (this.depth > MAX.depth) throw new FilterError(column, 'depth', MAX.depth);
    this.at += 1;
    const test = this.any();
    if (!this.#next(')')) throw new FilterError(column, 'parenthesis');
    this.at += 1;
    this.depth -= 1;
    return test;
  }

  #quoted() {
    const end = this.text.indexOf('"', this.at + 1);
    if (end < 0) throw new FilterError(this.at + 1, 'quote');
    const words = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return words;
  }

  #bare() {
    const word = /^[^\s()]*/.exec(this.text.slice(this.at))?.[0] ?? '';
    this.at += word.length;
    return word;
  }

  /** @param {string} words @param {number} column @returns {Test} */
  #words(words, column) {
    const wanted = fold(words);
    if (wanted) this.#countText(column);
    if (wanted && !this.isNegated) this.marks.push(wanted);
    return (message) =>
      fold(plain(message.message)).includes(wanted) ||
      message.topic.toLowerCase().includes(wanted) ||
      fold(message.source).includes(wanted) ||
      holds(message.data, wanted);
  }

  /** @returns {Test} */
  #expression() {
    const found = EXPRESSION.exec(this.text.slice(this.at));
    const column = this.at + 1;
    if (!found) return this.#words(this.#bare(), column);
    try {
      const expression = new Expression(found[1] ?? '', column, this.isNegated);
      this.expressions.push(expression);
      this.at += found[0].length;
      return (message) => typeof expression.found.get(message) === 'string';
    } catch (error) {
      const reason = String(/** @type {Error} */ (error).message).replace(/^.*\/i?: /s, '');
      throw new FilterError(this.at + 1, 'expression', reason.toLowerCase());
    }
  }
}
