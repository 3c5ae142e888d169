/**
 * Everything the page asks of the server besides the stream. The only file that calls fetch.
 *
 * Owns how an answer becomes a value or an ApiError. Knows nothing of what is done with either.
 */
import { retryAfter } from '../logic/state.js';

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

/** No answer at all; the page has its own words for that. */
export const NO_CONNECTION = 'no_connection';

/**
 * @param {string} path @param {RequestInit} [init] @returns {Promise<any>} the JSON, or null for an empty answer
 * @throws {ApiError}
 */
async function call(path, init) {
  let answer;
  try {
    answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(15_000), ...init });
  } catch {
    throw new ApiError(NO_CONNECTION, '');
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok) return body;
  const { code, message, hint } = body?.error ?? {};
  const wait = retryAfter(answer.headers.get('Retry-After'));
  throw new ApiError(
    code ?? `http_${answer.status}`,
    message ?? `the server answered ${answer.status}`,
    hint,
    wait,
  );
}

/**
 * What would `GET` of the stream answer? EventSource does not say.
 * @param {string} path
 * @param {number} limit ms
 * @returns {Promise<{status: number, type: string, wait: number | null} | null>} null: no answer
 */
export async function probe(path, limit) {
  try {
    const answer = await fetch(path, {
      method: 'HEAD',
      cache: 'no-store',
      signal: AbortSignal.timeout(limit),
    });
    const type = (answer.headers.get('Content-Type') ?? '').split(';')[0] ?? '';
    return { status: answer.status, type, wait: retryAfter(answer.headers.get('Retry-After')) };
  } catch {
    return null;
  }
}

/**
 * A page of what was said before.
 * @param {URLSearchParams} query
 * @returns {Promise<{messages: any[], head: string, next: string | null, first: {id: string, time: string} | null, gap?: any}>}
 * @throws {ApiError}
 */
export const history = (query) => call(`/messages?${query}`);

/** @typedef {{topic: string, level: string, text: string, data?: unknown, key: string}} Draft */

/**
 * The same key twice stores one message, so trying again is safe.
 * @param {Draft} draft @returns {Promise<{id: string, time: string, receivers: number}>}
 * @throws {ApiError}
 */
export function publish({ topic, level, text, data, key }) {
  if (data === undefined) {
    return call(`/topics/${encodeURIComponent(topic)}?level=${level}&source=page`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Idempotency-Key': key },
      body: text,
    });
  }
  return call('/messages', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify({ topic, level, source: 'page', message: text, data }),
  });
}

/**
 * @typedef {{id: string, address: string, client: string, since: string, filter: Record<string, unknown>,
 *   sent: number, state: string}} Who
 * @returns {Promise<{connections: Who[], count: number, peak: number}>}
 * @throws {ApiError}
 */
export const connections = () => call('/connections');

/** @param {string} id @throws {ApiError} */
export const disconnect = (id) => call(`/connections/${encodeURIComponent(id)}`, { method: 'DELETE' });
