/** A text in pieces: its addresses, and the words of a filter. */
import { fold } from './fold.js';

const ADDRESS = /https?:\/\/[^\s<>"'`\u202a-\u202e\u2066-\u2069]+/gi;

/** @param {string} address @returns {URL | null} */
function parsed(address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/** @param {string} text @returns {{text: string, href: string | null}[]} */
export function linked(text) {
  const pieces = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    // A sentence's full stop, or the bracket round it, is no part of an address.
    const address = found.replace(/[.,;:!?)\]}]+$/, '');
    const url = parsed(address);
    if (url === null || !/^https?:$/.test(url.protocol)) continue;
    if (index > from) pieces.push({ text: text.slice(from, index), href: null });
    pieces.push({ text: address, href: url.href });
    from = index + address.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), href: null });
  return pieces;
}

/** As many as a row can show; a filter of one letter finds hundreds. */
const MARKS_LIMIT = 50;

/**
 * @param {string} text
 * @param {string[]} marks folded words
 * @returns {{text: string, isMarked: boolean}[]} the whole text, in pieces
 */
export function marked(text, marks) {
  const ranges = marks.flatMap((mark) => occurrences(text, mark));
  ranges.sort((a, b) => a[0] - b[0]);
  const pieces = [];
  let at = 0;
  for (const [from, to] of ranges) {
    if (to <= at) continue;
    if (from > at) pieces.push({ text: text.slice(at, from), isMarked: false });
    pieces.push({ text: text.slice(Math.max(at, from), to), isMarked: true });
    at = to;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), isMarked: false });
  return pieces;
}

/** @param {string} text @param {string} word @returns {[number, number][]} */
function occurrences(text, word) {
  const lower = fold(text);
  // A few letters change their length with their case; then places in one are not places in the other.
  if (word === '' || lower.length !== text.length) return [];
  /** @type {[number, number][]} */
  const found = [];
  for (
    let at = lower.indexOf(word);
    at >= 0 && found.length < MARKS_LIMIT;
    at = lower.indexOf(word, at + word.length)
  ) {
    found.push([at, at + word.length]);
  }
  return found;
}
