import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fineUntil } from '../../static/logic/json.js';

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
