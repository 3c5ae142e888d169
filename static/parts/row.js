/**
 * One row of the feed: time, level, topic, one line of text, the start of `data`.
 *
 * Owns what a row says. Rows are pooled, so drawing one must leave nothing of what it said before.
 */

import { iso, longDay, millis, second } from '../format/time.js';
import { canFill } from '../messages/gaps.js';
import { fieldPairs, headline, LEVELS } from '../messages/message.js';
import { markRow, moreLines, words } from '../text/en.js';
import { h, icon, write } from '../ui/dom.js';
import { drawText, forgetText } from '../ui/rich-text.js';

/** @typedef {import('../messages/message.js').Message} Message */
/** @typedef {import('../stream/continuity.js').Mark} Mark */
/** @typedef {import('../format/time.js').Zone} Zone */
/** @typedef {import('../format/time.js').Clock} Clock */

/** Characters of a topic's last part that are always shown. */
const TOPIC_TAIL = 15;

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
    cell('topic', h('span'), h('span')),
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

/** The beginning gives way to the last part, which tells more. @param {HTMLElement} el @param {string} topic */
function writeTopic(el, topic) {
  const cut = topic.length > TOPIC_TAIL ? Math.max(topic.lastIndexOf('.') + 1, topic.length - TOPIC_TAIL) : 0;
  write(/** @type {Element} */ (el.firstElementChild), topic.slice(0, cut));
  write(/** @type {Element} */ (el.lastElementChild), topic.slice(cut));
}

/** @param {HTMLElement} row @param {Message} message @param {Zone} zone @param {string[]} marks */
export function drawMessage(row, message, zone, marks) {
  const [time, level, topic, source, text, tag, rest] = /** @type {Pieces} */ (pieces(row));
  row.dataset.role = 'message';
  row.dataset.level = LEVELS[message.level];
  row.dataset.id = message.id;
  row.classList.toggle('withdrawn', message.isWithdrawn === true);
  const { ms } = message;
  if (Number.isFinite(ms)) writeTime(time, second(ms, zone), millis(ms));
  else writeTime(time, '–', '');
  time.title = iso(message.ms, zone);
  write(level, words.levelShort[message.level] ?? '');
  writeTopic(topic, message.topic);
  topic.title = message.source ? `${message.topic} · ${message.source}` : message.topic;
  write(source, message.source);
  const { line, more } = headline(message.message);
  if (text.dataset.sign) {
    delete text.dataset.sign;
    text.textContent = '';
  }
  drawText(text, line, marks);
  write(tag, more > 0 ? moreLines(more) : '');
  writeFields(rest, fieldPairs(message.data));
}

/** What can be done about a row that is no message. @param {Mark} mark */
function remedy(mark) {
  if (mark.mark === 'older') return words.showThem;
  if (!canFill(mark)) return '';
  if (mark.isLoading) return words.loading;
  return mark.hasFailed ? words.tryAgain : words.load;
}

/** @type {Partial<Record<Mark['mark'], string>>} */
const MARK_SIGNS = { gap: 'triangle-alert', asleep: 'history', older: 'history', loss: 'plug-zap' };

/** @param {HTMLElement} row @param {Mark} mark @param {number | null} from @param {number | null} to @param {Clock} clock */
export function drawMark(row, mark, from, to, clock) {
  drawSign(
    row,
    `mark-${mark.mark}`,
    MARK_SIGNS[mark.mark] ?? 'circle-alert',
    markRow(mark, clock, from, to),
    remedy(mark),
  );
}

/** The row between two days. @param {HTMLElement} row @param {number | undefined} ms @param {Zone} zone */
export const drawDay = (row, ms, zone) =>
  drawSign(row, 'day', 'calendar', ms === undefined ? '' : longDay(ms, zone), '');

/** @param {HTMLElement} row @param {string} role @param {string} sign @param {string} sentence @param {string} label of its button; '' for none */
function drawSign(row, role, sign, sentence, label) {
  const [time, level, topic, source, text, tag, rest] = /** @type {Pieces} */ (pieces(row));
  row.dataset.role = role;
  row.dataset.level = '';
  row.dataset.id = '';
  row.classList.remove('withdrawn');
  writeTime(time, '', '');
  time.title = '';
  forgetText(text);
  // Drawn again only when it reads otherwise, or a click would find another button than it was meant for.
  if (text.dataset.sign !== sign || text.textContent !== sentence + label) {
    const button = h('button', { type: 'button', class: 'quiet', tabindex: -1 }, label);
    // What happened is told first, and stands out.
    const [lead = ''] = /^.+?(?=[,.:] |[,.:]?$)/.exec(sentence) ?? [];
    const body = h('span', {}, h('b', {}, lead), sentence.slice(lead.length));
    text.replaceChildren(icon(sign), body, ...(label ? [button] : []));
  }
  text.dataset.sign = sign;
  for (const piece of [level, source, tag]) write(piece, '');
  writeTopic(topic, '');
  writeFields(rest, []);
  topic.title = '';
}

/** Names recede, values stand out. @param {HTMLElement} el @param {[name: string, value: string][]} pairs */
function writeFields(el, pairs) {
  const named = pairs.map(([name, value], i) => [i > 0 && name ? ` ${name}` : name, value]);
  if (el.textContent === named.flat().join('')) return;
  el.replaceChildren(...named.flatMap(([name, value]) => [name ? h('i', {}, name) : '', value ?? '']));
}
