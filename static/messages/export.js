/** Messages as text that other programs read: NDJSON, CSV, lines. Pure. */
import { strip } from '../format/ansi.js';
import { toJson } from '../format/json.js';
import { iso } from '../format/time.js';
import { LEVELS, toWire } from './message.js';

/** @typedef {import('./message.js').Message} Message */

const COLUMNS = /** @type {const} */ (['id', 'time', 'topic', 'level', 'source', 'message', 'data']);

/** A cell that begins so is a formula to a spreadsheet, the wide forms to an East Asian one (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** @param {unknown} value */
function cell(value) {
  const text = value === undefined ? '' : typeof value === 'string' ? value : toJson(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One message each. @type {Record<string, (message: Message) => string>} */
export const asText = {
  ndjson: (message) => toJson(toWire(message)),
  csv(message) {
    const wire = /** @type {Record<string, unknown>} */ (toWire(message));
    return COLUMNS.map((name) => cell(wire[name])).join(',');
  },
  line: ({ ms, level, topic, message }) =>
    `${iso(ms)} ${(LEVELS[level] ?? '').toUpperCase()} ${topic} ${strip(message)}`,
  text: ({ message }) => message,
};

/** @param {Message[]} messages @param {'ndjson' | 'csv' | 'line'} format */
export function exported(messages, format) {
  const lines = messages.map((message) => asText[format]?.(message) ?? '');
  // CSV ends its lines with both (RFC 4180).
  const end = format === 'csv' ? '\r\n' : '\n';
  return [...(format === 'csv' ? [COLUMNS.join(',')] : []), ...lines, ''].join(end);
}
