/** What is shown ↔ the query string of the page's address. */

import { LEVELS } from '../messages/message.js';
import { TOPIC } from '../messages/topics.js';
import { parse } from './filter.js';
import { EVERYTHING } from './selection.js';

/** @typedef {import('./selection.js').Selection} Selection */
/** @typedef {import('../format/time.js').Zone} Zone */

/**
 * @param {Selection} selection @param {Zone} zone @param {string} [at] the id of the message that is looked at
 * @returns {string} '' or with the question mark
 */
export function toQuery({ filter, levels, only, hidden, range }, zone, at = '') {
  const query = new URLSearchParams();
  if (at !== '') query.set('at', at);
  if (filter.text.trim() !== '') query.set('q', filter.text);
  if (!levels.every(Boolean)) query.set('levels', LEVELS.filter((_, level) => levels[level]).join(','));
  if (only !== null) query.set('topic', only);
  if (hidden.length > 0) query.set('without', hidden.join(','));
  if (range !== null) {
    query.set('from', new Date(range.from).toISOString());
    query.set('to', new Date(range.to).toISOString());
  }
  if (zone === 'utc') query.set('time', 'utc');
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** @param {string} id of a message @returns {string} an address that shows it, with its neighbours */
export const linkTo = (id) => `${location.origin}/?at=${id}`;

/** What cannot be read is left out: an address may be old, or typed by hand. @param {string} search */
export function fromQuery(search) {
  const query = new URLSearchParams(search);
  const levels = query.get('levels')?.split(',');
  const [from, to] = [Date.parse(query.get('from') ?? ''), Date.parse(query.get('to') ?? '')];
  /** @type {Selection} */
  const selection = {
    ...EVERYTHING,
    levels: levels ? LEVELS.map((name) => levels.includes(name)) : EVERYTHING.levels,
    only: topics(query.get('topic'))[0] ?? null,
    hidden: topics(query.get('without')),
    range: from < to ? { from, to } : null,
  };
  try {
    selection.filter = parse(query.get('q') ?? '');
  } catch {
    // Shown without it rather than not at all.
  }
  const zone = /** @type {Zone} */ (query.get('time') === 'utc' ? 'utc' : 'local');
  return { selection, zone, at: query.get('at') ?? '' };
}

/**
 * Those that are topics, each once. Any other text is a stranger's, and what is shown here may end in a terminal.
 * @param {string | null} text
 */
const topics = (text) => [...new Set(text?.split(',').filter((name) => TOPIC.test(name)))];
