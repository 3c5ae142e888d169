/**
 * The proof that nothing is missing, or the account of what is.
 *
 * Owns the rule of ids: same log, each one higher than the last. Everything else (a repeat, a jump, a new
 * log, a lost connection) is counted here once. Knows no socket and no clock: the time is an argument.
 */
import { parseId } from '../messages/ids.js';

/**
 * @typedef {import('../messages/ids.js').Id} Id
 * @typedef {{after?: string | null, before?: string | null, missing?: number | null, reason?: string, withdrawn?: number,
 *   counts?: string}} GapEvent counts 'all': missing counts positions, of which only some may be this reader's
 *
 * A row of the feed that is no message.
 * @typedef {object} Mark
 * @property {'gap' | 'loss' | 'repeat' | 'asleep' | 'older'} mark
 * @property {number} at when this browser learned of it (ms)
 * @property {number | null} [missing] null: unknown
 * @property {string} [reason]
 * @property {number} [withdrawn] messages that this reader has seen and that no longer exist
 * @property {string} [counts]
 * @property {string | null} [after] the last id before the hole, or the last one proven
 * @property {string | null} [before] the first id behind it
 * @property {number} [from] when the connection was lost
 * @property {number} [replayed]
 * @property {boolean} [isLoading] it is being filled
 * @property {boolean} [hasFailed] the server would not say
 * @property {boolean} [folded] a later mark stands for this one
 * @property {number} [times] how many losses in quick succession, or repeats, this entry stands for
 *
 * @typedef {object} Proof
 * @property {number} since when this browser began to watch (ms)
 * @property {string | null} first the first id seen
 * @property {string | null} last the last id seen
 * @property {number} received
 * @property {number} repeated
 * @property {number} missing those with a known number
 * @property {boolean} unknown whether there is also a hole of unknown size
 * @property {number} losses
 * @property {Mark[]} entries oldest first
 */

/** Losses closer together than this are one row (ms). */
const FLAPPING = 120_000;
/** Entries kept. A guess: a browser that lost its connection more often has told its story by then. */
const ENTRIES = 500;

export class Ledger {
  /** @param {number} now */
  constructor(now) {
    /** @type {Proof} */
    this.proof = {
      since: now,
      first: null,
      last: null,
      received: 0,
      repeated: 0,
      missing: 0,
      unknown: false,
      losses: 0,
      entries: [],
    };
    /** @type {Id | null} the id that was seen, or accounted for, last */
    this.reached = null;
    /** @type {Mark | null} */
    this.lastLoss = null;
    this.lostAt = 0;
    this.lostBy = '';
    /** @type {string | null} */
    this.provenAtLoss = null;
    this.receivedAtLoss = 0;
    this.missingAtLoss = 0;
    /** Whether a hole of unknown size was found since. */
    this.unknownSinceLoss = false;
  }

  /** Go on behind an id that another ledger has proven. @param {string} id @param {number} lostAt ms */
  resume(id, lostAt) {
    this.reached = parseId(id);
    this.proof.last = id;
    this.lost(lostAt);
  }

  /**
   * Enter a message. A repeat must be dropped; a gap that the server did not announce comes back as a mark.
   * @param {string} id @param {number} now
   * @returns {{fresh: boolean, mark: Mark | null}}
   */
  take(id, now) {
    const { proof, reached } = this;
    const next = parseId(id);
    if (next === null) return { fresh: true, mark: null };
    if (reached && next.epoch === reached.epoch && next.seq <= reached.seq) {
      proof.repeated += 1;
      this.#repeat(now);
      return { fresh: false, mark: null };
    }
    let mark = null;
    // Numbers go on from one generation of a log to the next, which has a higher epoch.
    const isSameLog =
      reached !== null && Number(next.epoch) >= Number(reached.epoch) && next.seq > reached.seq;
    if (reached && !isSameLog) {
      mark = this.#hole({ after: proof.last, before: id, missing: null, reason: 'new_log' }, now);
    } else if (reached && next.seq > reached.seq + 1) {
      const missing = next.seq - reached.seq - 1;
      mark = this.#hole({ after: proof.last, before: id, missing, reason: 'unexplained' }, now);
    }
    this.reached = next;
    proof.first ??= id;
    proof.last = id;
    proof.received += 1;
    return { fresh: true, mark };
  }

