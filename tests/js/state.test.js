import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delay, initial, isDead, isUp, provenUntil, step } from '../../static/stream/connection-state.js';

/** @typedef {import('../../static/stream/connection-state.js').Event} Event */

const HEARTBEAT = 15_000;

/** What becomes of a fresh state. @param {...[number, Event]} events with their times */
function after(...events) {
  return events.reduce((state, [now, event]) => step(state, event, now), initial(0));
}

/** @type {[number, Event][]} */
const LIVE = [
  [0, { type: 'attempt' }],
  [10, { type: 'open' }],
  [20, { type: 'welcome', missed: 0 }],
];
/** @type {[number, Event]} */
const LOST = [1000, { type: 'failed', phase: 'lost', retryAt: 2000 }];

test('a page that has heard nothing is connecting, not live', () => {
  const state = after([0, { type: 'attempt' }], [10, { type: 'open' }]);
  assert.equal(state.phase, 'connecting');
  assert.equal(state.heard, null);
});

test('the first event of an attempt makes it live', () => {
  assert.equal(after(...LIVE).phase, 'live');
});

test('opened without a word for five seconds is held back', () => {
  const tick = /** @type {Event} */ ({ type: 'tick', heartbeat: HEARTBEAT });
  const opened = /** @type {[number, Event][]} */ ([
    [0, { type: 'attempt' }],
    [10, { type: 'open' }],
  ]);
  assert.equal(after(...opened, [4000, tick]).phase, 'connecting');
  assert.equal(after(...opened, [5010, tick]).phase, 'held');
});

test('two heartbeats without an event are silence, three are the end', () => {
  const tick = /** @type {Event} */ ({ type: 'tick', heartbeat: HEARTBEAT });
  assert.equal(after(...LIVE, [29_000, tick]).phase, 'live');
  const silent = after(...LIVE, [30_020, tick]);
  assert.equal(silent.phase, 'silent');
  assert.equal(isDead(silent, HEARTBEAT, 44_000), false);
  assert.equal(isDead(silent, HEARTBEAT, 45_020), true);
});

test('any event ends silence', () => {
  const silent = after(...LIVE, [30_020, { type: 'tick', heartbeat: HEARTBEAT }]);
  assert.equal(step(silent, { type: 'heard' }, 31_000).phase, 'live');
});

test('an outage keeps its beginning through every attempt', () => {
  const state = after(
    ...LIVE,
    LOST,
    [2000, { type: 'attempt' }],
    [2100, { type: 'failed', phase: 'answer', retryAt: 4000, status: 502 }],
  );
  assert.deepEqual([state.lostAt, state.phase, state.status, state.attempt], [1000, 'answer', 502, 1]);
});

test('nothing is proven behind the last word, however late its end was noticed', () => {
  assert.equal(provenUntil(after(...LIVE)), null);
  const woken = after(...LIVE, [32_400_000, { type: 'failed', phase: 'lost', retryAt: null }]);
  assert.deepEqual([woken.lostAt, provenUntil(woken)], [32_400_000, 20]);
  assert.equal(provenUntil(after([5, { type: 'failed', phase: 'lost', retryAt: null }])), 5);
});

test('what was missed is counted down until the page is live again', () => {
  const back = after(...LIVE, LOST, [2000, { type: 'attempt' }], [2100, { type: 'welcome', missed: 600 }]);
  assert.deepEqual([back.phase, back.replay], ['catching-up', { done: 0, total: 600 }]);
  assert.equal(isUp(back), true);
  const half = step(back, { type: 'replayed', done: 300 }, 2200);
  assert.deepEqual(half.replay, { done: 300, total: 600 });
  const done = step(half, { type: 'replayed', done: 600 }, 2300);
  assert.deepEqual([done.phase, done.replay, done.lostAt], ['live', null, null]);
});

test('a replay that falls silent goes on where it was', () => {
  const tick = /** @type {Event} */ ({ type: 'tick', heartbeat: HEARTBEAT });
  const back = after(...LIVE, LOST, [2000, { type: 'attempt' }], [2100, { type: 'welcome', missed: 600 }]);
  const silent = step(step(back, { type: 'replayed', done: 300 }, 2200), tick, 32_200);
  assert.equal(silent.phase, 'silent');
  const on = step(silent, { type: 'replayed', done: 301 }, 33_000);
  assert.deepEqual([on.phase, on.heard, on.replay], ['catching-up', 33_000, { done: 301, total: 600 }]);
  assert.equal(step(silent, { type: 'replayed', done: 600 }, 33_000).phase, 'live');
});

test('a phase begins once, however often it is entered', () => {
  const state = after(...LIVE, LOST, [3000, { type: 'failed', phase: 'lost', retryAt: 4000 }]);
  assert.equal(state.since, 1000);
});

test('a server that asks to come at once is not asked without a pause', () => {
  for (const chance of [0, 0.5, 0.999]) assert.ok(delay(60_000, () => chance, 0) >= 500);
  assert.notEqual(
    delay(0, () => 0, 0),
    delay(0, () => 0.999, 0),
  );
});

test('nobody comes back sooner than the server asked for', () => {
  for (const chance of [0, 0.999]) {
    const wait = delay(0, () => chance, 30_000);
    assert.ok(wait >= 30_000 && wait < 37_500);
  }
});
