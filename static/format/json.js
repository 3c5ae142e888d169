/** JSON without loss: numbers stay as they are written, `1.10` and integers beyond 2^53 included. */

/** A number that JavaScript would write in another way. */
export class Numeral {
  /** @param {string} text as it is written */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** Where such a number may be: a fast test for a whole batch. Text in strings may match too; that costs time only. */
const RISKY = /[:,[]\s*-?(?:\d{16}|\d+\.\d*0\s*[,}\]]|\d+\.\d{15}|\d+(?:\.\d+)?[eE]|0\.0{6}|0\s*[,}\]])/;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs;
/** A key that no publisher can guess. */
const TAG = `numeral ${Math.random()}`;
const TAGGED = new RegExp(`"${TAG}([^"]*)"`, 'g');

/** @param {string} text JSON @returns {any} with a Numeral for each number that would change @throws {SyntaxError} */
export function parseExact(text) {
  if (!RISKY.test(text)) return JSON.parse(text);
  const tagged = text.replace(TOKEN, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `{"${TAG}":"${token}"}`,
  );
  if (tagged === text) return JSON.parse(text);
  return JSON.parse(tagged, (_, value) =>
    value !== null && typeof value === 'object' && Object.hasOwn(value, TAG)
      ? new Numeral(value[TAG])
      : value,
  );
}

/** JSON of a value, each Numeral as it was written. @param {unknown} value @param {number} [indent] @returns {string} */
export const toJson = (value, indent) =>
  JSON.stringify(value, (_, each) => (each instanceof Numeral ? TAG + each.text : each), indent).replace(
    TAGGED,
    '$1',
  );

/** @param {unknown} value @returns {value is number | Numeral} */
export const isNumber = (value) => typeof value === 'number' || value instanceof Numeral;

/** Below 0, 0 or above 0, as a is less, equal or greater. Integers are exact. @param {number | Numeral} a @param {string} b */
export function compareNumbers(a, b) {
  const text = String(a);
  if (/^-?\d+$/.test(text) && /^-?\d+$/.test(b)) {
    const [one, other] = [BigInt(text), BigInt(b)];
    return one === other ? 0 : one < other ? -1 : 1;
  }
  return Number(text) - Number(b);
}

/**
 * An object with one more field.
 * @param {object} fields one at least @param {string} data JSON
 */
export const withData = (fields, data) => `${JSON.stringify(fields).slice(0, -1)},"data":${data}}`;
