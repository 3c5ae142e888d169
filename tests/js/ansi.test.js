import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contrast, readable, strip, toPieces } from '../../static/format/ansi.js';

test('plain text is one piece', () => {
  assert.deepEqual(toPieces('vacuum done, 120 rows'), [{ text: 'vacuum done, 120 rows', style: null }]);
});

test('colours, bold and underline become styles and end again', () => {
  const pieces = toPieces('a \x1b[1;31mred\x1b[0m \x1b[4munder\x1b[24m z');
  assert.deepEqual(
    pieces.map(({ text, style }) => [
      text,
      style?.color ?? null,
      style?.bold ?? false,
      style?.underline ?? false,
    ]),
    [
      ['a ', null, false, false],
      ['red', 1, true, false],
      [' ', null, false, false],
      ['under', null, false, true],
      [' z', null, false, false],
    ],
  );
});

test('colours beyond the sixteen come as red, green and blue', () => {
  assert.deepEqual(toPieces('\x1b[38;5;196mx')[0]?.style?.color, [255, 0, 0]);
  assert.deepEqual(toPieces('\x1b[38;5;244mx')[0]?.style?.color, [128, 128, 128]);
  assert.deepEqual(toPieces('\x1b[38;2;1;2;300mx')[0]?.style?.color, [1, 2, 255]);
  assert.deepEqual(toPieces('\x1b[48;5;9mx')[0]?.style?.background, 9);
});

test('everything else that steers a terminal is dropped', () => {
  for (const sequence of [
    '\x1b[2J',
    '\x1b[?25l',
    '\x1b]0;title\x07',
    '\x1b]8;;http://evil\x1b\\',
    '\x1bP1$r\x1b\\',
    '\x1b(B',
    '\x9b31m',
    '\x1bc',
  ]) {
    assert.equal(strip(`a${sequence}b`), 'ab', JSON.stringify(sequence));
  }
});

test('an escape that never ends swallows itself and no more than the text has', () => {
  assert.equal(strip('a\x1b['), 'a');
  assert.equal(strip('a\x1b'), 'a');
  assert.equal(strip('a\x1b]0;no end'), 'a');
});

test('other control characters are shown as their pictures', () => {
  assert.equal(strip('a\x00b\x07c\x7fd\x85e'), 'a␀b␇c␡d\ufffde');
  assert.equal(strip('line\r\nnext\tcell'), 'line\nnext\tcell');
});

test('a thousand escapes in a row cost no more than their length', () => {
  assert.equal(strip(`${'\x1b['.repeat(100_000)}x`).length < 10, true);
  assert.equal(strip(`${'\x1b]'.repeat(50_000)}x`).length < 10, true);
});

test('a colour is moved until it can be read', () => {
  for (const page of [
    [255, 255, 255],
    [13, 17, 23],
  ]) {
    for (const color of [
      [0, 0, 255],
      [255, 255, 0],
      [1, 2, 3],
      [250, 250, 250],
      [128, 128, 128],
    ]) {
      const rgb = /** @type {[number, number, number]} */ (color);
      const on = /** @type {[number, number, number]} */ (page);
      assert.ok(contrast(readable(rgb, on), on) >= 4.5, `${color} on ${page}`);
    }
  }
});
