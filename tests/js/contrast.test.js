/** Every colour that is read or must be seen, on every ground it stands on, in both themes (WCAG 2.2, 1.4.3 and 1.4.11). */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

/** @typedef {[red: number, green: number, blue: number]} Rgb */

const CSS = readFileSync(new URL('../../static/css/tokens.css', import.meta.url), 'utf8');
const THEMES = ['light', 'dark'];

/** The colours of each theme: a block of its own. @type {Map<string, Rgb>[]} */
const TOKENS = THEMES.map((theme) => {
  const block = CSS.slice(CSS.indexOf(`[data-theme="${theme}"] {`)).split('\n}')[0] ?? '';
  return new Map(
    [...block.matchAll(/--([\w-]+): (#\w{6});/g)].map(([, name = '', color = '']) => [
      name,
      /** @type {Rgb} */ ([1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))),
    ]),
  );
});

const ANSI = [...Array(16).keys()].map((n) => `ansi-${n}`);
/** What rows are drawn on, and panels and the frame. */
const GROUNDS = ['surface', 'hover', 'selected', 'critical-row'];
const FRAME = ['canvas', 'surface', 'raised', 'sunken', 'press'];
/** [colours, what they stand on, how much at least]. */
const PAIRS = /** @type {[string[], string[], number][]} */ ([
  [['text', 'text-2', 'text-3'], [...GROUNDS, 'canvas', 'raised', 'sunken'], 4.5],
  [['text', 'text-2'], FRAME, 4.5],
  [['debug', 'info', 'warn', 'error', 'critical', ...ANSI], GROUNDS, 4.5],
  [['text'], ['mark', 'accent-tint', 'ok-tint', 'warn-tint', 'error-tint'], 4.5],
  [['text-2'], ['ok-tint', 'warn-tint', 'error-tint', 'accent-tint'], 4.5],
  // A word of the colour whose tint it stands on.
  [['ok'], ['ok-tint', 'surface', 'canvas'], 4.5],
  [['warn'], ['warn-tint', 'raised', 'canvas'], 4.5],
  [['error'], ['error-tint', 'surface', 'raised'], 4.5],
  [['accent'], ['accent-tint', 'surface', 'raised', 'canvas'], 4.5],
  [['j-str', 'j-num', 'j-lit', 'j-key'], ['surface', 'hover'], 4.5],
  // Words on a button or a badge that is all of one colour.
  [['on-fill'], ['accent-fill', 'critical-fill'], 4.5],
  [['surface'], ['text', 'error'], 4.5],
  // The edges of inputs, the ring round the focus, and the bars of time.
  [['edge', 'accent'], ['surface', 'canvas', 'raised'], 3],
  [['bar-info', 'bar-warn', 'bar-error', 'bar-critical'], ['surface', 'sunken'], 3],
  [['ok-dot'], ['ok-tint'], 2.9],
]);
/** A line that only divides need not be seen. */
const DECORATION = ['line', 'line-2', 'grid'];

/** @param {string} name @param {number} theme */
const color = (name, theme) => /** @type {Rgb} */ (TOKENS[theme]?.get(name));

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

test('no colour was forgotten, and both themes have the same', () => {
  const judged = new Set([...PAIRS.flatMap(([colors, grounds]) => [...colors, ...grounds]), ...DECORATION]);
  const [light, dark] = TOKENS.map((tokens) => [...tokens.keys()]);
  assert.deepEqual(light, dark);
  assert.deepEqual(
    light?.filter((name) => !judged.has(name)),
    [],
  );
});

test('colours need no light-dark(), and fonts grow with the size that the operator has chosen', () => {
  const folder = new URL('../../static/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.css'),
  );
  assert.ok(files.length > 10);
  const found = files.flatMap((name) =>
    readFileSync(new URL(name, folder), 'utf8')
      .split('\n')
      .filter((line) =>
        /light-dark\(|font(-size)?:[^;]*\b[1-9]\d*px/.test(line.replace(/\/ \d+px|max\(1rem, 16px\)/, '')),
      )
      .map((line) => `${name}: ${line.trim()}`),
  );
  assert.deepEqual(found, []);
});
