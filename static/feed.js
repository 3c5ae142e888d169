/**
 * The messages, oldest to newest, like `tail -f`.
 *
 * Owns what a row looks like and when the reader reads. Rows being read never move: that is lib/list.js.
 * Asks for: follow, read, select, open-message.
 */
import { ask, attribute, h, hear, write } from './lib/dom.js';
import { List } from './lib/list.js';
import { isMark } from './logic/message.js';
import { clearRow, drawMark, drawMessage, makeRow } from './row.js';
import { unseen, words } from './text.js';

/** @typedef {import('./store.js').Store} Store */

/** Rows of one height: the list must know where a row is without drawing those before it (px). */
const HEIGHTS = { compact: 20, normal: 24, relaxed: 32, phone: 44 };
const PHONE = matchMedia('(max-width: 640px)');

/** @param {HTMLElement} el @param {Store} store */
export function Feed(el, store) {
  const pillButton = h('button', {
    class: 'unseen',
    type: 'button',
    'data-role': 'unseen',
    hidden: true,
    onclick: () => ask(el, 'to-newest'),
  });
  const scroller = h('div', {
    class: 'feed-rows',
    role: 'grid',
    'aria-label': words.feed,
    'aria-colcount': 5,
    'data-role': 'feed',
    tabindex: 0,
  });
  el.append(scroller, pillButton);

  const list = new List(scroller, { height: height(), make: makeRow, render, clear: clearRow, left, drawn });
  /** The ring's number of the first row seen: what a reader's eyes hang on. */
  let anchor = -1;

  function height() {
    if (PHONE.matches) return HEIGHTS.phone;
    return HEIGHTS[/** @type {keyof typeof HEIGHTS} */ (store.settings.density)] ?? HEIGHTS.normal;
  }

  /** @param {HTMLElement} row @param {number} ordinal */
  function render(row, ordinal) {
    const n = store.matching.at(ordinal);
    const entry = store.ring.get(n);
    attribute(row, 'aria-rowindex', n + 1);
    row.classList.toggle('odd', ordinal % 2 !== 0);
    row.classList.toggle('selected', n === store.view.selected);
    attribute(row, 'aria-selected', n === store.view.selected);
    if (entry === undefined) return;
    if (isMark(entry)) drawMark(row, entry, time(n - 1), time(n + 1), store.view.zone);
    else {
      drawMessage(row, entry, store.view.zone, store.selection.filter.marks);
      store.counters.drawn += 1;
    }
  }

  /** @param {number} n */
  function time(n) {
    const entry = store.ring.get(n);
    return entry && !isMark(entry) ? entry.ms : null;
  }

  function drawn() {
    anchor = store.matching.at(list.firstSeen);
  }

  /** The reader scrolled. @param {boolean} up @param {boolean} atEnd */
  function left(up, atEnd) {
    if (up) ask(el, 'read');
    else if (atEnd) ask(el, 'reached-end');
  }

  function update() {
    const { view, matching } = store;
    list.following = view.mode === 'following';
    attribute(el, 'data-mode', view.mode);
    attribute(scroller, 'aria-rowcount', store.ring.size);
    const chosen = view.selected === null ? null : list.element(store.matching.find(view.selected));
    attribute(scroller, 'aria-activedescendant', chosen?.id ?? null);
    pillButton.hidden = view.mode === 'following' || (view.unseen === 0 && list.atEnd);
    write(pillButton, view.unseen > 0 ? unseen(view.unseen, view.unseenErrors) : `↓ ${words.toNewest}`);
    pillButton.classList.toggle('has-errors', view.unseenErrors > 0);
    if (matching.size > 0 || list.rows.hi > 0) list.show(store.rows);
  }

  hear(el, 'messages', update);
  hear(el, 'view', () => {
    // Bars come and go with the mode: the list must know its new place before anything is seen.
    list.following = store.view.mode === 'following';
    list.resized();
    list.redraw();
    update();
  });
  hear(el, 'selection', () => {
    const top = anchor;
    list.stamp += 1;
    list.show(store.rows);
    if (store.view.mode !== 'following' && top >= 0) list.reveal(store.matching.find(top));
    update();
  });
  hear(el, 'jump-end', () => {
    list.following = true;
    list.show(store.rows);
    list.following = store.view.mode === 'following';
    update();
  });
  hear(el, 'page', (/** @type {number} */ by) => {
    const target = (by < 0 ? list.firstSeen : list.lastSeen) + by * Math.floor(list.view / list.height - 1);
    if (by < 0) ask(el, 'read');
    list.reveal(Math.max(list.rows.lo, Math.min(list.rows.hi - 1, target)));
    if (by > 0 && list.atEnd) ask(el, 'reached-end');
  });
  hear(el, 'settings', () => {
    if (height() !== list.height) list.setHeight(height());
    else list.redraw();
  });
  hear(el, 'reveal', (/** @type {number} */ n) => {
    list.following = store.view.mode === 'following';
    list.reveal(store.matching.find(n));
  });

  // Before the first scroll event: a smooth wheel begins with less than a row.
  scroller.addEventListener(
    'wheel',
    (event) => {
      if (event.deltaY < 0 && list.top > 0) ask(el, 'read');
    },
    { passive: true },
  );
  scroller.addEventListener('touchmove', () => list.top > 0 && list.tall > list.view && ask(el, 'read'), {
    passive: true,
  });
  document.addEventListener('selectionchange', () => {
    const selection = getSelection();
    if (selection && !selection.isCollapsed && scroller.contains(selection.anchorNode)) ask(el, 'read');
  });
  scroller.addEventListener('click', (event) => {
    const row = /** @type {Element} */ (event.target).closest('.row');
    const ordinal = list.ordinal(row);
    if (ordinal === null || !getSelection()?.isCollapsed) return;
    ask(el, 'select-message', { n: store.matching.at(ordinal) });
  });
  PHONE.addEventListener('change', () => list.setHeight(height()));
  new ResizeObserver(() => list.resized()).observe(el);
  update();
}
