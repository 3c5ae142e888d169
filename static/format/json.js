/** JSON as it was written. */

/**
 * An object with one more field. Parsed, a number of twenty digits would be another one.
 * @param {object} fields one at least @param {string} data JSON
 */
export const withData = (fields, data) => `${JSON.stringify(fields).slice(0, -1)},"data":${data}}`;

/** A value that holds no others, as text. Whole numbers of more than 15 digits may have had others: ≈ says so. @param {unknown} value */
export const plainly = (value) =>
  Number.isInteger(value) && !Number.isSafeInteger(value) ? `≈${value}` : String(value);
