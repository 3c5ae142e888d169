/** JSON as it was written: where a text stops being any, and how it is passed on without being said anew. */

/**
 * An object with one more field. Parsed, a number of twenty digits would be another one.
 * @param {object} fields one at least @param {string} data JSON
 */
export const withData = (fields, data) => `${JSON.stringify(fields).slice(0, -1)},"data":${data}}`;

/** A value that holds no others, as text. Whole numbers of more than 15 digits may have had others: ≈ says so. @param {unknown} value */
export const plainly = (value) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) ? `≈${value}` : String(value);

const SPACE = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a string must not hold as they are
const STRING = /"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const OTHER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Engines say it each in another way, and some not at all.
 * @param {string} text @returns {number} how many characters are fine; all of them, when all is
 */
export function fineUntil(text) {
  let at = 0;
  /** @param {RegExp} pattern */
  function eat(pattern) {
    pattern.lastIndex = at;
    const isThere = pattern.test(text);
    if (isThere) at = pattern.lastIndex;
    return isThere;
  }
  /** @param {string} sign */
  function eatSign(sign) {
    eat(SPACE);
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  }
  /** @returns {boolean} */
  function value() {
    if (eatSign('{')) return eatSign('}') || several(member, '}');
    if (eatSign('[')) return eatSign(']') || several(value, ']');
    return eat(STRING) || eat(OTHER);
  }
  /** @returns {boolean} */
  function member() {
    eat(SPACE);
    return eat(STRING) && eatSign(':') && value();
  }
  /** @param {() => boolean} one @param {string} end */
  function several(one, end) {
    do {
      if (!one()) return false;
    } while (eatSign(','));
    return eatSign(end);
  }
  if (value()) eat(SPACE);
  return at;
}
