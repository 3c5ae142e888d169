import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  count,
  date,
  dayNumber,
  exact,
  iso,
  longDay,
  second,
  short,
  shortDay,
  span,
} from '../../static/format/time.js';
import { delay, retryAfter } from '../../static/stream/connection-state.js';

const MS = Date.UTC(2026, 10, 23, 3, 4, 5, 60);

test('times are written to the millisecond, and in full for the tooltip', () => {
  assert.equal(exact(MS, 'utc'), '03:04:05.060');
  assert.equal(second(MS, 'utc'), '03:04:05');
  assert.equal(iso(MS), '2026-11-23T03:04:05.060Z');
  assert.equal(new Date(iso(MS, 'local')).getTime(), MS);
  assert.equal(iso(Number.NaN), '');
});

test('spans have one unit, the largest that says something', () => {
  assert.deepEqual([0, 250, 999, 1000, 59_900, 60_000, 3_600_000, 172_800_000].map(span), [
    '0.0 s',
    '0.2 s',
    '0.9 s',
    '1 s',
    '59 s',
    '1 min',
    '1 h',
    '2 d',
  ]);
});

test('numbers have thin spaces, and short forms for narrow places', () => {
  assert.equal(count(1_234_567), '1,234,567');
  assert.deepEqual([999, 8400, 12_345, 1_250_000].map(short), ['999', '8.4k', '12k', '1.2M']);
});

test('a day begins at midnight of the zone that is shown', () => {
  const [midnight, day] = [new Date(2026, 5, 1).getTime(), 86_400_000];
  assert.deepEqual(
    [midnight - 1, midnight, midnight + day - 1].map((ms) => date(ms, 'local')),
    ['31 May 2026', '01 Jun 2026', '01 Jun 2026'],
  );
  assert.deepEqual(
    [-1, 0].map((ms) => date(ms, 'utc')),
    ['31 Dec 1969', '01 Jan 1970'],
  );
});

test('a day has a name and a number, in the zone that is shown', () => {
  const ms = Date.UTC(2026, 11, 1, 0, 0, 4);
  assert.equal(shortDay(ms, 'utc'), 'Tue 1 Dec');
  assert.equal(longDay(ms, 'utc'), 'Tuesday 1 December 2026');
  assert.equal(dayNumber(ms, 'utc') - dayNumber(ms - 5_000, 'utc'), 1);
  const midnight = new Date(2026, 5, 1).getTime();
  assert.equal(dayNumber(midnight, 'local') - dayNumber(midnight - 1, 'local'), 1);
  assert.equal(dayNumber(midnight + 3_600_000, 'local'), dayNumber(midnight, 'local'));
});

test('attempts come quickly at first and never all at the same moment', () => {
  assert.deepEqual([delay(0, () => 0), delay(29_000, () => 1)], [500, 2000]);
  assert.deepEqual([delay(31_000, () => 0), delay(31_000, () => 1)], [0, 8000]);
});

test('what the server asks for wins, and is never undercut', () => {
  assert.equal(
    delay(0, () => 0, 30_000),
    30_000,
  );
  assert.ok(delay(0, () => 1, 30_000) > 30_000);
});

test('a Retry-After that is no number of seconds is none', () => {
  assert.deepEqual(
    [retryAfter('30'), retryAfter(null), retryAfter('soon'), retryAfter('-1'), retryAfter('')],
    [30_000, null, null, null, null],
  );
});
