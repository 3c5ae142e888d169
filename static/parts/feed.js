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
import { Rail } from '../ui/rail.js';
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
/** Colours of the ticks beside the rows, by level, as tokens.css names them. */
const TICK_COLORS = ['', '', '--bar-warn', '--bar-error', '--bar-critical'];
/** The row above the oldest. @type {import('../stream/continuity.js').Mark} */
const OLDER = { mark: 'older', at: 0 };

/** @param {HTMLElement} el @param {Page} page @returns {import('../actions/page.js').FeedHandle} */
export function Feed(el, page) {
  const view = new FeedView(el, page);
  listenForNouns(el, view);
  listenForScrolling(view);
  listenForPicking(view);
  PHONE.addEventListener('change', () => view.list.setHeight(view.height));
  new ResizeObserver(() => view.list.resized()).observe(el);
  view.update();
  return view;
}

class FeedView {
  /** @param {HTMLElement} el @param {Page} page */
  constructor(el, page) {
    this.el = el;
    this.page = page;
    this.store = page.store;
    this.scroller = h('div', {
      class: 'feed-rows',
      id: 'messages',
      role: 'grid',
      'aria-label': words.feed,
      'aria-colcount': 5,
      'data-role': 'feed',
      tabindex: 0,
    });
    this.day = h('span', {});
    const heads = words.heads.map((name) =>
      h('span', { class: name === words.source ? 'cell-source' : null }, name),
    );
    this.band = h('div', { class: 'mode', 'data-role': 'mode', hidden: true });
    const strip = h('div', { class: 'rail', 'aria-hidden': 'true', 'data-role': 'rail' });
    el.append(
      h('div', { class: 'heads', 'aria-hidden': 'true' }, this.day, ...heads),
      this.scroller,
      strip,
      this.band,
    );
    this.rail = new Rail(strip, (share) => this.#jump(share));
    /** What the ticks were drawn for. */
    this.ticksOf = '';
    this.roll = this.store.roll;
    /** The look through all rows that their ordinals are of. */
    this.look = this.roll.counted;
    /** The ordinal of the row above all others. @type {number | null} */
    this.offer = null;
    /** The first row in sight. @type {Anchor | null} */
    this.anchor = null;
    /** The first row in sight before filters changed; null after the operator moved. @type {Anchor | null} */
    this.home = null;
    /** @type {Wish | null} */
    this.wish = null;
    /** Scroll position in the live messages, while history is shown. @type {Anchor | null} */
    this.livePosition = null;
    this.list = new List(this.scroller, {
      height: this.height,
      make: makeRow,
      render: (row, ordinal) => this.#render(row, ordinal),
      clear: clearRow,
      left: (up, atEnd) => this.#left(up, atEnd),
      drawn: () => this.#drawn(),
    });
  }

  /** Height of a row (px). */
  get height() {
    const { density } = this.store.settings;
    return (
      (HEIGHTS[PHONE.matches ? 'phone' : /** @type {keyof typeof HEIGHTS} */ (density)] ?? HEIGHTS.normal) *
      REM
    );
  }

  /** With one row more, when there is more above. */
  #rows() {
    const { list, offer, store } = this;
    const { lo, hi } = store.rows;
    const isMore = hi > lo && store.hasOlder && !store.matching.scanning;
    const above = isMore ? lo - 1 : null;
    if (above !== offer && offer !== null) list.stale(offer);
    this.offer = above;
    return { lo: isMore ? lo - 1 : lo, hi };
  }

  /** @param {HTMLElement} row @param {number} ordinal */
  #render(row, ordinal) {
    const { list, store } = this;
    const { zone, selected } = store.view;
    const n = store.matching.at(ordinal);
    const entry = ordinal < store.matching.lo ? OLDER : store.ring.get(n);
    attribute(row, 'aria-rowindex', ordinal - list.rows.lo + 1);
    row.classList.toggle('selected', n >= 0 && n === selected);
    row.classList.toggle('picked', this.#isPicked(n));
    row.classList.toggle('fresh', !store.past && store.fresh.has(n, store.now()));
    attribute(row, 'aria-selected', n >= 0 && n === selected);
    if (entry === undefined) drawDay(row, this.#messageBelow(ordinal)?.ms, zone);
    else if (isMark(entry)) {
      const time = (/** @type {1 | -1} */ by) => (n < 0 ? null : (store.roll.beside(n, by)?.ms ?? null));
      drawMark(row, entry, time(-1), time(1), store.clock);
    } else {
      drawMessage(row, entry, zone, marksIn(store.selection.filter, entry));
      store.countDrawn();
    }
  }

  /** @param {number} n */
  #isPicked(n) {
    const { picked } = this.store.view;
    if (picked === null || n < 0) return false;
    return n >= Math.min(picked.from, picked.to) && n <= Math.max(picked.from, picked.to);
  }

