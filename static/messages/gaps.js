/** Rows that say what is missing, and what becomes of them when it is looked for. */
import { distance, parseId } from './ids.js';

/** @typedef {import('../stream/continuity.js').Mark} Mark */

/** Whether the server may still have what a row says is missing. @param {Mark} mark */
export const canFill = ({ mark, reason }) => mark === 'asleep' || reason === 'unexplained';

/**
 * What is left of a hole that was filled in part.
 * @param {Mark} mark the hole @param {string} after the last id that was found @param {string} before the first one behind the hole
 * @param {number} found how many messages were found, or are known to be gone
 * @returns {Mark | null} null: nothing is left
 */
export function remainder(mark, after, before, found) {
  const [last, next] = [parseId(after), parseId(before)];
  const isOneLog = last !== null && next !== null && last.epoch === next.epoch;
  const known = typeof mark.missing === 'number' ? Math.max(0, mark.missing - found) : null;
  const missing = isOneLog ? distance(after, before) - 1 : known;
  if (missing !== null && missing <= 0) return null;
  return { ...mark, missing, after, before: mark.before ?? before, isLoading: false, hasFailed: false };
}
