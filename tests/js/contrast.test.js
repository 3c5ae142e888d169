/** Every colour that is read or must be seen, on every ground it stands on, in both themes (WCAG 2.2, 1.4.3 and 1.4.11). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** @typedef {[red: number, green: number, blue: number]} Rgb */

const CSS = readFileSync(new URL('../../static/css/tokens.css', import.meta.url), 'utf8');
const TOKENS = new Map(
  [...CSS.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name = '', ...colors]) => [
    name,
    colors.map(
      (color) => /** @type {Rgb} */ ([1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))),
    ),
  ]),
);
const THEMES = ['light', 'dark'];

const LEVELS = ['debug', 'info', 'warning', 'error', 'critical'];
const ANSI = [...Array(16).keys()].map((n) => `ansi-${n}`);
/** What rows and panels stand on. */
const GROUNDS = ['page', 'zebra', 'selected', 'new'];
/** [colours, what they stand on, how much at least]. */
const PAIRS = /** @type {[string[], string[], number][]} */ ([
  [['text', 'muted', 'ok', ...LEVELS, ...ANSI], GROUNDS, 4.5],
  [['text'], ['match'], 4.5],
  // Words on a button that is all of one colour.
  [['page'], ['info', 'error'], 4.5],
  [['bar-reading'], ['bar-reading-page'], 4.5],
  [['bar-lost'], ['bar-lost-page'], 4.5],
  [['bar-notice'], ['bar-notice-page'], 4.5],
  // The frames of what can be used, the ring round what has the focus, and the bars of time.
  [['edge', 'info', ...LEVELS], GROUNDS, 3],
]);
/** A line that only divides need not be seen. */
const DECORATION = ['hair'];

/** @param {string} name @param {number} theme */
const color = (name, theme) => /** @type {Rgb} */ (TOKENS.get(name)?.[theme]);

/** Relative luminance, as WCAG defines it. @param {Rgb} rgb */
function luminance(rgb) {
  const [red = 0, green = 0, blue = 0] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {Rgb} one @param {Rgb} other */
function contrast(one, other) {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** One over another. @param {Rgb} over @param {Rgb} under @param {number} part 0 to 1 @returns {Rgb} */
const mixed = (over, under, part) =>
  /** @type {Rgb} */ (over.map((value, i) => value * part + (under[i] ?? 0) * (1 - part)));

for (const [colors, grounds, least] of PAIRS) {
  for (const name of colors) {
    for (const ground of grounds) {
      for (const [theme, called] of THEMES.entries()) {
        test(`${name} can be told from ${ground}, ${called}`, () => {
          const found = contrast(color(name, theme), color(ground, theme));
          assert.ok(found >= least, `${found.toFixed(2)}, ${least} are needed`);
        });
      }
    }
  }
}

test('a button in a bar can still be read with the pointer over it', () => {
  for (const bar of ['bar-reading', 'bar-lost', 'bar-notice']) {
    for (const theme of THEMES.keys()) {
      const words = color(bar, theme);
      assert.ok(contrast(words, mixed(words, color(`${bar}-page`, theme), 0.12)) >= 4.5, `${bar} ${theme}`);
    }
  }
});

test('a text on a ground that it brought along can be read, whatever colour that is', () => {
  // A quarter of it over the page's own, as row.js paints it; nothing goes further than black and white.
  const brought = /** @type {Rgb[]} */ ([
    [0, 0, 0],
    [255, 255, 255],
  ]);
  for (const theme of THEMES.keys()) {
    for (const over of [...brought, ...ANSI.map((name) => color(name, theme))]) {
      for (const ground of GROUNDS) {
        const found = contrast(color('text', theme), mixed(over, color(ground, theme), 0.25));
        assert.ok(found >= 4.5, `${over} over ${ground}, ${THEMES[theme]}: ${found.toFixed(2)}`);
      }
    }
  }
});

test('no colour was forgotten', () => {
  assert.equal(TOKENS.size, CSS.split('light-dark(').length - 1);
  const judged = new Set([...PAIRS.flatMap(([colors, grounds]) => [...colors, ...grounds]), ...DECORATION]);
  assert.deepEqual(
    [...TOKENS.keys()].filter((name) => !judged.has(name)),
    [],
  );
});
