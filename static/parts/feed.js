/**
 * The messages, oldest to newest, like `tail -f`.
 *
 * Owns which rows are drawn, the anchor that stays where it is, and when reading begins. Rows that are read never
 * move: that is ui/list.js. What a row shows is row.js.
 */
import { loadGap, showOlder } from '../actions/history.js';
import { loseRows, reachedEnd, startReading } from '../actions/reading.js';
import { pickAll, pickedText, pickTo, selectMessage } from '../actions/rows.js';
import { shortDay } from '../format/time.js';
import { isMark } from '../messages/message.js';
import { marksIn } from '../query/expression.js';
import { words } from '../text/en.js';
import { attribute, h, hear, write } from '../ui/dom.js';
import { List } from '../ui/list.js';
import { selectedLines } from '../ui/selected-lines.js';
import { clearRow, drawDay, drawMark, drawMessage, makeRow } from './row.js';

/**
 * @typedef {import('../actions/page.js').Page} Page
 * @typedef {import('../messages/message.js').Entry} Entry
 * @typedef {{entry: Entry, n: number, below: number}} Anchor a row, its number, and where on the screen (px)
 * @typedef {{find: () => number, place: (ordinal: number) => void}} Wish a row to be shown as soon as a scan has found it
 */

/** Rows of one height: the list must know where a row is without drawing those before it (rem, as in tokens.css). */
const HEIGHTS = { compact: 1.25, normal: 1.5, relaxed: 2, phone: 46 / 16 };
/** The operator's own font size (px). */
const REM = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
const PHONE = matchMedia('(max-width: 640px)');
/** Where the page itself is scrolled (phone.css). */
const LOW = matchMedia('(max-height: 420px)');
/** The row above the oldest. @type {import('../stream/continuity.js').Mark} */
const OLDER = { mark: 'older', at: 0 };

