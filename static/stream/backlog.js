/**
 * The newest raw messages, and how far each tab has come in them.
 *
 * Owns what a batch is, and how many messages a tab slept through. Bounded by number and by size: a few
 * messages can be as long as many others. Knows no port and no clock.
 */
import { Ring } from '../messages/ring.js';

/** Bounds in messages and in characters: of what is kept for tabs that come later, and of one batch. */
const KEPT = 24_000;
const KEPT_CHARS = 50e6;
const BATCH = 5_000;
const BATCH_CHARS = 4e6;

/**
 * @typedef {object} Kept
 * @property {string} json
 * @property {number} before how many messages came before it
 * @property {number} upTo and up to it: a mark is none
 *
 * @typedef {object} Place where a tab stands
 * @property {number} next the number of the next entry
 * @property {number} told how many messages it has been sent, or told of
 */

export class Backlog {
  constructor({ kept = KEPT, keptChars = KEPT_CHARS, batch = BATCH, batchChars = BATCH_CHARS } = {}) {
    /** @type {Ring<Kept>} */
    this.ring = new Ring(kept, 0, { weigh: ({ json }) => json.length, most: keptChars });
    this.batch = batch;
    this.batchChars = batchChars;
    this.messages = 0;
  }

  /** @param {string} json @param {boolean} isMark */
  push(json, isMark) {
    const before = this.messages;
    if (!isMark) this.messages += 1;
    this.ring.push({ json, before, upTo: this.messages });
    this.ring.trim(false, () => {});
  }

  /** For a tab that has come just now: it gets all that is here. @returns {Place} */
  begin() {
    return { next: this.ring.first, told: this.ring.get(this.ring.first)?.before ?? this.messages };
  }

  /** How many entries a tab has not got yet. @param {Place} place */
  left({ next }) {
    return this.ring.end - next;
  }

  /** Whether what waits for a tab is a whole batch. @param {Place} place */
  isFull(place) {
    return this.left(place) >= this.batch;
  }

  /** The next batch for a tab. @param {Place} place moved on @param {number} now @returns {string[]} empty: it has all */
  take(place, now) {
    const { ring } = this;
    const entries = [];
    const first = ring.get(ring.first);
    if (place.next < ring.first && first) {
      const missing = first.before - place.told;
      if (missing > 0) entries.push(JSON.stringify({ mark: 'asleep', at: now, missing }));
      place.next = ring.first;
    }
    let chars = 0;
    for (const end = Math.min(ring.end, place.next + this.batch); place.next < end; place.next++) {
      const entry = /** @type {Kept} */ (ring.get(place.next));
      // One alone always goes, however long it is.
      if (chars > 0 && chars + entry.json.length > this.batchChars) break;
      chars += entry.json.length;
      place.told = entry.upTo;
      entries.push(entry.json);
    }
    return entries;
  }
}
