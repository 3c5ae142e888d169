/**
 * The difference between this device's clock and the server's, and whether this browser keeps up.
 *
 * Owns both estimates. The time is an argument.
 */

/**
 * Heartbeats that the estimate uses. The smallest difference is the heartbeat that waited least on its way. Few, so
 * that a clock that was set is believed soon.
 */
const SAMPLES = 3;
/** After going live, messages this old still belong to the replay (ms). */
const REPLAY_TAIL = 3_000;
/** A late message marks this browser as behind for this long (ms). */
const LATE_STAYS = 5_000;

export class ServerClock {
  constructor() {
    /** @type {number[]} */
    this.samples = [];
    /** How far this device is ahead of the server (ms); null: unknown. @type {number | null} */
    this.off = null;
    /** The age of the newest message on arrival (ms), and when it arrived. */
    this.late = { ms: 0, at: 0 };
  }

  /** @param {number} sent the heartbeat's own time @param {number} heard when it arrived here (ms) */
  sample(sent, heard) {
    if (!Number.isFinite(heard - sent)) return;
    this.samples = [...this.samples, heard - sent].slice(-SAMPLES);
    this.off = Math.min(...this.samples);
  }

  /**
   * A batch arrived. Only messages published while the stream is live tell whether the browser keeps up.
   * @param {number} newest time of its last message (ms) @param {number | null} liveSince null: not live @param {number} now
   */
  arrived(newest, liveSince, now) {
    const isTelling = liveSince !== null && this.off !== null && now - liveSince >= REPLAY_TAIL;
    this.late = { at: now, ms: isTelling ? Math.max(0, now - (this.off ?? 0) - newest) : 0 };
  }

  /** How far this browser is behind (ms). @param {number} now */
  behind(now) {
    return now - this.late.at < LATE_STAYS ? this.late.ms : 0;
  }
}
