/**
 * How many messages of each level came in each second of the last hour.
 *
 * Owns the counters behind the histogram: kept as messages arrive, so that drawing costs pixels and not
 * messages. Seconds are of the messages' own time.
 */

const SECONDS = 3600;
/** Seconds that a message may be ahead of the server's clock, as this device estimates it. */
const AHEAD = 60;
const KINDS = 5;

/**
 * @typedef {object} Bar
 * @property {number} from second
 * @property {number} busiest messages in the busiest second
 * @property {number[]} all by level
 * @property {number[]} matched by level
 */

export class Counts {
  constructor() {
    this.all = new Uint32Array(SECONDS * KINDS);
    this.matched = new Uint32Array(SECONDS * KINDS);
    /** Which second a place stands for; another one's counts are over. */
    this.second = new Float64Array(SECONDS).fill(-1);
  }

  /**
   * @param {number} second @param {number} now the second that has begun, by the server's clock
   * @returns {number} its place, cleared when another second had it; -1: outside of the hour
   */
  #place(second, now) {
    if (!(second >= 0) || second > now + AHEAD || second <= now - SECONDS) return -1;
    const place = second % SECONDS;
    const there = this.second[place] ?? -1;
    // A later second may be from before the clock was set back.
    if (there > second && there <= now + AHEAD) return -1;
    if (there > second) this.second[place] = -1;
    if ((this.second[place] ?? -1) < second) {
      this.second[place] = second;
      this.all.fill(0, place * KINDS, (place + 1) * KINDS);
      this.matched.fill(0, place * KINDS, (place + 1) * KINDS);
    }
    return place * KINDS;
  }

  /** @param {number} ms @param {number} level @param {boolean} isShown @param {number} now the server's time (ms) */
  add(ms, level, isShown, now) {
    const place = this.#place(Math.floor(ms / 1000), Math.floor(now / 1000));
    if (place < 0) return;
    this.all[place + level] = (this.all[place + level] ?? 0) + 1;
    if (isShown) this.matched[place + level] = (this.matched[place + level] ?? 0) + 1;
  }

  /** The filter is another one: count again what it lets through. */
  forgetMatched() {
    this.matched.fill(0);
  }

  /** @param {number} ms @param {number} level */
  match(ms, level) {
    const second = Math.floor(ms / 1000);
    const place = second % SECONDS;
    if (this.second[place] === second) {
      this.matched[place * KINDS + level] = (this.matched[place * KINDS + level] ?? 0) + 1;
    }
  }

  /**
   * @param {number} from second @param {number} width seconds of one bar @param {number} count
   * @returns {Bar[]} oldest first
   */
  bars(from, width, count) {
    return Array.from({ length: count }, (_, i) => {
      /** @type {Bar} */
      const bar = { from: from + i * width, busiest: 0, all: [0, 0, 0, 0, 0], matched: [0, 0, 0, 0, 0] };
      for (let second = bar.from; second < bar.from + width; second++) {
        const place = second % SECONDS;
        if (this.second[place] !== second) continue;
        let total = 0;
        for (let level = 0; level < KINDS; level++) {
          total += this.all[place * KINDS + level] ?? 0;
          bar.all[level] = (bar.all[level] ?? 0) + (this.all[place * KINDS + level] ?? 0);
          bar.matched[level] = (bar.matched[level] ?? 0) + (this.matched[place * KINDS + level] ?? 0);
        }
        bar.busiest = Math.max(bar.busiest, total);
      }
      return bar;
    });
  }
}
