/**
 * Which entries of the ring are shown, kept up as entries come and go and as the filter changes.
 *
 * Between entries of two days there is a row of its own, numbered half a number before the entry below it.
 *
 * Every shown row has an ordinal that stays its own until the filter changes: rows that were there when the
 * filter came count down from -1, rows that came later count up from 0. So a row keeps its place while a
 * scan finds older ones, and the list can tell a row that moved from one that is new.
 */

/** @template T */
export class Matching {
  /**
   * @param {import('./ring.js').Ring<T>} ring @param {(entry: T) => boolean} test
   * @param {(entry: T) => boolean} [isReady] whether an entry can be tested already; the others wait
   * @param {(entry: T) => number | null} [day] on which an entry was published; null: it has none
   */
  constructor(ring, test, isReady = () => true, day = () => null) {
    this.ring = ring;
    this.test = test;
    this.isReady = isReady;
    this.day = day;
    /** Rows between two days. */
    this.days = 0;
    /** @type {number[]} numbers found by the scan, newest first */
    this.older = [];
    /** @type {number[]} numbers that came since, oldest first */
    this.newer = [];
    /** How many of those have been dropped again. */
    this.dropped = 0;
    /** The next number the scan will look at. */
    this.next = ring.end - 1;
    /** The next number that came since and was not ready. */
    this.ahead = ring.end;
  }

  /** Forget everything and look again, newest first. */
  restart() {
    this.older = [];
    this.newer = [];
    this.dropped = 0;
    this.days = 0;
    this.next = this.ring.end - 1;
    this.ahead = this.ring.end;
  }

  /** The day of the first row that has one. @param {number} ordinal where to begin @param {1 | -1} by */
  dayOf(ordinal, by) {
    for (let at = ordinal; at >= this.lo && at < this.hi; at += by) {
      const entry = this.ring.get(this.at(at));
      const day = entry === undefined ? null : this.day(entry);
      if (day !== null) return day;
    }
    return null;
  }

  /** The ordinal of the oldest row shown. */
  get lo() {
    return this.older.length > 0 ? -this.older.length : this.dropped;
  }

  /** The ordinal the next row will get. */
  get hi() {
    return this.newer.length + this.dropped;
  }

  get size() {
    return this.hi - this.lo;
  }

  get scanning() {
    return this.next >= this.ring.first || this.ahead < this.ring.end;
  }

  /** The ring's number of a row. @param {number} ordinal @returns {number} -1: no such row */
  at(ordinal) {
    return (ordinal < 0 ? this.older[-1 - ordinal] : this.newer[ordinal - this.dropped]) ?? -1;
  }

  /**
   * Look on, until done, out of time, or at an entry that is not ready.
   * @param {() => boolean} expired asked every 256 entries
   * @param {(entry: T, n: number) => void} [found]
   */
  scan(expired, found) {
    for (; this.ahead < this.ring.end; this.ahead++) {
      const entry = this.ring.get(this.ahead);
      if (entry !== undefined && !this.isReady(entry)) break;
      if (entry !== undefined && this.#add(this.ahead, entry)) found?.(entry, this.ahead);
    }
    let below = this.dayOf(this.lo, 1);
    for (let looked = 1; this.next >= this.ring.first; looked++, this.next--) {
      const entry = this.ring.get(this.next);
      if (entry !== undefined && !this.isReady(entry)) return;
      if (entry !== undefined && this.test(entry)) {
        const day = this.day(entry);
        if (day !== null && below !== null && day !== below) this.#between(this.older, this.next + 0.5);
        below = day ?? below;
        this.older.push(this.next);
        found?.(entry, this.next);
      }
      if (looked % 256 === 0 && expired()) {
        this.next--;
        return;
      }
    }
  }

  /** A new entry has come. @param {number} n @param {T} entry @returns {boolean} whether it is shown */
  append(n, entry) {
    // Behind one that waits it waits, too.
    if (this.ahead < n || !this.isReady(entry)) return false;
    this.ahead = n + 1;
    return this.#add(n, entry);
  }

  /** @param {number} n @param {T} entry */
  #add(n, entry) {
    if (!this.test(entry)) return false;
    const day = this.day(entry);
    const above = day === null ? null : this.dayOf(this.hi - 1, -1);
    if (above !== null && day !== above) this.#between(this.newer, n - 0.5);
    this.newer.push(n);
    return true;
  }

  /** Entries that are not ready, in the order in which they are wanted. @param {number} most @returns {T[]} */
  unready(most) {
    const found = [];
    for (let n = this.ahead; n < this.ring.end && found.length < most; n++) found.push(this.ring.get(n));
    for (let n = this.next; n >= this.ring.first && found.length < most; n--) found.push(this.ring.get(n));
    return /** @type {T[]} */ (found.filter((entry) => entry !== undefined && !this.isReady(entry)));
  }

  /** @param {number[]} rows @param {number} n */
  #between(rows, n) {
    rows.push(n);
    this.days += 1;
  }

  /** Forget the rows of entries that the ring no longer has. */
  evict() {
    const { older, newer, ring } = this;
    // Or older ones that come back later would stand where it has already looked.
    this.next = Math.max(this.next, ring.first - 1);
    this.ahead = Math.max(this.ahead, ring.first);
    const isDay = (/** @type {number | undefined} */ n) => Number((n ?? 0) % 1 !== 0);
    while (older.length > 0 && (older.at(-1) ?? 0) < ring.first) this.days -= isDay(older.pop());
    if (older.length > 0) return;
    let gone = 0;
    while (gone < newer.length && (newer[gone] ?? 0) < ring.first) this.days -= isDay(newer[gone++]);
    if (gone > 0) newer.splice(0, gone);
    this.dropped += gone;
  }

  /** The ordinal of the row with this number, or of the first one after it. @param {number} n */
  find(n) {
    let [low, high] = [this.lo, this.hi];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.at(middle) < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
