/**
 * Messages and marks in order, and which of them are shown: the live ones, or those of a look back.
 *
 * Owns how many there are of what. Ring.js owns memory, matching.js the rows.
 */
import { Matching } from './matching.js';
import { isMark, weigh } from './message.js';
import { Ring } from './ring.js';

/**
 * @typedef {import('./message.js').Entry} Entry
 * @typedef {import('../stream/continuity.js').Mark} Mark
 * @typedef {import('../query/selection.js').Sieve} Sieve
 */

/** So much text for each message that is kept, on average, and so much at least (characters). Guesses. */
const EACH = 1_000;
const LEAST = 16e6;
/** @param {number} limit */
const most = (limit) => Math.max(LEAST, limit * EACH);

/** Numbers begin here, so that older entries can come later and still have one. */
const FIRST_NUMBER = 2 ** 24;

export class Roll {
  /**
   * @param {number} limit @param {Sieve} sieve what is shown
   * @param {(entry: Entry) => number | null} [day] on which an entry was published
   */
  constructor(limit, sieve, day) {
    this.sieve = sieve;
    /** @type {Ring<Entry>} */
    this.ring = new Ring(limit, FIRST_NUMBER, { weigh, most: most(limit) });
    /** @type {Matching<Entry>} */
    this.matching = new Matching(
      this.ring,
      (entry) => this.#test(entry),
      (entry) => this.sieve.isReady(entry),
      day,
    );
    /** Messages of each level that are shown, or would be if their level was. */
    this.levels = [0, 0, 0, 0, 0];
    /** How often that was counted anew. */
    this.counted = 0;
    /** Rows that are no messages, and those of them that are folded away. */
    this.marks = 0;
    this.folded = 0;
    /** @type {Mark | null} */
    this.lastLoss = null;
    /** What came while this tab slept and is not here: to be had, or ('gap') gone for good. @type {Set<Mark>} */
    this.holes = new Set();
  }

  /** Show something else, or look again. @param {Sieve} [sieve] */
  restart(sieve = this.sieve) {
    this.sieve = sieve;
    this.levels.fill(0);
    this.counted += 1;
    this.matching.restart();
  }

  /** @param {Entry} entry */
  #test(entry) {
    if (!this.sieve.passes(entry)) return false;
    if (isMark(entry)) return true;
    entry.counted = this.counted;
    this.levels[entry.level] = (this.levels[entry.level] ?? 0) + 1;
    return this.sieve.levels[entry.level] === true;
  }

  /** How many messages that are. @param {'asleep' | 'gap'} kind */
  lacking(kind) {
    return [...this.holes].reduce((sum, { mark, missing }) => sum + (mark === kind ? (missing ?? 0) : 0), 0);
  }

  /** How many messages are here, and how many of them are shown. */
  get held() {
    return this.ring.size - this.marks;
  }

  get shown() {
    return this.matching.size - this.matching.days - this.marks + this.folded;
  }

  /** @param {Entry} entry the newest @returns {boolean} whether it is shown */
  push(entry) {
    this.#enter(entry);
    const gone = this.ring.push(entry);
    if (gone !== undefined) this.#leave(gone);
    return this.matching.append(this.ring.end - 1, entry);
  }

  /** @param {Mark} mark @returns {boolean} whether rows before it are folded into it, and must be looked at again */
  pushMark(mark) {
    const isFolding = mark.mark === 'loss' && (mark.times ?? 1) > 1 && this.lastLoss !== null;
    if (isFolding && this.lastLoss) this.lastLoss.folded = true;
    if (isFolding) this.folded += 1;
    if (mark.mark === 'loss') this.lastLoss = mark;
    this.push(mark);
    return isFolding;
  }

  /** Put entries in the place of a row, or in front of all. @param {number} n @param {Entry[]} entries */
  replace(n, entries) {
    for (const entry of entries) this.#enter(entry);
    this.ring.replace(n, entries, (gone) => this.#leave(gone));
  }

  /** @param {boolean} reading */
  trim(reading) {
    this.ring.trim(reading, (gone) => this.#leave(gone));
    this.matching.evict();
  }

  /** @param {number} limit */
  resize(limit) {
    this.ring.limit = limit;
    this.ring.most = most(limit);
    this.trim(false);
    this.ring.resize(limit);
    this.matching.evict();
  }

  /** The newest so many messages no longer exist on the server. @param {number} many */
  withdraw(many) {
    for (let n = this.ring.end - 1, left = many; left > 0 && n >= this.ring.first; n--) {
      const entry = this.ring.get(n);
      if (!entry || isMark(entry)) continue;
      entry.isWithdrawn = true;
      left -= 1;
    }
  }

  /** The nearest message to a row. @param {number} n @param {1 | -1} by @returns {import('./message.js').Message | null} */
  beside(n, by) {
    for (let i = n + by; i >= this.ring.first && i < this.ring.end; i += by) {
      const entry = this.ring.get(i);
      if (entry && !isMark(entry)) return entry;
    }
    return null;
  }

  /** The oldest message here. */
  get oldest() {
    return this.beside(this.ring.first - 1, 1);
  }

  /**
   * The highest level in each of so many equal parts of the rows; 0 also where there is none.
   * @param {number} lo @param {number} hi ordinals of the first row, and behind the last @param {number} parts
   */
  gravest(lo, hi, parts) {
    const found = new Uint8Array(parts);
    const share = parts / Math.max(1, hi - lo);
    for (let ordinal = lo; ordinal < hi; ordinal++) {
      const entry = this.ring.get(this.matching.at(ordinal));
      if (entry === undefined || isMark(entry)) continue;
      const at = Math.floor((ordinal - lo) * share);
      if (entry.level > (found[at] ?? 0)) found[at] = entry.level;
    }
    return found;
  }

  /** @param {string} id @returns {number} -1: not here */
  find(id) {
    return this.ring.findLast((entry) => !isMark(entry) && entry.id === id);
  }

  /** @param {Entry} entry */
  #enter(entry) {
    if (isMark(entry)) {
      this.marks += 1;
      if (entry.mark === 'asleep') this.holes.add(entry);
    }
  }

  /** @param {Entry} entry */
  #leave(entry) {
    if (isMark(entry)) {
      this.marks -= 1;
      // What can be had is no concern any more when its row is gone; what cannot is missing all the same.
      if (entry.mark === 'asleep') this.holes.delete(entry);
      if (entry.folded) this.folded -= 1;
      if (entry === this.lastLoss) this.lastLoss = null;
    } else if (entry.counted === this.counted) {
      this.levels[entry.level] = (this.levels[entry.level] ?? 1) - 1;
    }
  }
}
