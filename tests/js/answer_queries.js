/** The page's parser, asked from outside: a line of {query, message} comes in, a line with its answer goes out. */
import { createInterface } from 'node:readline';
import { parseExact } from '../../static/format/json.js';
import { fromWire } from '../../static/messages/message.js';
import { parse } from '../../static/query/filter.js';
import { FilterError } from '../../static/query/terms.js';

/** @param {string} query @param {object} message @returns {boolean | number} whether it is found, or the column of the mistake */
function answer(query, message) {
  try {
    return parse(query).test?.(fromWire(message)) ?? true;
  } catch (error) {
    if (error instanceof FilterError) return error.column;
    throw error;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { query, message } = parseExact(line);
  process.stdout.write(`${JSON.stringify(answer(query, message))}\n`);
}
