import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Matching } from '../../static/messages/matching.js';
import { Ring } from '../../static/messages/ring.js';

/** A ring with the numbers below n. @param {number} limit @param {number} n */
function filled(limit, n) {
  /** @type {Ring<number>} */
  const ring = new Ring(limit);
  for (let i = 0; i < n; i++) ring.push(i);
  return ring;
}

/** All that is shown, oldest first. @param {Matching<number>} matching */
function shown(matching) {
  const numbers = [];
  for (let ordinal = matching.lo; ordinal < matching.hi; ordinal++) numbers.push(matching.at(ordinal));
  return numbers;
}

const never = () => false;
const even = (/** @type {number} */ entry) => entry % 2 === 0;

test('a ring keeps the newest under their own numbers', () => {
  const ring = filled(10, 25);
  ring.trim(false, () => {});
  assert.deepEqual(
    [ring.first, ring.end, ring.get(14), ring.get(15), ring.get(24)],
    [15, 25, undefined, 15, 24],
  );
});

test('while somebody reads, a fifth more is kept', () => {
  const ring = filled(10, 12);
  ring.trim(true, () => {});
  assert.equal(ring.get(0), 0);
  /** @type {number[]} */
  const gone = [];
  ring.trim(false, (entry) => gone.push(entry));
  assert.deepEqual(gone, [0, 1]);
});

test('a ring that is never trimmed still has a bound', () => {
  const ring = filled(10, 1000);
  assert.equal(ring.size, 12);
  assert.equal(ring.push(1000), 988);
});

test('a ring is bounded by weight, but keeps the newest however heavy it is', () => {
  /** @type {Ring<number>} */
  const ring = new Ring(10, 0, { weigh: (entry) => entry, most: 10 });
  const kept = () => Array.from({ length: ring.size }, (_, i) => ring.get(ring.first + i));
  for (const entry of [4, 4, 4]) ring.push(entry);
  ring.trim(true, () => {});
  assert.deepEqual(kept(), [4, 4, 4]);
  ring.trim(false, () => {});
  assert.deepEqual([kept(), ring.weight], [[4, 4], 8]);
  ring.replace(ring.first, [1, 2], () => {});
  assert.deepEqual([kept(), ring.weight], [[1, 2, 4], 7]);
  ring.push(99);
  ring.trim(false, () => {});
  assert.deepEqual([kept(), ring.weight], [[99], 99]);
  ring.shift();
  assert.equal(ring.weight, 0);
});

test('a resized ring keeps what fits', () => {
  const ring = filled(10, 25);
  ring.resize(4);
  assert.deepEqual([ring.get(24), ring.get(20), ring.get(19)], [24, 20, undefined]);
  ring.resize(100);
  ring.push(25);
  assert.deepEqual([ring.get(20), ring.get(25)], [20, 25]);
});

test('a scan finds older rows above those that came since', () => {
  const ring = filled(100, 10);
  const matching = new Matching(ring, even);
  ring.push(10);
  matching.append(10, 10);
  assert.deepEqual(shown(matching), [10]);
  matching.scan(never);
  assert.deepEqual(shown(matching), [0, 2, 4, 6, 8, 10]);
  assert.equal(matching.scanning, false);
});

test('a row keeps its ordinal while older ones are found and dropped', () => {
  const ring = filled(1000, 1000);
  const matching = new Matching(ring, even);
  matching.scan(() => true);
  const ordinal = matching.find(998);
  assert.equal(matching.scanning, true);
  matching.scan(never);
  assert.equal(matching.at(ordinal), 998);
  for (let n = 1000; n < 1500; n++) {
    ring.push(n);
    matching.append(n, n);
  }
  ring.trim(false, () => {});
  matching.evict();
  assert.equal(matching.at(ordinal), 998);
  assert.deepEqual([shown(matching)[0], shown(matching).length], [500, 500]);
});

test('rows that have left the ring are dropped one by one, down to none', () => {
  const ring = filled(4, 4);
  const matching = new Matching(ring, () => true);
  matching.scan(never);
  for (let n = 4; n < 40; n++) {
    ring.push(n);
    matching.append(n, n);
    ring.trim(false, () => {});
    matching.evict();
    assert.deepEqual(shown(matching), [n - 3, n - 2, n - 1, n]);
  }
});

test('a number that is not shown is found where it would be', () => {
  const matching = new Matching(filled(100, 10), even);
  matching.scan(never);
  assert.equal(matching.at(matching.find(3)), 4);
  assert.equal(matching.find(99), matching.hi);
});

test('entries that are not ready wait, and those behind them too', () => {
  const ring = filled(100, 6);
  /** @type {Set<number>} */
  const ready = new Set([5, 4, 6]);
  const matching = new Matching(ring, even, (n) => ready.has(n));
  matching.scan(never);
  assert.deepEqual(shown(matching), [4]);
  for (const n of [6, 7, 8]) {
    ring.push(n);
    matching.append(n, n);
    if (n === 7) ready.add(8);
  }
  assert.deepEqual(shown(matching), [4, 6]);
  assert.deepEqual(matching.unready(9), [7, 3, 2, 1, 0]);
  for (const n of [7, 3, 2, 1, 0]) ready.add(n);
  matching.scan(never);
  assert.deepEqual([shown(matching), matching.scanning], [[0, 2, 4, 6, 8], false]);
});
