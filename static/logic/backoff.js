/**
 * How long to wait before the next attempt to open the stream.
 *
 * Owns the numbers. Knows no timer: the caller waits.
 */

/** For this long an outage counts as a restart or a short cut, and attempts come quickly (ms). */
const SHORT_OUTAGE = 30_000;

/**
 * @param {number} outage how long the connection has been lost, ms
 * @param {() => number} random 0 to 1
 * @param {number | null} [asked] what the server asked for (`bye.retry_ms`, `Retry-After`), ms
 * @returns {number} ms
 */
export function delay(outage, random, asked = null) {
  // Never sooner than asked, and spread: the same Retry-After is told to everybody at once.
  if (asked !== null) return asked * (1 + random() / 4);
  if (outage < SHORT_OUTAGE) return 500 + random() * 1500;
  return random() * 8000;
}

/**
 * `Retry-After` in ms; null when it is absent or no number of seconds.
 * @param {string | null} header
 */
export function retryAfter(header) {
  const seconds = header === null || header.trim() === '' ? Number.NaN : Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 600) * 1000 : null;
}
