import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backlog } from '../../static/stream/backlog.js';

const MARK = JSON.stringify({ mark: 'gap', at: 0, missing: 1 });

/** A backlog that was told this: a number is a message, '!' a mark. @param {ConstructorParameters<typeof Backlog>[0]} bounds @param {string} said */
function told(bounds, said) {
  const backlog = new Backlog(bounds);
  say(backlog, said);
  return backlog;
}

/** @param {Backlog} backlog @param {string} said */
function say(backlog, said) {
  for (const each of said) backlog.push(each === '!' ? MARK : each, each === '!');
}

/** @param {string[]} entries @returns {any[]} */
const parsed = (entries) => JSON.parse(`[${entries.join(',')}]`);

test('a tab gets what is kept and then what comes, each once', () => {
  const backlog = told({}, '12');
  const place = backlog.begin();
  assert.deepEqual(parsed(backlog.take(place, 0)), [1, 2]);
  assert.deepEqual(backlog.take(place, 0), []);
  say(backlog, '3');
  assert.deepEqual([backlog.left(place), parsed(backlog.take(place, 0))], [1, [3]]);
});

test('a batch is bounded by number, and by size however long one message is', () => {
  const backlog = told({ batch: 3, batchChars: 10 }, '1234');
  const place = backlog.begin();
  assert.deepEqual(parsed(backlog.take(place, 0)), [1, 2, 3]);
  backlog.push(JSON.stringify('x'.repeat(50)), false);
  backlog.push('6', false);
  assert.deepEqual(parsed(backlog.take(place, 0)), [4]);
  assert.equal(parsed(backlog.take(place, 0))[0].length, 50);
  assert.deepEqual(parsed(backlog.take(place, 0)), [6]);
});

test('what is kept is bounded by size, and a tab that slept is told how many it missed', () => {
  const backlog = told({ keptChars: 5 }, '12');
  const place = backlog.begin();
  backlog.take(place, 0);
  say(backlog, '3456789');
  assert.equal(backlog.ring.size, 5);
  assert.deepEqual(parsed(backlog.take(place, 7)), [{ mark: 'asleep', at: 7, missing: 2 }, 5, 6, 7, 8, 9]);
});

test('one message that is longer than all bounds is kept and sent', () => {
  const backlog = new Backlog({ keptChars: 5, batchChars: 5 });
  const place = backlog.begin();
  backlog.push(JSON.stringify('x'.repeat(50)), false);
  assert.equal(parsed(backlog.take(place, 0))[0].length, 50);
});

for (const [said, missing] of /** @type {[string, number][]} */ ([
  ['345678', 3],
  ['345!67', 3],
  ['34!567', 2],
  ['3456!7', 3],
])) {
  test(`what was slept through is counted to the message where ${said} came, the newest 3 kept`, () => {
    const backlog = told({ kept: 3 }, '12');
    const place = backlog.begin();
    backlog.take(place, 0);
    say(backlog, said);
    const [asleep] = parsed(backlog.take(place, 0));
    assert.deepEqual([asleep.mark, asleep.missing], ['asleep', missing]);
  });
}

test('a batch that ends at a mark counts only the messages before it', () => {
  const backlog = told({ kept: 3, batch: 2 }, '1!');
  const place = backlog.begin();
  backlog.take(place, 0);
  say(backlog, '2345');
  assert.equal(parsed(backlog.take(place, 0))[0].missing, 1);
});

test('where only a mark has left the memory, nothing was slept through', () => {
  const backlog = told({ kept: 2 }, '1');
  const place = backlog.begin();
  backlog.take(place, 0);
  say(backlog, '!23');
  assert.deepEqual(parsed(backlog.take(place, 0)), [2, 3]);
});
