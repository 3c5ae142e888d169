import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { marked } from '../../static/format/highlight.js';
import { parseExact } from '../../static/format/json.js';
import { fromWire } from '../../static/messages/message.js';
import { isSlow } from '../../static/query/expression.js';
import { parse } from '../../static/query/filter.js';
import { FilterError } from '../../static/query/terms.js';
import { findings } from '../../static/stream/matcher.js';
import { filterError } from '../../static/text/en.js';

/** @typedef {import('../../static/messages/message.js').Message} Message */

/** One grammar, two parsers: the server reads the same cases. */
const cases = parseExact(readFileSync(new URL('../filter_cases.json', import.meta.url), 'utf8'));

/** A filter whose expressions were tested. @param {string} text @param {Message[]} messages */
function tested(text, messages) {
  const { test, expressions } = parse(text);
  for (const message of messages)
    for (const { source, found } of expressions)
      found.set(message, findings([source], [message.message])[0]?.[0] ?? null);
  return test;
}

const messages = Object.entries(cases.messages).map(([name, raw]) => ({ name, message: fromWire(raw) }));

for (const { filter, finds } of [...cases.matches, ...cases.expressions]) {
  test(`${filter || 'nothing'} finds ${finds.join(', ') || 'none'}`, () => {
    const parsed = tested(
      filter,
      messages.map(({ message }) => message),
    );
    const found = messages.filter(({ message }) => parsed?.(message) ?? true).map(({ name }) => name);
    assert.deepEqual(found, finds);
  });
}

/** Each of these differs from the usual message in what it needs to. */
for (const { filter, message, matches } of cases.singles) {
  test(`${filter} ${matches ? 'finds' : 'does not find'} ${JSON.stringify(message ?? 'the usual')}`, () => {
    const said = fromWire({ id: '7-4', time: '2026-11-23T03:24:07.123Z', ...cases.usual, ...message });
    assert.equal(tested(filter, [said])?.(said) ?? true, matches);
  });
}

for (const { filter, column } of cases.errors) {
  test(`${filter} is wrong in column ${column}`, () => {
    assert.throws(
      () => parse(filter),
      (error) =>
        error instanceof FilterError &&
        error.column === column &&
        filterError(error).includes(`Column ${column}: `),
    );
  });
}

test('an expression that cannot be read is named with its column', () => {
  assert.throws(
    () => parse('word /(/'),
    (error) => error instanceof FilterError && error.column === 6,
  );
});

test('what is looked for is pointed out, what must not be there is not', () => {
  assert.deepEqual(parse('Time -out "a b" topic:x').marks, ['time', 'a b']);
  assert.deepEqual(
    marked('a Timeout in time', ['time'])
      .filter(({ isMarked }) => isMarked)
      .map(({ text }) => text),
    ['Time', 'time'],
  );
});

test('marks that overlap lose nothing of the text', () => {
  const pieces = marked('abcdef', ['abc', 'bcd', 'e']);
  assert.equal(pieces.map(({ text }) => text).join(''), 'abcdef');
  assert.equal(pieces.at(-1)?.isMarked, false);
});

test('a filter that the server would find too long is too long here', () => {
  assert.throws(
    () => parse('('.repeat(20_000)),
    (error) => error instanceof FilterError && error.column === 1025,
  );
});

test('a word is pointed out in every case of its letters', () => {
  const pieces = marked('ΟΔΟΣ οδος', parse('οδοσ').marks);
  assert.deepEqual(
    pieces.filter(({ isMarked }) => isMarked).map(({ text }) => text),
    ['ΟΔΟΣ', 'οδος'],
  );
});

test('an expression that could take exponential time is known as one', () => {
  for (const source of [
    '(a+)+$',
    '(a|aa)*b',
    '((a{1,9})x)+',
    '(?:a*)*',
    '(a)\\1',
    '([^x]+)*y',
    '((a+)b){3,}',
  ]) {
    assert.ok(isSlow(source), source);
  }
  for (const source of [
    'time(d )?out',
    'took \\d+ ms',
    '(get|post) /api',
    '[(+)]+x',
    '\\(a+\\)',
    '(?<!x)y{2,3}',
  ]) {
    assert.ok(!isSlow(source), source);
  }
});
