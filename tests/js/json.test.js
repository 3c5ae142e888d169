import assert from 'node:assert/strict';
import { test } from 'node:test';
import { branches, term } from '../../static/format/tree.js';
import { brief } from '../../static/messages/message.js';

test('a number with more digits than there is room for is not passed off as the one that was said', () => {
  const data = JSON.parse('{"trace": 1795400000123456789, "n": 9007199254740991, "share": 0.5}');
  assert.equal(brief(data), '{"trace":≈1795400000123456800,"n":9007199254740991,"share":0.5}');
  const rows = branches(data, new Map(), 10).branches;
  assert.deepEqual(
    rows.map(({ text }) => text),
    ['≈1795400000123456800', '9007199254740991', '0.5'],
  );
  // The filter compares what is here with what is here.
  assert.deepEqual(rows.map(term)[0], 'data.trace:1795400000123456800');
});