/** @param {HTMLElement} el @param {Page} page @returns {import('../actions/page.js').FeedHandle} */
export function Feed(el, page) {
  const { store } = page;
  const scroller = h('div', {
    class: 'feed-rows',
    id: 'messages',
    role: 'grid',
    'aria-label': words.feed,
    'aria-colcount': 5,
    'data-role': 'feed',
    tabindex: 0,
  });
  const day = h('span', {});
  const heads = words.heads.map((name) =>
    h('span', { class: name === words.source ? 'cell-source' : null }, name),
  );
  const band = h('div', { class: 'mode', 'data-role': 'mode', hidden: true });
  el.append(h('div', { class: 'heads', 'aria-hidden': 'true' }, day, ...heads), scroller, band);

  const list = new List(scroller, { height: height(), make: makeRow, render, clear: clearRow, left, drawn });
  let roll = store.roll;
  /** The ordinal of the row above all others. @type {number | null} */
  let offer = null;
  /** The first row in sight. @type {Anchor | null} */
  let anchor = null;
  /** The first row in sight before filters changed; null after the operator moved. @type {Anchor | null} */
  let home = null;
  /** @type {Wish | null} */
  let wish = null;
  /** Scroll position in the live messages, while history is shown. @type {Anchor | null} */
  let livePosition = null;

  function height() {
    const density = PHONE.matches ? 'phone' : /** @type {keyof typeof HEIGHTS} */ (store.settings.density);
    return (HEIGHTS[density] ?? HEIGHTS.normal) * REM;
  }

  /** With one row more, when there is more above. */
  function rows() {
    const { lo, hi } = store.rows;
    const isMore = hi > lo && store.hasOlder && !store.matching.scanning;
    const above = isMore ? lo - 1 : null;
    if (above !== offer && offer !== null) list.stale(offer);
    offer = above;
    return { lo: isMore ? lo - 1 : lo, hi };
  }

  /** @param {HTMLElement} row @param {number} ordinal */
  function render(row, ordinal) {
    const { zone, selected } = store.view;
    const n = store.matching.at(ordinal);
    const entry = ordinal < store.matching.lo ? OLDER : store.ring.get(n);
    attribute(row, 'aria-rowindex', ordinal - list.rows.lo + 1);
    row.classList.toggle('selected', n >= 0 && n === selected);
    row.classList.toggle('picked', isPicked(n));
    row.classList.toggle('fresh', !store.past && store.fresh.has(n, store.now()));
    attribute(row, 'aria-selected', n >= 0 && n === selected);
    if (entry === undefined) drawDay(row, messageBelow(ordinal)?.ms, zone);
    else if (isMark(entry)) drawMark(row, entry, time(n, -1), time(n, 1), store.clock);
    else {
      drawMessage(row, entry, zone, marksIn(store.selection.filter, entry));
      store.countDrawn();
    }
  }

  /** @param {number} n */
  function isPicked(n) {
    const { picked } = store.view;
    if (picked === null || n < 0) return false;
    return n >= Math.min(picked.from, picked.to) && n <= Math.max(picked.from, picked.to);
  }

  /** The first message at or below a row. @param {number} ordinal */
  function messageBelow(ordinal) {
    for (let at = ordinal; at < store.matching.hi; at++) {
      const entry = store.ring.get(store.matching.at(at));
      if (entry && !isMark(entry)) return entry;
    }
    return null;
  }

  /** @param {number} n @param {1 | -1} by */
  const time = (n, by) => (n < 0 ? null : (store.roll.beside(n, by)?.ms ?? null));

  function drawn() {
    if (roll !== store.roll) return; // Drawn once more before it turns.
    // The row that was read was evicted, and another row has its place: the operator must be told.
    if (anchor && anchor.n < store.ring.first && !isMark(anchor.entry)) {
      if (store.view.mode !== 'following' && !store.past) loseRows(page, anchor.entry.id);
    }
    let ordinal = Math.max(list.firstSeen, store.matching.lo);
    if (store.matching.at(ordinal) % 1 !== 0) ordinal += 1;
    const n = store.matching.at(ordinal);
    const entry = store.ring.get(n);
    const message = messageBelow(ordinal);
    write(day, message ? shortDay(message.ms, store.view.zone) : '');
    anchor = entry ? { entry, n, below: list.below(ordinal) } : null;
  }

  /** The reader scrolled. @param {boolean} up @param {boolean} atEnd */
  function left(up, atEnd) {
    wish = null;
    home = null;
    if (up) startReading(page);
    else if (atEnd) reachedEnd(page);
    // At once: drawn as a follower, it would undo the first notch of the wheel.
    list.following = store.view.mode === 'following';
  }

  /** Bring the list up to date: the rows that there are now, where they were. */
  function show() {
    if (roll === store.roll) list.show(rows());
    else turn();
    if (wish === null) return;
    const { find, place } = wish;
    const n = find();
    if (n >= 0 && store.matching.next >= n) return; // The scan has not come so far.
    wish = null;
    if (n >= 0) place(store.matching.find(n));
  }

  /** Where it was on the screen. @param {Anchor | null} anchor @returns {Wish | null} */
  function again(anchor) {
    if (anchor === null) return null;
    const { entry, below } = anchor;
    return {
      find: () => store.ring.findLast((each) => each === entry),
      place: (ordinal) => list.hold(ordinal, below),
    };
  }

  /** Other messages altogether: a look back, or the end of one. */
  function turn() {
    if (roll === store.live) livePosition = store.view.mode === 'following' ? null : anchor;
    roll = store.roll;
    anchor = null;
    home = null;
    if (roll === store.live) wish ??= again(livePosition);
    else wish = null;
    list.begin(rows());
    if (wish === null) list.hold(list.rows.hi, list.view);
  }

  /** In the next frame, when bars have come and gone. @param {Wish['find']} find @param {Wish['place']} place */
  function look(find, place) {
    home = null;
    wish = { find, place };
    store.changed('messages');
  }

  function update() {
    const { view } = store;
    list.following = view.mode === 'following';
    attribute(el, 'data-mode', view.mode);
    attribute(el, 'data-sources', store.live.sources.size > 1 ? 'many' : 'one');
    attribute(scroller, 'aria-rowcount', store.matching.size);
    if (store.matching.size > 0 || list.rows.hi > list.rows.lo || roll !== store.roll) show();
    const chosen = view.selected === null ? null : list.element(store.matching.find(view.selected));
    attribute(scroller, 'aria-activedescendant', chosen?.id ?? null);
  }

  hear(el, 'messages', update);
  hear(el, 'view', () => {
    // The band and bars come and go with the mode: the list must know its new place before anything is seen.
    list.following = store.view.mode === 'following';
    band.hidden = list.following;
    list.resized();
    list.redraw();
    update();
  });
  hear(el, 'selection', () => {
    // The place from before the first of several changes: another filter in between does not move it.
    home ??= anchor;
    if (store.view.mode !== 'following' && roll === store.roll) wish ??= again(home);
    list.begin(rows());
    update();
  });
  hear(el, 'settings', () => {
    if (height() !== list.height) list.setHeight(height());
    else list.redraw();
  });
  hear(el, 'tick', () => {
    // Once, when they are no longer pointed out: drawing rows again ends a selection of text in them.
    if (!store.fresh.has(store.fresh.from, store.now()) && el.querySelector('.fresh')) list.redraw();
  });

  // Before the first scroll event: a smooth wheel begins with less than a row.
  scroller.addEventListener(
    'wheel',
    (event) => {
      if (event.deltaY < 0 && list.top > 0) startReading(page);
    },
    { passive: true },
  );
  scroller.addEventListener('touchmove', () => list.top > 0 && list.tall > list.view && startReading(page), {
    passive: true,
  });
  document.addEventListener('selectionchange', () => {
    const selection = getSelection();
    if (selection && !selection.isCollapsed && scroller.contains(selection.anchorNode)) startReading(page);
  });
  scroller.addEventListener('click', (event) => {
    const target = /** @type {Element} */ (event.target);
    const ordinal = list.ordinal(target.closest('.row'));
    if (ordinal === null) return;
    const n = store.matching.at(ordinal);
    if (n % 1 !== 0) return; // Between two days.
    if (event.shiftKey && n >= 0) {
      getSelection()?.removeAllRanges();
      return pickTo(page, n);
    }
    if (!getSelection()?.isCollapsed) return;
    if (ordinal < store.matching.lo) showOlder(page);
    else if (target.closest('button')) loadGap(page, n);
    else selectMessage(page, n);
  });
  scroller.addEventListener('keydown', (event) => {
    if (event.key !== 'a' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    pickAll(page);
  });
  document.addEventListener('copy', (event) => {
    const selection = getSelection();
    const isHere = selection?.rangeCount && scroller.contains(selection.anchorNode);
    const text =
      isHere && !selection.isCollapsed
        ? selectedLines(selection, list.sizer.children).join('\n')
        : document.activeElement === scroller && selection?.isCollapsed
          ? pickedText(page)
          : '';
    if (text === '') return;
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
  });
  PHONE.addEventListener('change', () => list.setHeight(height()));
  new ResizeObserver(() => list.resized()).observe(el);
  update();

  return {
    get firstSeen() {
      return list.firstSeen;
    },
    jumpEnd() {
      list.following = true;
      list.show(rows());
      list.following = store.view.mode === 'following';
      update();
    },
    jumpStart() {
      list.following = false;
      look(
        () => store.ring.first,
        () => list.reveal(list.rows.lo),
      );
    },
    scrollPage(by) {
      const target = (by < 0 ? list.firstSeen : list.lastSeen) + by * Math.floor(list.view / list.height - 1);
      if (by < 0) startReading(page);
      list.reveal(Math.max(list.rows.lo, Math.min(list.rows.hi - 1, target)));
      if (by > 0 && list.atEnd) reachedEnd(page);
    },
    reveal(n, isMiddle = false) {
      list.following = store.view.mode === 'following';
      look(
        () => n,
        (ordinal) => {
          list.reveal(ordinal, isMiddle);
          // A low screen may be scrolled to something else.
          if (LOW.matches) scroller.scrollIntoView({ block: 'nearest' });
        },
      );
    },
  };
}
