/**
 * The regular expressions of a filter.
 *
 * Owns what each has found. A worker tests them (stream/judge.js): a filter only looks up its answers.
 */

import { fold } from '../format/fold.js';

/** @typedef {import('../messages/message.js').Message} Message */

/** Characters of a message that an expression is tested against. */
export const TESTED = 8192;
/** A quantified group with a quantifier or a choice inside, and a reference back: the cost may be exponential. */
const SLOW = /\((?:\\.|[^\\()])*(?:[*+}|]|\?(?![:=!<]))(?:\\.|[^\\()])*\)(?:[*+]|\{\d*,?\d*\})|\\[1-9k]/;

export class Expression {
  /** @param {string} source @param {number} column @param {boolean} isNegated @throws {SyntaxError} */
  constructor(source, column, isNegated) {
    new RegExp(source, 'i');
    this.source = source;
    this.column = column;
    this.isNegated = isNegated;
    /** The text found in each message that was tested; null: none. @type {WeakMap<Message, string | null>} */
    this.found = new WeakMap();
    /** It took too long: messages that are not tested are not shown. */
    this.isStopped = false;
  }
}

/** Whether a message was tested by all of them. @param {Expression[]} expressions @param {Message} message */
export const isTested = (expressions, message) => expressions.every(({ found }) => found.has(message));

/** Whether an expression could take exponential time. Groups are replaced from the inside out. @param {string} source */
export function isSlow(source) {
  let rest = source.replace(/\[(?:\\.|[^\\\]])*\]/g, 'x');
  for (let before = ''; before !== rest; ) {
    if (SLOW.test(rest)) return true;
    before = rest;
    // A group without quantifiers counts as a letter; one with any, as a letter that is repeated.
    rest = rest.replace(/\((?:\?[:=!<]*)?((?:\\.|[^\\()])*)\)/, (_, inside) =>
      /[*+}|]/.test(inside) ? 'x+' : 'x',
    );
  }
  return false;
}

/** The words to point out in a row, and what the expressions found in it. @param {import('./filter.js').Filter} filter @param {Message} message */
export const marksIn = ({ marks, expressions }, message) => [
  ...marks,
  ...expressions.map(({ found, isNegated }) => (isNegated ? '' : fold(found.get(message) ?? ''))),
];
