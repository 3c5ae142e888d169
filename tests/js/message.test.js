import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brief, fromWire, headline, toWire, weigh } from '../../static/messages/message.js';

test('a message keeps what the wire said', () => {
  const raw = {
    id: '7-1',
    time: '2026-11-23T03:24:07.123Z',
    topic: 'api',
    level: 'error',
    message: 'x',
    data: { a: [1] },
  };
  const message = fromWire(raw);
  assert.deepEqual([message.level, message.ms], [3, Date.UTC(2026, 10, 23, 3, 24, 7, 123)]);
  assert.deepEqual(toWire(message), raw);
});

test('a text of several lines shows its first, a traceback its last', () => {
  assert.deepEqual(headline('one\ntwo\nthree'), { line: 'one', more: 2 });
  const traceback = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: bad\n';
  assert.deepEqual(headline(traceback), { line: 'ValueError: bad', more: 2 });
});

test('a row takes five hundred characters of a line of a megabyte', () => {
  assert.equal(headline('x'.repeat(1_000_000)).line.length, 500);
  assert.equal(headline(`${'x'.repeat(1_000_000)}\nend`).line.length, 500);
});

test('the start of data is JSON as far as there is room', () => {
  assert.equal(
    brief({ rows: 120, ok: true, list: [1, null, 'a'] }),
    '{"rows":120,"ok":true,"list":[1,null,"a"]}',
  );
  assert.equal(brief(undefined), '');
  assert.equal(brief(0), '0');
  const long = brief({ text: 'y'.repeat(1_000_000), more: 1 });
  assert.ok(long.length <= 161 && long.endsWith('…'), long);
});

test('data as deep as it may be does not break a row', () => {
  let deep = /** @type {unknown} */ (1);
  for (let i = 0; i < 3000; i++) deep = [deep];
  assert.ok(brief(deep).length <= 161);
});

test('a message weighs its text and what its data holds, however deep', () => {
  const plain = fromWire({ id: '7-1', time: '', message: 'x'.repeat(100) });
  assert.equal(weigh(plain), 100);
  /** @type {unknown} */
  let deep = 'y'.repeat(1000);
  for (let depth = 0; depth < 20_000; depth++) deep = [deep];
  assert.ok(weigh({ ...plain, data: deep }) > 1100);
  assert.ok(weigh({ ...plain, data: { text: 'y'.repeat(5000) } }) > 5100);
  assert.equal(weigh({ mark: 'older', at: 0 }), 0);
});
