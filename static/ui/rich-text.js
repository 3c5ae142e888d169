/** Text with its terminal colours, and with the words of the filter marked. */
import { PLAIN, readable, toPieces } from '../format/ansi.js';
import { marked } from '../format/highlight.js';
import { h, write } from './dom.js';

/** @typedef {import('../format/ansi.js').Rgb} Rgb */

/** What an element shows; '' is a single piece. @type {WeakMap<HTMLElement, string>} */
const drawnAs = new WeakMap();

/** The element gets another content now. @param {HTMLElement} el */
export const forgetText = (el) => drawnAs.delete(el);

/**
 * Text with its terminal colours, and with what the filter matched pointed out.
 * @param {HTMLElement} el @param {string} text @param {string[]} [marks]
 */
export function drawText(el, text, marks = []) {
  const isPlain = marks.length === 0 && PLAIN.test(text);
  const { theme = '' } = document.documentElement.dataset;
  // The same text again leaves its pieces alone: they may be selected.
  const key = isPlain ? '' : [theme, ...marks, text].join('\n');
  if (key !== '' && drawnAs.get(el) === key) return;
  drawnAs.set(el, key);
  if (isPlain) return write(el, text);
  el.replaceChildren(
    ...toPieces(text).flatMap(({ text: piece, style }) => {
      const nodes = marked(piece, marks).map(({ text: part, isMarked }) =>
        isMarked ? h('mark', {}, part) : document.createTextNode(part),
      );
      if (style === null) return nodes;
      const span = h('span', { class: 'ansi' }, ...nodes);
      if (style.bold) span.classList.add('bold');
      if (style.underline) span.classList.add('underline');
      paint(span, style.color, true);
      paint(span, style.background, false);
      return [span];
    }),
  );
}

/** @param {HTMLElement} span @param {import('../format/ansi.js').Style['color']} color @param {boolean} isText */
function paint(span, color, isText) {
  if (color === null) return;
  // The sixteen are the theme's own; of any other, text is made one that can be read.
  const own = typeof color === 'number' ? `var(--ansi-${color})` : '';
  if (isText) {
    span.style.color = own || rgb(readable(/** @type {Rgb} */ (color), pageColor()));
    return;
  }
  span.style.background = `color-mix(in srgb, ${own || rgb(color)} 25%, transparent)`;
  // Of two colours of a stranger's few pairs can be read: on a ground of its own text is the page's.
  span.style.color = 'var(--text)';
}

/** @param {number | Rgb} color */
const rgb = (color) => `rgb(${color})`;

/** @returns {Rgb} */
function pageColor() {
  const parts = /(\d+), (\d+), (\d+)/.exec(getComputedStyle(document.body).backgroundColor);
  return parts ? [Number(parts[1]), Number(parts[2]), Number(parts[3])] : [255, 255, 255];
}
