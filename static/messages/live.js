/** The live messages, and what is counted as they arrive. Times are the server's (ms). */
import { Counts } from './counts.js';
import { parseId } from './ids.js';
import { isMark, isOwn } from './message.js';
import { Rate } from './rate.js';
import { Roll } from './roll.js';
import { Topics } from './topics.js';

/** @typedef {import('./message.js').Message} Message */

export class Live extends Roll {
  counts = new Counts();
  topics = new Topics();
  traffic = new Rate();
  /** Two of the sources seen, at most: with one alone the column says nothing. @type {Set<string>} */
  sources = new Set();
  /** The first message that is not the server's own. @type {Message | null} */
  firstOther = null;
  /** The oldest message that was ever here. @type {Message | null} */
  earliest = null;
  /** The oldest message that the server was found to keep. */
  oldestKept = '';

  /** The newest id; null: none. */
  get newestId() {
    return this.beside(this.ring.end, -1)?.id ?? null;
  }

  /** Whether the server has older messages. */
  get hasOlder() {
    const id = this.oldest?.id;
    return id !== this.oldestKept && (parseId(id)?.seq ?? 0) > 1;
  }

  /**
   * A worker that replaced a dead one begins where the first of the tabs was: another tab may have some of its
   * messages, or lack some before them.
   * @param {Message} message
   */
  has({ id }) {
    const [last, next] = [parseId(this.newestId), parseId(id)];
    return last !== null && next !== null && last.epoch === next.epoch && next.seq <= last.seq;
  }

  /** @param {Message} message @param {number} now @returns {boolean} whether it is shown */
  receive(message, now) {
    const isShown = this.push(message);
    const { ms, level, source, topic } = message;
    this.earliest ??= message;
    if (!isOwn(message)) this.firstOther ??= message;
    this.counts.add(ms, level, isShown, now);
    if (this.sources.size < 2 && source !== '') this.sources.add(source);
    this.topics.add(topic, ms);
    this.traffic.add(Math.floor(ms / 1000));
    return isShown;
  }

  /**
   * Put messages of history in the place of a gap row, or in front of all rows.
   * @param {number} n number of the row; first - 1: none
   * @param {import('./message.js').Entry[]} entries oldest first @param {number} now
   * @returns {boolean} whether rows have changed their places, so that they must be looked through again
   */
  insert(n, entries, now) {
    const isFront = n < this.ring.first;
    let areBack = false;
    for (const entry of entries) {
      if (isMark(entry)) continue;
      if (isFront && this.#wasHere(entry)) areBack = true;
      else this.counts.add(entry.ms, entry.level, false, now);
      if (!isOwn(entry)) this.firstOther ??= entry;
    }
    this.replace(n, entries);
    if (this.oldest && !this.#wasHere(this.oldest)) this.earliest = this.oldest;
    // Rows in front of all others only extend the scan.
    return !isFront || areBack || this.matching.dropped > 0;
  }

  /** Whether it was evicted earlier and is counted already. @param {Message} message */
  #wasHere({ id }) {
    const [one, earliest] = [parseId(id), parseId(this.earliest?.id)];
    return one?.epoch === earliest?.epoch && (one?.seq ?? 0) >= (earliest?.seq ?? Infinity);
  }
}
