/**
 * The states a stream can be in, how one becomes the other, and how long to wait before the next attempt.
 *
 * Owns every rule about what the page may claim about its connection. Pure: (state, event, now) → state.
 * Knows no EventSource and no timer: wire/stream.js tells it what happened.
 */

/**
 * @typedef {'connecting' | 'live' | 'catching-up' | 'silent' | 'held' | 'lost' | 'restarting'
 *   | 'disconnected' | 'offline' | 'full' | 'answer' | 'resting'} Phase
 *
 * @typedef {object} State
 * @property {Phase} phase
 * @property {number} since when this phase began (ms)
 * @property {number | null} heard when the last event of any kind arrived; null: never
 * @property {number | null} openedAt when the present attempt was answered
 * @property {number | null} lostAt when the present outage began; null: there is none
 * @property {number} attempt the number of the present or last attempt, from 1
 * @property {number | null} retryAt when the next attempt is due; null: one is under way, or none will come
 * @property {number | null} status what the server answered instead of a stream
 * @property {string | null} type its content type, when the status was fine and the type was not
 * @property {{done: number, total: number} | null} replay messages missed, and how many are here again
 *
 * @typedef {{type: 'attempt'} | {type: 'open'} | {type: 'heard'} | {type: 'tick', heartbeat: number}
 *   | {type: 'welcome', missed: number} | {type: 'replayed', done: number}
 *   | {type: 'failed', phase: Phase, retryAt: number | null, status?: number | null, contentType?: string | null}
 * } Event
 */

/** Opened, but nothing said for this long: something on the way holds the stream back (ms). */
const HOLD_LIMIT = 5_000;
/** An attempt without an answer after this long has failed (ms). */
export const OPEN_LIMIT = 10_000;
/** Heartbeats that may fail to come before the page says so, and before it reconnects by itself. */
const SILENT_AFTER = 2;
const DEAD_AFTER = 3;

/** @param {number} now @returns {State} */
export function initial(now) {
  return {
    phase: 'connecting',
    since: now,
    heard: null,
    openedAt: null,
    lostAt: null,
    attempt: 0,
    retryAt: null,
    status: null,
    type: null,
    replay: null,
  };
}

/** @param {State} state */
export const isUp = (state) => state.phase === 'live' || state.phase === 'catching-up';

/** Until when nothing can be missing: till the last word, not till its end was noticed. null: till now. @param {State} state */
export const provenUntil = (state) => (isUp(state) ? null : (state.heard ?? state.lostAt));

/** @param {State} state @param {Phase} phase @param {number} now @param {Partial<State>} [more] @returns {State} */
function enter(state, phase, now, more) {
  return { ...state, ...more, phase, since: state.phase === phase ? state.since : now };
}

/** @param {State} state @param {Event} event @param {number} now @returns {State} */
export function step(state, event, now) {
  switch (event.type) {
    case 'attempt':
      return { ...state, attempt: state.attempt + 1, retryAt: null, openedAt: null };
    case 'open':
      return { ...state, openedAt: now };
    case 'welcome':
      return welcome(state, event.missed, now);
    case 'replayed':
      if (state.replay === null) return state;
      return event.done < state.replay.total
        ? enter(state, 'catching-up', now, { heard: now, replay: { ...state.replay, done: event.done } })
        : enter(state, 'live', now, { heard: now, replay: null });
    case 'heard':
      // Whatever arrives ends silence; the first event of an attempt is a welcome, told apart by the stream.
      return state.phase === 'silent' || state.phase === 'held'
        ? welcome(state, 0, now)
        : { ...state, heard: now };
    case 'tick':
      return tick(state, event.heartbeat, now);
    case 'failed':
      return enter(state, event.phase, now, {
        lostAt: state.lostAt ?? now,
        retryAt: event.retryAt,
        openedAt: null,
        replay: null,
        status: event.status ?? null,
        type: event.contentType ?? null,
      });
  }
}

/** @param {State} state @param {number} missed @param {number} now */
function welcome(state, missed, now) {
  const up = { heard: now, attempt: 0, retryAt: null, lostAt: null, status: null, type: null };
  return missed > 0
    ? enter(state, 'catching-up', now, { ...up, replay: { done: 0, total: missed } })
    : enter(state, 'live', now, { ...up, replay: null });
}

/** @param {State} state @param {number} heartbeat ms between two heartbeats @param {number} now */
function tick(state, heartbeat, now) {
  if (isUp(state) && now - (state.heard ?? now) >= SILENT_AFTER * heartbeat)
    return enter(state, 'silent', now);
  const unheard = state.openedAt !== null && (state.heard ?? 0) < state.openedAt;
  if (unheard && !isUp(state) && now - (state.openedAt ?? now) >= HOLD_LIMIT)
    return enter(state, 'held', now);
  return state;
}

/**
 * Whether the stream must be given up: nothing heard for three heartbeats.
 * @param {State} state @param {number} heartbeat ms @param {number} now
 */
export function isDead(state, heartbeat, now) {
  const { heard, openedAt } = state;
  if (openedAt === null) return false;
  // Held back from the start is said first, and given time to pass.
  const limit =
    (heard ?? 0) < openedAt ? Math.max(DEAD_AFTER * heartbeat, 2 * HOLD_LIMIT) : DEAD_AFTER * heartbeat;
  return now - Math.max(heard ?? 0, openedAt) >= limit;
}

/** For this long an outage counts as a restart or a short cut, and attempts come quickly (ms). */
const SHORT_OUTAGE = 30_000;

/**
 * @param {number} outage how long the connection has been lost, ms
 * @param {() => number} random 0 to 1
 * @param {number | null} [asked] what the server asked for (`bye.retry_ms`, `Retry-After`), ms
 * @returns {number} ms
 */
export function delay(outage, random, asked = null) {
  // Never sooner than asked, and spread: every client gets the same Retry-After at once. Asked to come at
  // once, one comes as after any cut: else a server that is full would be asked without a pause.
  if (asked !== null) return Math.max(500 + random() * 1500, asked * (1 + random() / 4));
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
