import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remainder } from '../../static/messages/gaps.js';
import { distance, parseId } from '../../static/messages/ids.js';
import { Ledger } from '../../static/stream/continuity.js';

/** A ledger that has taken these ids, one a second. @param {...string} ids */
function taken(...ids) {
  const ledger = new Ledger(0);
  for (const [i, id] of ids.entries()) ledger.take(id, i * 1000);
  return ledger;
}

test('ids without holes are the proof that nothing is missing', () => {
  const { proof } = taken('7-1', '7-2', '7-3');
  assert.deepEqual(
    [proof.received, proof.missing, proof.unknown, proof.first, proof.last],
    [3, 0, false, '7-1', '7-3'],
  );
});

test('a repeat is dropped and counted', () => {
  const ledger = taken('7-1', '7-2');
  assert.equal(ledger.take('7-2', 9).fresh, false);
  assert.equal(ledger.take('7-1', 9).fresh, false);
  assert.deepEqual([ledger.proof.received, ledger.proof.repeated], [2, 2]);
});

test('repeats in quick succession are one entry, which says how many and what was proven', () => {
  const ledger = taken('7-1', '7-2');
  for (const at of [9, 10, 11]) ledger.take('7-1', at);
  assert.deepEqual(ledger.proof.entries, [{ mark: 'repeat', at: 9, times: 3, after: '7-2' }]);
  ledger.take('7-1', 500_000);
  assert.equal(ledger.proof.entries.length, 2);
});

test('a jump that nobody announced is a gap with no reason given', () => {
  const { fresh, mark } = taken('7-40').take('7-44', 9);
  assert.equal(fresh, true);
  assert.deepEqual(
    [mark?.missing, mark?.reason, mark?.after, mark?.before],
    [3, 'unexplained', '7-40', '7-44'],
  );
});

test('what the server announces as missing is not found missing a second time', () => {
  const ledger = taken('7-3');
  ledger.gap({ after: '7-3', before: '7-41', missing: 37, reason: 'expired' }, 5);
  assert.equal(ledger.take('7-41', 6).mark, null);
  assert.equal(ledger.proof.missing, 37);
});

test('a new log is recognised without being announced', () => {
  const { mark } = taken('7-3').take('8-1', 9);
  assert.deepEqual([mark?.reason, mark?.missing], ['new_log', null]);
});

test('a loss that replay healed is one mark', () => {
  const ledger = taken('7-1');
  ledger.lost(1000);
  ledger.lost(1500);
  ledger.take('7-2', 2000);
  ledger.take('7-3', 2000);
  const mark = ledger.restored(2100);
  assert.deepEqual([mark?.from, mark?.at, mark?.replayed, mark?.missing, mark?.times], [1000, 2100, 2, 0, 1]);
  assert.equal(ledger.restored(2200), null);
});

test('a restart that the server announced is told from a loss, and losses of both kinds are losses', () => {
  const ledger = taken('7-1');
  ledger.lost(1000, 'restart');
  assert.deepEqual([ledger.restored(2000)?.reason, ledger.proof.entries[0]?.after], ['restart', '7-1']);
  ledger.lost(3000, 'restart');
  assert.equal(ledger.restored(4000)?.reason, 'restart');
  ledger.lost(5000);
  assert.equal(ledger.restored(6000)?.reason, '');
});

test('losses in quick succession are folded into one', () => {
  const ledger = taken('7-1');
  for (const at of [10_000, 20_000, 30_000]) {
    ledger.lost(at);
    ledger.restored(at + 1000);
  }
  assert.equal(ledger.proof.losses, 3);
  assert.equal(ledger.proof.entries.length, 1);
  assert.deepEqual([ledger.proof.entries[0]?.times, ledger.proof.entries[0]?.from], [3, 10_000]);
});

test('a loss long after the last stands for itself', () => {
  const ledger = taken('7-1');
  for (const at of [10_000, 500_000]) {
    ledger.lost(at);
    ledger.restored(at + 1000);
  }
  assert.equal(ledger.proof.entries.length, 2);
});

test('an id that is none proves nothing and breaks nothing', () => {
  for (const id of ['', '7', 'a-b', '7-1-2']) assert.equal(parseId(id), null);
  assert.deepEqual(new Ledger(0).take('nonsense', 1), { fresh: true, mark: null });
});

test('the distance is known within a log, whatever its generation, and not to an older one', () => {
  assert.equal(distance('7-3', '7-10'), 7);
  assert.equal(distance('7-3', '8-10'), 7);
  assert.equal(distance('8-3', '7-10'), 0);
  assert.equal(distance(null, '8-10'), 0);
});

test('what is left of a hole is as many as lie between its ends', () => {
  const hole = /** @type {const} */ ({ mark: 'asleep', at: 5, missing: 30, hasFailed: true });
  const rest = remainder(hole, '7-20', '7-31', 20);
  assert.deepEqual(
    [rest?.mark, rest?.missing, rest?.after, rest?.before, rest?.hasFailed],
    ['asleep', 10, '7-20', '7-31', false],
  );
  assert.equal(remainder(hole, '7-30', '7-31', 20), null);
  assert.equal(remainder(hole, '6-90', '7-31', 20)?.missing, 10);
  assert.equal(remainder({ mark: 'gap', at: 5, missing: null }, '6-90', '7-31', 20)?.missing, null);
});

test('a hole that is filled in two steps is whole in the end', () => {
  const ledger = taken('7-1', '7-10');
  ledger.filled('7-1', '7-10', 5, '7-6');
  assert.equal(ledger.proof.missing, 3);
  ledger.filled('7-6', '7-10', 3);
  assert.deepEqual([ledger.proof.missing, ledger.proof.entries], [0, []]);
});

test('numbers go on from one generation of a log to the next', () => {
  const ledger = new Ledger(0);
  ledger.take('7-41', 1);
  assert.deepEqual(ledger.take('9-42', 2), { fresh: true, mark: null });
  assert.equal(ledger.take('9-45', 3).mark?.missing, 2);
  // A lower number is another log, unless the server said that it rolled back.
  assert.equal(ledger.take('11-3', 4).mark?.reason, 'new_log');
  assert.equal(ledger.take('11-3', 5).fresh, false);
});

test('messages that were withdrawn are told, and those behind them are no gap', () => {
  const ledger = new Ledger(0);
  ledger.take('7-41', 1);
  const mark = ledger.gap(
    { after: '7-39', before: '8-40', missing: 0, withdrawn: 2, reason: 'rolled_back' },
    2,
  );
  assert.deepEqual([mark.withdrawn, ledger.proof.missing, ledger.proof.unknown], [2, 0, false]);
  assert.deepEqual(ledger.take('8-40', 3), { fresh: true, mark: null });
});

test('positions that are counted for all readers are no proof of a loss', () => {
  const ledger = new Ledger(0);
  ledger.take('7-1', 1);
  ledger.gap({ after: '7-1', before: '7-300', missing: 298, counts: 'all', reason: 'expired' }, 2);
  assert.deepEqual([ledger.proof.missing, ledger.proof.unknown], [0, false]);
});
