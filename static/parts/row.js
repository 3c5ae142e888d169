/**
 * One row of the feed: time, level, topic, one line of text, the start of `data`.
 *
 * Owns what a row says. Rows are pooled, so drawing one must leave nothing of what it said before.
 */

import { exact, iso, second, unlessToday } from '../format/time.js';
import { canFill } from '../messages/gaps.js';
import { brief, GLYPHS, headline, LEVELS } from '../messages/message.js';
import { markRow, words } from '../text/en.js';
import { h, write } from '../ui/dom.js';
import { drawText, forgetText } from '../ui/rich-text.js';

/** @typedef {import('../messages/message.js').Message} Message */
/** @typedef {import('../stream/continuity.js').Mark} Mark */
/** @typedef {import('../format/time.js').Zone} Zone */
/** @typedef {import('../format/time.js').Clock} Clock */

const CELLS = ['time', 'level', 'topic', 'text', 'rest'];

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
  forgetText(text);
  // Drawn again only when it reads otherwise, or a click would find another button than it was meant for.
  if (text.textContent !== sentence + label || text.children.length > 1) {
    const button = h('button', { type: 'button', class: 'quiet', tabindex: -1 }, label);
    text.replaceChildren(sentence, ...(label ? [button] : []));
  }
  for (const cell of [level, topic, rest]) write(cell, '');
  topic.title = '';
}
