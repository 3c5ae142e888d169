import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fineUntil } from '../../static/format/json.js';
import { brief } from '../../static/messages/message.js';
import { branches, term } from '../../static/format/tree.js';

/** Whether the engine takes it. @param {string} text */
function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('what is JSON is fine to its end', () => {
  for (const text of ['{}', ' [1, -0.5e+3, "a\\u00e9\\n", null, true, {"a": [[]], "b": {}}] ', '"x"', '0']) {
    assert.ok(isJson(text), text);
    assert.equal(fineUntil(text), text.length, text);
  }
});

test('what is not stops being so where a person would point at', () => {
  for (const [text, rest] of [
    ['{"a": oops}', 'oops}'],
    ['{"a": 1,}', '}'],
    ['{"a" 1}', '1}'],
    ['[1 2]', '2]'],
    ["{'a': 1}", "'a': 1}"],
    ['[01]', '1]'],
    ['{"a": "never closed}', '"never closed}'],
    ['{"a": 1', ''],
    ['{} {}', '{}'],
    ['["a\tb"]', '"a\tb"]'],
    ['', ''],
  ]) {
    assert.ok(!isJson(text ?? ''), text);
    assert.equal(text?.slice(fineUntil(text)), rest, text);
  }
});

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