  /** The first message at or below a row. @param {number} ordinal */
  #messageBelow(ordinal) {
    const { matching, ring } = this.store;
    for (let at = ordinal; at < matching.hi; at++) {
      const entry = ring.get(matching.at(at));
      if (entry && !isMark(entry)) return entry;
    }
    return null;
  }

  #drawn() {
    const { anchor, list, store } = this;
    // Drawn once more before it turns, or before `selection` tells that the ordinals are others.
    if (this.roll !== store.roll || this.look !== store.roll.counted) return;
    // The row that was read was evicted, and another row has its place: the operator must be told.
    if (anchor && anchor.n < store.ring.first && !isMark(anchor.entry)) {
      if (store.view.mode !== 'following' && !store.past) loseRows(this.page, anchor.entry.id);
    }
    let ordinal = Math.max(list.firstSeen, store.matching.lo);
    if (store.matching.at(ordinal) % 1 !== 0) ordinal += 1;
    const n = store.matching.at(ordinal);
    const entry = store.ring.get(n);
    const message = this.#messageBelow(ordinal);
    write(this.day, message ? shortDay(message.ms, store.view.zone) : '');
    this.anchor = entry ? { entry, n, below: list.below(ordinal) } : null;
    this.rail.place(list.top, list.view, list.tall);
  }

  /** The operator scrolled. @param {boolean} up @param {boolean} atEnd */
  #left(up, atEnd) {
    this.wish = null;
    this.home = null;
    if (up) startReading(this.page);
    else if (atEnd) reachedEnd(this.page);
    // At once: drawn as a follower, it would undo the first notch of the wheel.
    this.list.following = this.#isFollowing;
  }

  get #isFollowing() {
    return this.store.view.mode === 'following';
  }

  /** The operator pointed at a part of the rail. @param {number} share */
  #jump(share) {
    const { lo, hi } = this.list.rows;
    startReading(this.page);
    this.list.following = false;
    this.list.reveal(Math.min(hi - 1, lo + Math.floor(share * (hi - lo))), true);
    if (this.list.atEnd) reachedEnd(this.page);
  }

  /** Bring the list up to date: the rows that there are now, where they were. */
  #show() {
    const { store } = this;
    if (this.roll === store.roll) this.list.show(this.#rows());
    else this.#turn();
    if (this.wish === null) return;
    const { find, place } = this.wish;
    const n = find();
    if (n >= 0 && store.matching.next >= n) return; // The scan has not come so far.
    this.wish = null;
    if (n >= 0) place(store.matching.find(n));
  }

  /** Where it was on the screen. @param {Anchor | null} anchor @returns {Wish | null} */
  #again(anchor) {
    if (anchor === null) return null;
    const { entry, below } = anchor;
    return {
      find: () => this.store.ring.findLast((each) => each === entry),
      place: (ordinal) => this.list.hold(ordinal, below),
    };
  }

  /** Other messages altogether: a look back, or the end of one. */
  #turn() {
    const { list, store } = this;
    if (this.roll === store.live) this.livePosition = this.#isFollowing ? null : this.anchor;
    this.roll = store.roll;
    this.look = store.roll.counted;
    this.anchor = null;
    this.home = null;
    if (this.roll === store.live) this.wish ??= this.#again(this.livePosition);
    else this.wish = null;
    list.begin(this.#rows());
    if (this.wish === null) list.hold(list.rows.hi, list.view);
  }

  /** In the next frame, when bars have come and gone. @param {Wish['find']} find @param {Wish['place']} place */
  #look(find, place) {
    this.home = null;
    this.wish = { find, place };
    this.store.changed('messages');
  }

  update() {
    const { el, list, scroller, store } = this;
    list.following = this.#isFollowing;
    attribute(el, 'data-mode', store.view.mode);
    attribute(el, 'data-sources', store.live.sources.size > 1 ? 'many' : 'one');
    attribute(scroller, 'aria-rowcount', store.matching.size);
    if (store.matching.size > 0 || list.rows.hi > list.rows.lo || this.roll !== store.roll) this.#show();
    const { selected } = store.view;
    const chosen = selected === null ? null : list.element(store.matching.find(selected));
    attribute(scroller, 'aria-activedescendant', chosen?.id ?? null);
  }

  viewChanged() {
    // The band and bars come and go with the mode: the list must know its new place before anything is seen.
    this.list.following = this.#isFollowing;
    this.band.hidden = this.#isFollowing;
    this.list.resized();
    this.list.redraw();
    this.update();
  }

  selectionChanged() {
    // The place from before the first of several changes: another filter in between does not move it.
    this.home ??= this.anchor;
    this.look = this.store.roll.counted;
    if (!this.#isFollowing && this.roll === this.store.roll) this.wish ??= this.#again(this.home);
    this.list.begin(this.#rows());
    this.update();
  }

  settingsChanged() {
    if (this.height !== this.list.height) this.list.setHeight(this.height);
    else this.list.redraw();
    this.ticksOf = '';
  }

  ticked() {
    const { fresh } = this.store;
    // Once, when they are no longer pointed out: drawing rows again ends a selection of text in them.
    if (!fresh.has(fresh.from, this.store.now()) && this.el.querySelector('.fresh')) this.list.redraw();
    this.#markRail();
  }

  /** Where warnings and errors are among all rows. */
  #markRail() {
    const { rail, store } = this;
    const { lo, hi } = store.rows;
    const ticksOf = [lo, hi, rail.slots, store.past !== null, document.documentElement.dataset.theme].join();
    if (ticksOf === this.ticksOf) return;
    this.ticksOf = ticksOf;
    const style = getComputedStyle(this.el);
    const colors = TICK_COLORS.map((name) => (name === '' ? '' : style.getPropertyValue(name)));
    rail.mark([...store.roll.gravest(lo, hi, rail.slots)].map((level) => colors[level] ?? ''));
  }

  // For the actions.

  get firstSeen() {
    return this.list.firstSeen;
  }

  jumpEnd() {
    this.list.following = true;
    this.list.show(this.#rows());
    this.list.following = this.#isFollowing;
    this.update();
  }

  jumpStart() {
    this.list.following = false;
    this.#look(
      () => this.store.ring.first,
      () => this.list.reveal(this.list.rows.lo),
    );
  }

  /** @param {1 | -1} by */
  scrollPage(by) {
    const { list, page } = this;
    const target = (by < 0 ? list.firstSeen : list.lastSeen) + by * Math.floor(list.view / list.height - 1);
    if (by < 0) startReading(page);
    list.reveal(Math.max(list.rows.lo, Math.min(list.rows.hi - 1, target)));
    if (by > 0 && list.atEnd) reachedEnd(page);
  }

  /** @param {number} n @param {boolean} [isMiddle] */
  reveal(n, isMiddle = false) {
    this.list.following = this.#isFollowing;
    this.#look(
      () => n,
      (ordinal) => {
        this.list.reveal(ordinal, isMiddle);
        // A low screen may be scrolled to something else.
        if (LOW.matches) this.scroller.scrollIntoView({ block: 'nearest' });
      },
    );
  }
}

/** @param {HTMLElement} el @param {FeedView} view */
function listenForNouns(el, view) {
  hear(el, 'messages', () => view.update());
  hear(el, 'view', () => view.viewChanged());
  hear(el, 'selection', () => view.selectionChanged());
  hear(el, 'settings', () => view.settingsChanged());
  hear(el, 'tick', () => view.ticked());
}

/** @param {FeedView} view */
function listenForScrolling({ list, page, scroller }) {
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
}

/** Select, pick and copy rows. @param {FeedView} view */
function listenForPicking({ list, page, scroller, store }) {
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
}
