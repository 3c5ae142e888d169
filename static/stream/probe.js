/** Why is there no stream? EventSource does not say, so its address is asked for the status alone. */
import { retryAfter } from './connection-state.js';

/**
 * What would `GET` of the stream answer?
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
