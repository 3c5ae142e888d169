/** Which rows arrived while the page was hidden. Numbers are the ring's; the clock is an argument. */

/** They are pointed out for this long after the page is shown again (ms). */
const SHOWN = 6_000;

export class Fresh {
  constructor() {
    this.from = Infinity;
    /** Behind the last; null: the page is still hidden. @type {number | null} */
    this.to = null;
    this.since = 0;
  }

  /** The page is hidden now. @param {number} end the number the next message will get */
  away(end) {
    if (this.to === null && this.from !== Infinity) return;
    this.from = end;
    this.to = null;
  }

  /** @param {number} end @param {number} now */
  back(end, now) {
    if (this.to !== null) return;
    this.to = end;
    this.since = now;
  }

  /** @param {number} n @param {number} now */
  has(n, now) {
    return n >= this.from && (this.to === null || (n < this.to && now - this.since < SHOWN));
  }
}
