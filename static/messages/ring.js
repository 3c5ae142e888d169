/**
 * The messages and marks a tab keeps: the newest so many, each under a number that never changes.
 *
 * Owns memory and counting. Knows nothing of what is shown: that is matching.js.
 */

/** While the operator reads, old entries are kept for another fifth of the limit. */
const PATIENCE = 1.2;

/** @template T */
export class Ring {
  /**
   * @param {number} limit how many entries are kept
   * @param {number} [start] the first number; older ones may come, too
   * @param {{weigh: (entry: T) => number, most: number}} [bound] how heavy an entry is, and how heavy all may be
   */
  constructor(limit, start = 0, { weigh, most } = { weigh: () => 0, most: Infinity }) {
    this.limit = limit;
    this.weigh = weigh;
    this.most = most;
    this.weight = 0;
    /** The number of the oldest entry kept, and of the one that will come next. */
    this.first = start;
    this.end = start;
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
    this.weight += this.weigh(entry);
    return gone;
  }

  /** @returns {T | undefined} the oldest, no longer kept */
  shift() {
    if (this.size === 0) return undefined;
    const at = this.first % this.slots.length;
    const gone = this.slots[at];
    this.slots[at] = undefined;
    this.first += 1;
    if (gone !== undefined) this.weight -= this.weigh(gone);
    return gone;
  }

  /**
   * Let go of what is over the limits. The newest stays, however heavy it is.
   * @param {boolean} reading whether the operator reads: then old entries may stay a while longer
   * @param {(gone: T) => void} let_go
   */
  trim(reading, let_go) {
    const patience = reading ? PATIENCE : 1;
    const keep = Math.floor(this.limit * patience);
    while (this.size > keep || (this.weight > this.most * patience && this.size > 1)) {
      const gone = this.shift();
      if (gone !== undefined) let_go(gone);
    }
  }

  /** How many entries there is room for up to a number, when all older ones go. @param {number} n */
  room(n) {
    return this.slots.length - 1 - (this.end - n - 1);
  }

  /**
   * Put entries in the place of one, or in front of all. Those behind keep their numbers, the older ones move
   * down, and the oldest go when there is no room.
   * @param {number} n the number of the entry they replace; first - 1: none
   * @param {T[]} entries oldest first @param {(gone: T) => void} let_go
   */
  replace(n, entries, let_go) {
    const older = [];
    for (let i = this.first; i < n; i++) older.push(/** @type {T} */ (this.get(i)));
    const replaced = this.get(n);
    const room = this.room(n);
    const all = [...older, ...entries];
    const over = all.splice(0, Math.max(0, all.length - room));
    for (const gone of replaced === undefined ? over : [replaced, ...over]) {
      let_go(gone);
      this.weight -= this.weigh(gone);
    }
    for (const entry of entries) this.weight += this.weigh(entry);
    for (let i = this.first; i <= n; i++) this.slots[i % this.slots.length] = undefined;
    this.first = n + 1 - all.length;
    for (const [i, entry] of all.entries()) this.slots[(this.first + i) % this.slots.length] = entry;
  }

  /** The number of an entry; -1: no longer kept. @param {(entry: T) => boolean} test asked newest first */
  findLast(test) {
    for (let n = this.end - 1; n >= this.first; n--) {
      if (test(/** @type {T} */ (this.get(n)))) return n;
    }
    return -1;
  }

  /** Keep more or fewer from now on; the newest survive under their numbers. @param {number} limit */
  resize(limit) {
    const kept = [];
    const size = Math.ceil(limit * PATIENCE) + 1;
    for (let n = Math.max(this.first, this.end - size + 1); n < this.end; n++) kept.push(this.get(n));
    this.limit = limit;
    while (this.size > kept.length) this.shift();
    this.slots = new Array(size);
    for (const [i, entry] of kept.entries()) this.slots[(this.first + i) % size] = entry;
  }
}
