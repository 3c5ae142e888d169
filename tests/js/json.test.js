import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExact, toJson } from '../../static/format/json.js';
import { branches, term } from '../../static/format/tree.js';
import { exported } from '../../static/messages/export.js';
import { brief, fromWire } from '../../static/messages/message.js';
import { parse } from '../../static/query/filter.js';

const DATA =
  '{"trace":1795400000123456789,"n":9007199254740991,"price":1.10,"big":1e400,"no":-0,"text":"1.10","deep":[{"x":12345678901234567890}]}';
const FRAME = `{"id":"7-1","time":"2026-11-23T03:24:07.123Z","topic":"a","level":"info","message":"m","data":${DATA}}`;

/** As the stream sends it. */
const message = () => fromWire(parseExact(`[${FRAME}]`)[0]);

test('numbers are shown, copied and exported as they are written', () => {
  assert.equal(brief(message().data), DATA);
  assert.equal(exported([message()], 'ndjson'), `${FRAME}\n`);
  assert.ok(exported([message()], 'csv').includes(DATA.replaceAll('"', '""')));
  assert.equal(toJson(message().data), DATA);
  const rows = branches(message().data, new Map(), 10).branches;
  assert.deepEqual(
    rows.slice(0, 5).map(({ kind, text }) => [kind, text]),
    ['1795400000123456789', '9007199254740991', '1.10', '1e400', '-0'].map((text) => ['number', text]),
  );
});

test('the filter compares integers beyond 2^53 exactly, and other numbers by their value', () => {
  const finds = (/** @type {string} */ text) => parse(text).test?.(message());
  assert.equal(finds('data.trace:1795400000123456789'), true);
  assert.equal(finds('data.trace:1795400000123456788'), false);
  assert.equal(finds('data.trace:>1795400000123456788'), true);
  assert.equal(finds('data.trace:<1795400000123456789'), false);
  assert.equal(finds('data.price:1.1'), true);
  assert.equal(finds('data.deep.0.x:>=12345678901234567890'), true);
  for (const branch of branches(message().data, new Map(), 10).branches.slice(0, 3)) {
    assert.equal(finds(term(branch)), true, term(branch));
  }
});

test('what looks like a number of ours in the data of a publisher is not taken for one', () => {
  const text = '{"numeral 0.5":"1","n":1.10}';
  assert.equal(toJson(parseExact(text)), text);
});
