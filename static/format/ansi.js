/**
 * Text as it came from a terminal, taken apart into pieces that can be shown.
 *
 * Owns the escapes: colours, bold and underline become attributes, everything else that steers a terminal
 * is dropped, and other control characters become their pictures. What comes out is only ever text.
 * ECMA-48, "Control functions"; xterm's colour table for 0 to 255.
 */

/**
 * @typedef {[number, number, number]} Rgb
 * @typedef {object} Style
 * @property {number | Rgb | null} color 0 to 15: the theme's own
 * @property {number | Rgb | null} background
 * @property {boolean} bold
 * @property {boolean} underline
 * @typedef {{text: string, style: Style | null}} Piece style null: as the rest of the row
 */

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: control characters are what this file is about
/** Whether a text needs any of this. Most do not. */
export const PLAIN = /^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$/;

/** Colours; other control sequences; strings (titles, links, images), also unfinished; two-character escapes. */
const ESCAPE =
  /(?:\x1b\[|\x9b)([\d;:]*)m|(?:\x1b\[|\x9b)[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]?|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[\x20-\x2f]*[\x30-\x7e]?/g;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: see above

/** @type {Style} */
const NONE = { color: null, background: null, bold: false, underline: false };

/** ␀ for NUL and so on; a carriage return before a line feed says nothing. @param {string} text */
export function visible(text) {
  return text.replaceAll('\r\n', '\n').replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    if (code === 0x7f) return '\u2421';
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
  });
}

/** The text alone, without any escape. @param {string} text */
export const strip = (text) => (PLAIN.test(text) ? text : visible(text.replace(ESCAPE, '')));

/** The text as filters see it, here and on the server. @param {string} text */
export const plain = (text) => (text.includes('\x1b') ? text.replace(ESCAPE, '') : text);

/** @param {string} text @returns {Piece[]} */
export function toPieces(text) {
  if (PLAIN.test(text)) return [{ text, style: null }];
  /** @type {Piece[]} */
  const pieces = [];
  let style = NONE;
  let from = 0;
  /** @param {number} to */
  const take = (to) => {
    const piece = visible(text.slice(from, to));
    if (piece) pieces.push({ text: piece, style: isNone(style) ? null : style });
  };
  for (const match of text.matchAll(ESCAPE)) {
    take(match.index);
    from = match.index + match[0].length;
    if (match[1] !== undefined) style = restyle(style, match[1]);
  }
  take(text.length);
  return pieces;
}

/** @param {Style} style */
const isNone = (style) =>
  style.color === null && style.background === null && !style.bold && !style.underline;

/** "Select graphic rendition". @param {Style} before @param {string} codes @returns {Style} */
function restyle(before, codes) {
  let style = { ...before };
  const list = codes.split(/[;:]/).map(Number);
  for (let i = 0; i < list.length; i++) {
    const code = list[i] ?? 0;
    if (code === 0) style = { ...NONE };
    else if (code === 1) style.bold = true;
    else if (code === 22) style.bold = false;
    else if (code === 4) style.underline = true;
    else if (code === 24) style.underline = false;
    else if (code === 39) style.color = null;
    else if (code === 49) style.background = null;
    else if (code >= 30 && code <= 37) style.color = code - 30;
    else if (code >= 90 && code <= 97) style.color = code - 82;
    else if (code >= 40 && code <= 47) style.background = code - 40;
    else if (code >= 100 && code <= 107) style.background = code - 92;
    else if (code === 38 || code === 48) {
      const [color, used] = extended(list.slice(i + 1));
      if (code === 38) style.color = color;
      else style.background = color;
      i += used;
    }
  }
  return style;
}

/** 5;n or 2;r;g;b @param {number[]} rest @returns {[number | Rgb | null, number]} and how many numbers it took */
function extended(rest) {
  const [kind, n = 0, g = 0, b = 0] = rest;
  if (kind === 2) return [/** @type {Rgb} */ ([n, g, b].map((part) => Math.min(255, part || 0))), 4];
  if (kind !== 5) return [null, rest.length];
  if (n < 16) return [n, 2];
  if (n > 231) return [/** @type {Rgb} */ (Array(3).fill(8 + (Math.min(n, 255) - 232) * 10)), 2];
  const cube = [Math.floor((n - 16) / 36), Math.floor((n - 16) / 6) % 6, (n - 16) % 6];
  return [/** @type {Rgb} */ (cube.map((part) => (part ? 55 + part * 40 : 0))), 2];
}

/** Relative luminance, WCAG 2.2. @param {Rgb} rgb */
export function luminance(rgb) {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

/** @param {Rgb} one @param {Rgb} other */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

/** The colour, moved towards white or black until it can be read (4.5:1). @param {Rgb} color @param {Rgb} page */
export function readable(color, page) {
  const end = luminance(page) < 0.18 ? 255 : 0;
  let shown = color;
  for (let share = 0; share < 1 && contrast(shown, page) < 4.5; share += 0.1) {
    shown = /** @type {Rgb} */ (color.map((part) => Math.round(part + (end - part) * (share + 0.1))));
  }
  return shown;
}