  /**
   * The server says what is missing. What it announces is not found missing a second time.
   * @param {GapEvent} event @param {number} now @returns {Mark}
   */
  gap(event, now) {
    const before = parseId(event.before);
    this.reached = before ? { epoch: before.epoch, seq: before.seq - 1 } : null;
    return this.#hole(event, now);
  }

  /**
   * What was missing has been found after all.
   * @param {string | null} after @param {string | null} before the hole's ends @param {number} many
   * @param {string | null} [upTo] the last id that was found, where a part of the hole is left
   */
  filled(after, before, many, upTo = null) {
    const { proof } = this;
    const hole = proof.entries.find((entry) => entry.after === after && entry.before === before);
    if (!hole?.missing) return;
    const found = Math.min(many, hole.missing);
    hole.missing -= found;
    proof.missing -= found;
    hole.after = upTo ?? hole.after;
    if (hole.missing === 0) proof.entries = proof.entries.filter((entry) => entry !== hole);
  }

  /** @param {GapEvent} event @param {number} now @returns {Mark} */
  #hole({ after = null, before = null, missing = null, reason = 'unexplained', withdrawn = 0, counts }, now) {
    // Of positions that are counted for all readers, only some may be this reader's.
    if (counts === 'all')
      return this.#enter({ mark: 'gap', at: now, missing, reason, after, before, counts });
    if (missing === null) this.proof.unknown = this.unknownSinceLoss = true;
    else this.proof.missing += missing;
    return this.#enter({
      mark: 'gap',
      at: now,
      missing,
      reason,
      after,
      before,
      ...(withdrawn && { withdrawn }),
    });
  }

  /** Many at once are one entry, and no row of the feed: nothing is missing. @param {number} now */
  #repeat(now) {
    const { entries, last } = this.proof;
    const before = entries.at(-1);
    if (before?.mark === 'repeat' && now - before.at < FLAPPING) before.times = (before.times ?? 1) + 1;
    else this.#enter({ mark: 'repeat', at: now, times: 1, after: last });
  }

  /**
   * The connection is gone. Told twice for one outage, the first counts.
   * @param {number} now @param {string} [reason] 'restart', if the server said so
   */
  lost(now, reason = '') {
    if (this.lostAt) return;
    this.lostAt = now;
    this.lostBy = reason;
    this.provenAtLoss = this.proof.last;
    this.receivedAtLoss = this.proof.received;
    this.missingAtLoss = this.proof.missing;
    this.unknownSinceLoss = false;
  }

  /**
   * The connection is back and everything missed is here again, or accounted for.
   * Losses in quick succession are folded: the new mark stands for those before it.
   * @param {number} now @returns {Mark | null} null when nothing had been lost
   */
  restored(now) {
    if (!this.lostAt) return null;
    const { proof, lastLoss } = this;
    const before = lastLoss !== null && now - lastLoss.at < FLAPPING ? lastLoss : null;
    const isUnknown = this.unknownSinceLoss || before?.missing === null;
    proof.losses += 1;
    /** @type {Mark} */
    const mark = {
      mark: 'loss',
      reason: before && before.reason !== this.lostBy ? '' : this.lostBy,
      at: now,
      after: before ? before.after : this.provenAtLoss,
      from: before?.from ?? this.lostAt,
      times: (before?.times ?? 0) + 1,
      replayed: (before?.replayed ?? 0) + proof.received - this.receivedAtLoss,
      missing: isUnknown ? null : (before?.missing ?? 0) + proof.missing - this.missingAtLoss,
    };
    if (before) proof.entries = proof.entries.filter((entry) => entry !== before);
    this.lostAt = 0;
    this.lastLoss = mark;
    return this.#enter(mark);
  }

  /** @param {Mark} mark */
  #enter(mark) {
    this.proof.entries.push(mark);
    if (this.proof.entries.length > ENTRIES) this.proof.entries.shift();
    return mark;
  }
}
