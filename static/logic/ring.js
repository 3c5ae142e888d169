/**
 * The messages and marks a tab keeps: the newest so many, each under a number that never changes.
 *
 * Owns memory and counting. Knows nothing of what is shown: that is matching.js.
 */

/** While somebody reads, what they read is kept for another fifth. */
const PATIENCE = 1.2;

/** @template T */
export class Ring {
  /** @param {number} limit how many entries are kept */
  constructor(limit) {
    this.limit = limit;
    /** The number of the oldest entry kept, and of the one that will come next. */
    this.first = 0;
    this.end = 0;
    /** @type {(T | undefined)[]} */
    this.slots = new Array(Math.ceil(limit * PATIENCE) + 1);
  }

  get size() {
    return this.end - this.first;
  }

  /** @param {number} n @returns {T | undefined} */
  get(n) {
    return n >= this.first && n < this.end ? this.slots[n % this.slots.length] : undefined;
  }

  /** @param {T} entry @returns {T | undefined} an entry that had to go at once */
  push(entry) {
    const gone = this.size >= this.slots.length - 1 ? this.shift() : undefined;
    this.slots[this.end % this.slots.length] = entry;
    this.end += 1;
    return gone;
  }

  /** @returns {T | undefined} the oldest, no longer kept */
  shift() {
    if (this.size === 0) return undefined;
    const at = this.first % this.slots.length;
    const gone = this.slots[at];
    this.slots[at] = undefined;
    this.first += 1;
    return gone;
  }

  /**
   * Let go of what is over the limit.
   * @param {boolean} reading whether somebody reads: then old entries may stay a while longer
   * @param {(gone: T) => void} let_go
   */
  trim(reading, let_go) {
    const keep = reading ? Math.floor(this.limit * PATIENCE) : this.limit;
    while (this.size > keep) {
      const gone = this.shift();
      if (gone !== undefined) let_go(gone);
    }
  }

  /** Keep more or fewer from now on; the newest survive under their numbers. @param {number} limit */
  resize(limit) {
    const kept = [];
    const size = Math.ceil(limit * PATIENCE) + 1;
    for (let n = Math.max(this.first, this.end - size + 1); n < this.end; n++) kept.push(this.get(n));
    this.limit = limit;
    this.slots = new Array(size);
    this.first = this.end - kept.length;
    for (const [i, entry] of kept.entries()) this.slots[(this.first + i) % size] = entry;
  }
}
