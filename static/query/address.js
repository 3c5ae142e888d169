/** The query string of the page's address: what is shown, so that it can be sent and reloaded. */
import { LEVELS } from '../messages/message.js';
import { TOPIC } from '../messages/topics.js';
import { parse } from './filter.js';
import { EVERYTHING } from './selection.js';

/** @typedef {import('./selection.js').Selection} Selection */
/** @typedef {import('../format/time.js').Zone} Zone */
/**
 * @typedef {object} Place in history
 * @property {string} [at] id of the message that is shown with its neighbours
 * @property {boolean} [isAll] the neighbours are not narrowed, though a filter waits behind them
 * @property {boolean} [isSearch] all history is searched
 */

/** A topic with wildcards, as the API takes it, and `?` aside: the filter has only `*`. */
const GLOB = /^[\w.*-]{1,64}$/;
/** Seconds of each unit of `since=15m`. @type {Record<string, number>} */
const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 };
/** Every parameter of an address; others are reported, but for those that sites add to links. */
const PARAMETERS = /^(at|all|in|q|levels?|topic|without|from|to|since|until|time|utm_.*)$/;

/** @param {Selection} selection @param {Zone} zone @param {Place} [place] @returns {string} '' or with the question mark */
export function toQuery({ filter, levels, only, hidden, range }, zone, { at, isAll, isSearch } = {}) {
  const query = new URLSearchParams();
  if (at) query.set('at', at);
  if (isAll) query.set('all', '1');
  if (isSearch) query.set('in', 'history');
  if (filter.text.trim() !== '') query.set('q', filter.text);
  if (!levels.every(Boolean)) query.set('levels', LEVELS.filter((_, level) => levels[level]).join(','));
  if (only !== null) query.set('topic', only);
  if (hidden.length > 0) query.set('without', hidden.join(','));
  if (range !== null && range.from > 0) query.set('from', new Date(range.from).toISOString());
  if (range !== null && Number.isFinite(range.to)) query.set('to', new Date(range.to).toISOString());
  if (zone === 'utc') query.set('time', 'utc');
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** The address that shows a message with its neighbours. @param {string} id @param {string} [base] */
export const linkTo = (id, base = document.baseURI) => new URL(`?at=${id}`, base).href;

/**
 * What an address asks for. It knows the parameters of the page and those of the API.
 * @param {string} search @param {number} now ms
 * @returns {{selection: Selection, zone: Zone, at: string, isAll: boolean, isSearch: boolean, refused: string[]}}
 *   refused: what could not be taken, as it is written
 */
export function fromQuery(search, now) {
  const query = new URLSearchParams(search);
  /** @type {string[]} */
  const refused = [...query.keys()].filter((name) => !PARAMETERS.test(name));
  const { only, term } = topics(query, refused);
  const text = [query.get('q') ?? '', term].filter((each) => each.trim() !== '');
  /** @type {Selection} */
  const selection = {
    ...EVERYTHING,
    levels: levels(query, refused),
    only,
    hidden: names(query.get('without')).filter((name) => TOPIC.test(name)),
    range: range(query, now, refused),
  };
  try {
    selection.filter = parse(text.length > 1 ? text.map((each) => `(${each})`).join(' ') : (text[0] ?? ''));
  } catch {
    refused.push(`q=${query.get('q')}`);
  }
  return {
    selection,
    zone: query.get('time') === 'utc' ? 'utc' : 'local',
    at: query.get('at') ?? '',
    isAll: query.get('all') === '1',
    isSearch: query.get('in') === 'history',
    refused,
  };
}

/** @param {string | null} text @returns {string[]} each once */
const names = (text) => [...new Set(text?.split(',').filter((name) => name !== ''))];

/** One topic is chosen in the list; several, or one with wildcards, become a term. @param {URLSearchParams} query @param {string[]} refused */
function topics(query, refused) {
  const wanted = query.getAll('topic').flatMap(names);
  const known = wanted.filter((name) => GLOB.test(name));
  refused.push(...wanted.filter((name) => !GLOB.test(name)).map((name) => `topic=${name}`));
  const [first] = known;
  if (known.length === 1 && first !== undefined && TOPIC.test(first)) return { only: first, term: '' };
  return { only: null, term: known.map((name) => `topic:${name}`).join(' OR ') };
}

/** @param {URLSearchParams} query @param {string[]} refused */
function levels(query, refused) {
  const [list, least] = [query.get('levels'), query.get('level')];
  if (list !== null) {
    const wanted = names(list);
    return LEVELS.map((name) => wanted.includes(name));
  }
  if (least === null) return EVERYTHING.levels;
  const from = LEVELS.indexOf(least.toLowerCase());
  if (from < 0) refused.push(`level=${least}`);
  return LEVELS.map((_, level) => level >= from);
}

/** @param {URLSearchParams} query @param {number} now @param {string[]} refused */
function range(query, now, refused) {
  /** @param {string} one @param {string} other @param {number} otherwise */
  const moment = (one, other, otherwise) => {
    const name = query.has(one) ? one : other;
    const text = query.get(name);
    if (text === null) return otherwise;
    const [, many, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
    const at = many === undefined ? Date.parse(text) : now - Number(many) * (UNITS[unit] ?? 0) * 1000;
    if (Number.isFinite(at)) return at;
    refused.push(`${name}=${text}`);
    return otherwise;
  };
  const [from, to] = [moment('from', 'since', 0), moment('to', 'until', Infinity)];
  return (from > 0 || to < Infinity) && from < to ? { from, to } : null;
}
