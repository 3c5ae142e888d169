/**
 * How busy something is: messages of the last minute, counted by the second of their own time.
 *
 * Owns what "lately" means, for the header and for every topic: two numbers on one page must tell one story.
 */

/** Places for seconds: a minute, the one that has begun, and no division by an odd number. */
const PLACES = 64;
const MINUTE = 60;
/** Seconds that are over; the present one has only begun. */
const RECENT = 5;

/** @typedef {{perSecond: number, perMinute: number}} Busy */

export class Rate {
  constructor() {
    this.counts = new Uint32Array(PLACES);
    /** The newest second counted. */
    this.last = -1;
  }

  /** @param {number} second */
  add(second) {
    if (!(second >= 0) || second <= this.last - PLACES) return;
    if (second > this.last) {
      const from = Math.max(this.last + 1, second - PLACES + 1);
      for (let skipped = from; skipped <= second; skipped++) this.counts[skipped % PLACES] = 0;
      this.last = second;
    }
    const place = second % PLACES;
    this.counts[place] = (this.counts[place] ?? 0) + 1;
  }

  /** Messages of the seconds from one to another, that one not included. @param {number} from @param {number} to */
  #sum(from, to) {
    let total = 0;
    for (
      let second = Math.max(from, this.last - PLACES + 1);
      second < Math.min(to, this.last + 1);
      second++
    ) {
      total += this.counts[second % PLACES] ?? 0;
    }
    return total;
  }

  /** Messages of each second of the last minute, the oldest first. @param {number} now the second that has begun */
  minute(now) {
    return Array.from({ length: MINUTE }, (_, i) => this.#sum(now - MINUTE + i, now - MINUTE + i + 1));
  }

  /** @param {number} now the second that has begun @returns {Busy} */
  at(now) {
    // The clock was set back: what was counted by the other one would keep out what is counted by this one.
    if (this.last >= now + PLACES) {
      this.counts.fill(0);
      this.last = -1;
    }
    return {
      perSecond: this.#sum(now - RECENT, now) / RECENT,
      perMinute: this.#sum(now - MINUTE, now + 1),
    };
  }
}
