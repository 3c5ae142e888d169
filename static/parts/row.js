/**
 * One row of the feed: time, level, topic, one line of text, the start of `data`.
 *
 * Owns what a row says. Rows are pooled, so drawing one must leave nothing of what it said before.
 */

import { iso, middle, millis, second, unlessToday } from '../format/time.js';
import { canFill } from '../messages/gaps.js';
import { fields, headline, LEVELS } from '../messages/message.js';
import { markRow, moreLines, words } from '../text/en.js';
import { h, write } from '../ui/dom.js';
import { drawText, forgetText } from '../ui/rich-text.js';

/** @typedef {import('../messages/message.js').Message} Message */
/** @typedef {import('../stream/continuity.js').Mark} Mark */
/** @typedef {import('../format/time.js').Zone} Zone */
/** @typedef {import('../format/time.js').Clock} Clock */

/** Characters of a topic that a row has room for. */
const TOPIC_ROOM = 22;

let made = 0;

export function makeRow() {
  made += 1;
  /** @param {string} name @param {...HTMLElement} inside */
  const cell = (name, ...inside) => h('span', { class: `cell-${name}`, role: 'gridcell' }, ...inside);
  return h(
    'div',
    { class: 'row', role: 'row', id: `row-${made}` },
    cell('time', h('span'), h('i')),
    cell('level'),
    cell('topic'),
    cell('source'),
    cell(
      'message',
      h('span', { class: 'cell-text', dir: 'auto' }),
      h('span', { class: 'tag' }),
      h('span', { class: 'cell-rest' }),
    ),
  );
}

/** Remove data attributes, so that queries do not match an unused pooled row. @param {HTMLElement} row */
export function clearRow(row) {
  delete row.dataset.role;
  delete row.dataset.id;
}

/** The pieces of a row that are written. @param {HTMLElement} row @returns {HTMLElement[]} */
function pieces(row) {
  const [time, level, topic, source, message] = /** @type {HTMLElement[]} */ ([...row.children]);
  return /** @type {HTMLElement[]} */ ([time, level, topic, source, ...(message?.children ?? [])]);
}

/** @typedef {[time: HTMLElement, level: HTMLElement, topic: HTMLElement, source: HTMLElement, text: HTMLElement, tag: HTMLElement, rest: HTMLElement]} Pieces */

/** @param {HTMLElement} time @param {string} whole @param {string} rest less important digits */
function writeTime(time, whole, rest) {
  write(/** @type {Element} */ (time.firstElementChild), whole);
  write(/** @type {Element} */ (time.lastElementChild), rest);
}

/** @param {HTMLElement} row @param {Message} message @param {Zone} zone @param {string} today @param {string[]} marks */
export function drawMessage(row, message, zone, today, marks) {
  const [time, level, topic, source, text, tag, rest] = /** @type {Pieces} */ (pieces(row));
  row.dataset.role = 'message';
  row.dataset.level = LEVELS[message.level];
  row.dataset.id = message.id;
  row.classList.toggle('withdrawn', message.isWithdrawn === true);
  const { ms } = message;
  if (Number.isFinite(ms)) writeTime(time, unlessToday(ms, zone, today) + second(ms, zone), millis(ms));
  else writeTime(time, '–', '');
  time.title = iso(message.ms, zone);
  write(level, words.levelShort[message.level] ?? '');
  write(topic, middle(message.topic, TOPIC_ROOM));
  topic.title = message.source ? `${message.topic} · ${message.source}` : message.topic;
  write(source, message.source);
  const { line, more } = headline(message.message);
  drawText(text, line, marks);
  write(tag, more > 0 ? moreLines(more) : '');
  write(rest, fields(message.data));
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
  const [time, level, topic, source, text, tag, rest] = /** @type {Pieces} */ (pieces(row));
  row.dataset.role = `mark-${mark.mark}`;
  row.dataset.level = '';
  row.dataset.id = '';
  row.classList.remove('withdrawn');
  const isTimed = mark.mark !== 'older';
  const at = mark.at - clock.off;
  writeTime(time, isTimed ? unlessToday(at, clock.zone, today) + second(at, clock.zone) : '', '');
  time.title = isTimed ? iso(at, clock.zone) : '';
  const sentence = markRow(mark, clock, from, to);
  const label = remedy(mark);
  forgetText(text);
  // Drawn again only when it reads otherwise, or a click would find another button than it was meant for.
  if (text.textContent !== sentence + label || text.children.length > 1) {
    const button = h('button', { type: 'button', class: 'quiet', tabindex: -1 }, label);
    text.replaceChildren(sentence, ...(label ? [button] : []));
  }
  for (const piece of [level, topic, source, tag, rest]) write(piece, '');
  topic.title = '';
}
