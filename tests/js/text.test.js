import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bar,
  digest,
  markRow,
  messageGone,
  notInHistory,
  proof,
  proofSummary,
  stayInForce,
} from '../../static/text/en.js';

/** @typedef {import('../../static/stream/continuity.js').Mark} Mark */

/** This device is an hour and a second ahead of the server, and times are told as UTC. */
const CLOCK = /** @type {const} */ ({ zone: 'utc', off: 3_601_000 });
/** 12:00:01 by this device, 11:00:00 by the server. */
const AT = Date.UTC(2026, 10, 23, 12, 0, 1);
/** @type {Mark} */
const LOSS = { mark: 'loss', at: AT, from: AT - 6000, times: 1, replayed: 600, missing: 0 };
/** @type {import('../../static/stream/connection-state.js').State} */
const STATE = {
  phase: 'lost',
  since: AT,
  heard: AT,
  openedAt: null,
  lostAt: AT,
  attempt: 1,
  retryAt: AT + 4000,
  status: null,
  type: null,
  replay: null,
};

test('what this device noted is told by the clock and in the zone that are shown', () => {
  assert.equal(markRow(LOSS, CLOCK), 'Connection lost 10:59:54–11:00:00. 600 replayed, 0 missing.');
  assert.match(markRow({ ...LOSS, times: 2 }, CLOCK), /between 10:59 and 11:00, 0 messages missing\.$/);
  assert.match(markRow({ ...LOSS, missing: null }, CLOCK), /600 replayed, some missing\.$/);
  assert.match(markRow({ mark: 'gap', at: AT, missing: null, reason: 'new_log' }, CLOCK), /at 11:00:00\./);
  assert.match(
    String(bar(STATE, AT, 'host', CLOCK)),
    /^Reconnecting in 4 s\. No connection since 11:00:00\b/,
  );
  assert.match(
    String(bar({ ...STATE, phase: 'disconnected' }, AT, 'host', CLOCK)),
    /by an operator at 11:00:00\.$/,
  );
  assert.equal(stayInForce(AT, CLOCK), 'The settings from 11:00 are still active.');
  const whole = {
    since: AT,
    first: null,
    last: null,
    received: 0,
    repeated: 0,
    missing: 0,
    unknown: false,
    losses: 0,
  };
  assert.deepEqual(proof(whole, CLOCK), { isWhole: true, sentence: 'no gaps', when: ' since 11:00' });
  assert.deepEqual(proof(whole, CLOCK, 0, AT), { isWhole: true, sentence: 'complete', when: ' until 11:00' });
  assert.match(proofSummary(whole, CLOCK), /^Since 11:00:00: /);
});

test('the ends of a hole are times of messages: the server’s already', () => {
  const mark = /** @type {Mark} */ ({ mark: 'gap', at: AT, missing: 37, reason: 'expired' });
  const said = '37 messages missing, 12:00:01–12:00:03: the server no longer keeps them.';
  assert.equal(markRow(mark, CLOCK, AT, AT + 2000), said);
});

test('a history that is empty is told without a date', () => {
  assert.match(messageGone(AT, 'utc'), /history, which starts at 23 Nov, 12:00\.$/);
  assert.match(messageGone(null, 'utc'), /history, which is empty\.$/);
  assert.match(notInHistory(AT, 'utc'), /goes back to 23 Nov, 12:00\.$/);
  assert.match(notInHistory(null, 'utc'), /^The server’s history is empty\.$/);
});

test('what a tab slept through and has not loaded is no proof that nothing is missing', () => {
  const whole = { since: AT, missing: 0, unknown: false };
  assert.deepEqual(proof(whole, CLOCK, 2400), {
    isWhole: false,
    sentence: '2,400 not loaded in this tab',
    when: '',
  });
});

test('a digest says how long it is since the one before', () => {
  assert.equal(digest(3000, 2, 10_000), '3,000 messages in 10 s, 2 errors');
  assert.equal(digest(1, 0, 3_600_000), '1 message in 1 h');
});
