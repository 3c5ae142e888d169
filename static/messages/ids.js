/** Ids of messages: which log, and which number in it. */

/** @typedef {{epoch: string, seq: number}} Id */

/** @param {string | null | undefined} id `<epoch>-<seq>` @returns {Id | null} */
export function parseId(id) {
  const match = /^(\d+)-(\d+)$/.exec(id ?? '');
  return match ? { epoch: match[1] ?? '', seq: Number(match[2]) } : null;
}

/**
 * Whether it was said after another, by whatever clock: of two logs the later has the higher epoch.
 * @param {Id | null} id @param {Id | null} other
 */
export const isAfter = (id, other) =>
  id !== null &&
  other !== null &&
  (id.epoch === other.epoch ? id.seq > other.seq : Number(id.epoch) > Number(other.epoch));

/**
 * How many messages lie behind a cursor, also in a later generation of its log; 0 when that cannot be known.
 * @param {string | null} cursor @param {string | null} head
 */
export function distance(cursor, head) {
  const from = parseId(cursor);
  const to = parseId(head);
  return from && to && Number(to.epoch) >= Number(from.epoch) ? Math.max(0, to.seq - from.seq) : 0;
}
