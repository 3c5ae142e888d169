/**
 * Everything the page asks of the server besides the stream; what became of the stream asks probe.js.
 *
 * Owns how an answer becomes a value or an ApiError. Knows nothing of what is done with either.
 */
import { parseExact, withData } from '../format/json.js';
import { retryAfter } from './connection-state.js';

/** What went wrong, in the server's words where it had any. */
export class ApiError extends Error {
  /** @param {string} code @param {string} message @param {string} [hint] @param {number | null} [wait] ms */
  constructor(code, message, hint = '', wait = null) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.wait = wait;
  }
}

/**
 * @param {string} path @param {RequestInit} [init] @returns {Promise<any>} the JSON, or null for an empty answer
 * @throws {ApiError}
 */
async function call(path, init) {
  let answer;
  try {
    answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(15_000), ...init });
  } catch {
    // No answer at all; the page has its own words for that.
    throw new ApiError('no_connection', '');
  }
  const body = await answer
    .text()
    .then(parseExact, () => null)
    .catch(() => null);
  // Cut off in the middle, or a proxy's page to sign in on: neither is what was asked for.
  if (answer.ok && (body !== null || answer.status === 204)) return body;
  const { code, message, hint } = body?.error ?? {};
  const wait = retryAfter(answer.headers.get('Retry-After'));
  throw new ApiError(
    code ?? `http_${answer.status}`,
    message ??
      (answer.ok ? 'the answer is cut off or not the server’s' : `the server answered ${answer.status}`),
    hint,
    wait,
  );
}

/**
 * A page of what was said before.
 * @param {URLSearchParams} query
 * @returns {Promise<{messages: any[], head: string, next: string | null, first: {id: string, time: string} | null, gap?: any}>}
 * @throws {ApiError}
 */
export const readHistory = (query) => call(`messages?${query}`);

/** A search of all that is kept is answered piece by piece; after so many the page stops. */
const PIECES = 20;

/**
 * Whether all that the server keeps is of one source. @param {string} source
 * @returns {Promise<boolean>} false also when that would take long to find out
 * @throws {ApiError}
 */
export async function hasOnly(source) {
  const query = new URLSearchParams({ q: `-source:${source}`, order: 'desc', limit: '1' });
  for (let piece = 0; piece < PIECES; piece++) {
    const { messages, next } = await readHistory(query);
    if (messages.length > 0) return false;
    if (next === null) return true;
    query.set('before', next);
  }
  return false;
}

/** @typedef {{topic: string, level: string, text: string, data?: string, key: string}} Draft data is JSON */

/**
 * The same key twice stores one message, so trying again is safe.
 * @param {Draft} draft @returns {Promise<{id: string, time: string, receivers?: number}>}
 * @throws {ApiError}
 */
export function sendMessage({ topic, level, text, data, key }) {
  if (data === undefined) {
    return call(`topics/${encodeURIComponent(topic)}?level=${level}&source=page`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Idempotency-Key': key },
      body: text,
    });
  }
  return call('messages', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: withData({ topic, level, source: 'page', message: text }, data),
  });
}

/**
 * @typedef {{id: string, address: string, client: string, since: string, filter: Record<string, unknown>,
 *   sent: number, state: string}} Who
 *
 * @param {number} pages so many at most, each of up to 1,000 connections; at least one
 * @returns {Promise<{connections: Who[], count: number}>} `count` of all, also of those on further pages
 * @throws {ApiError}
 */
export async function readConnections(pages) {
  /** @type {Who[]} */
  const connections = [];
  let answer = { connections: [], count: 0, next: null };
  for (let page = 0; page < pages && (page === 0 || answer.next !== null); page++) {
    answer = await call(answer.next === null ? 'connections' : `connections?after=${answer.next}`);
    connections.push(...answer.connections);
  }
  return { connections, count: answer.count };
}

/** @param {string} id @throws {ApiError} */
export const deleteConnection = (id) => call(`connections/${encodeURIComponent(id)}`, { method: 'DELETE' });
