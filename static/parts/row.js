/**
 * One row of the feed: time, level, topic, one line of text, the start of `data`.
 *
 * Owns what a row says. Rows are pooled, so drawing one must leave nothing of what it said before.
 */
import { h, write } from '../ui/dom.js';
import { PLAIN, readable, toPieces } from '../format/ansi.js';
import { canFill } from '../messages/gaps.js';
import { brief, GLYPHS, headline, LEVELS } from '../messages/message.js';
import { marked } from '../format/highlight.js';
import { exact, iso, second, unlessToday } from '../format/time.js';
import { markRow } from '../text/en.js';
import { words } from '../text/words.js';

/** @typedef {import('../messages/message.js').Message} Message */
/** @typedef {import('../stream/continuity.js').Mark} Mark */
/** @typedef {import('../format/time.js').Zone} Zone */
/** @typedef {import('../format/time.js').Clock} Clock */
/** @typedef {import('../format/ansi.js').Rgb} Rgb */

const CELLS = ['time', 'level', 'topic', 'text', 'rest'];

const DARK = matchMedia('(prefers-color-scheme: dark)');
/** What an element of several pieces shows; '' is one piece. @type {WeakMap<HTMLElement, string>} */
const drawnAs = new WeakMap();
let made = 0;

export function makeRow() {
  made += 1;
  return h(
    'div',
    { class: 'row', role: 'row', id: `row-${made}` },
    ...CELLS.map((name) =>
      h('span', { class: `cell-${name}`, role: 'gridcell', dir: name === 'text' ? 'auto' : null }),
    ),
  );
}

/** A row that shows nothing now is found as nothing. @param {HTMLElement} row */
export function clearRow(row) {
  delete row.dataset.role;
  delete row.dataset.id;
}

/** @param {HTMLElement} row @returns {HTMLElement[]} */
const cells = (row) => /** @type {HTMLElement[]} */ ([...row.children]);

/** @param {HTMLElement} row @param {Message} message @param {Zone} zone @param {string} today @param {(string | RegExp)[]} marks */
export function drawMessage(row, message, zone, today, marks) {
  const [time, level, topic, text, rest] =
    /** @type {[HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement]} */ (cells(row));
  row.dataset.role = 'message';
  row.dataset.level = LEVELS[message.level];
  row.dataset.id = message.id;
  const { ms } = message;
  write(time, Number.isFinite(ms) ? unlessToday(ms, zone, today) + exact(ms, zone) : '–');
  time.title = iso(message.ms, zone);
  write(level, `${GLYPHS[message.level]} ${words.levelShort[message.level]}`);
  write(topic, message.topic);
  topic.title = message.source ? `${message.topic} · ${message.source}` : message.topic;
  const { line, more } = headline(message.message);
  drawText(text, line, marks);
  const data = brief(message.data);
  write(rest, more > 0 ? `+${more} ${more === 1 ? 'line' : 'lines'}${data && ' '}${data}` : data);
}

/** What can be done about a row that is no message. @param {Mark} mark */
function remedy(mark) {
  if (mark.mark === 'older') return words.showThem;
  if (!canFill(mark)) return '';
  if (mark.isLoading) return words.loading;
  return mark.hasFailed ? words.tryAgain : words.load;
}

/** @param {HTMLElement} row @param {Mark} mark @param {number | null} from @param {number | null} to @param {Clock} clock @param {string} today */
export function drawMark(row, mark, from, to, clock, today) {
  const [time, level, topic, text, rest] =
    /** @type {[HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement]} */ (cells(row));
  row.dataset.role = `mark-${mark.mark}`;
  row.dataset.level = '';
  row.dataset.id = '';
  const isTimed = mark.mark !== 'older';
  const at = mark.at - clock.off;
  write(time, isTimed ? unlessToday(at, clock.zone, today) + second(at, clock.zone) : '');
  time.title = isTimed ? iso(at, clock.zone) : '';
  const sentence = markRow(mark, clock, from, to);
  const label = remedy(mark);
  drawnAs.delete(text);
  // Drawn again only when it reads otherwise, or a click would find another button than it was meant for.
  if (text.textContent !== sentence + label || text.children.length > 1) {
    const button = h('button', { type: 'button', class: 'quiet', tabindex: -1 }, label);
    text.replaceChildren(sentence, ...(label ? [button] : []));
  }
  for (const cell of [level, topic, rest]) write(cell, '');
  topic.title = '';
}

/**
 * Text with its terminal colours, and with what the filter matched pointed out.
 * @param {HTMLElement} el @param {string} text @param {(string | RegExp)[]} [marks]
 */
export function drawText(el, text, marks = []) {
  const isPlain = marks.length === 0 && PLAIN.test(text);
  const { theme = '' } = document.documentElement.dataset;
  // The same once more leaves its pieces alone: somebody may just be selecting them.
  const key = isPlain ? '' : [theme, DARK.matches, ...marks, text].join('\n');
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
