/** JSON as rows of a tree, as many as are open. Keys stay in the order in which they were given. */
import { isNumber } from './json.js';

/**
 * @typedef {object} Branch
 * @property {string} path unique, also what `data.` of the filter takes when the keys are plain
 * @property {string} key
 * @property {number} depth
 * @property {string} text the value, or what a closed list or object holds
 * @property {'text' | 'number' | 'other' | 'inner'} kind
 * @property {boolean} isOpen
 * @property {unknown} value
 */

/** How deep the first look goes. */
const OPEN_DEPTH = 2;

/**
 * @param {unknown} data
 * @param {Map<string, boolean>} toggled what the operator opened or closed
 * @param {number} limit rows; one more is never looked at
 * @returns {{branches: Branch[], more: boolean}}
 */
export function branches(data, toggled, limit) {
  /** @type {Branch[]} */
  const rows = [];
  let more = false;
  /** @param {unknown} value @param {string} path @param {number} depth */
  const walk = (value, path, depth) => {
    const inside = /** @type {Record<string, unknown>} */ (value);
    for (const key in inside) {
      if (rows.length >= limit) {
        more = true;
        return;
      }
      const here = path === '' ? key : `${path}.${key}`;
      const branch = row(inside[key], here, key, depth, toggled);
      rows.push(branch);
      if (branch.isOpen) walk(inside[key], here, depth + 1);
    }
  };
  if (data !== null && typeof data === 'object') walk(data, '', 0);
  else if (data !== undefined) rows.push(row(data, '', '', 0, toggled));
  return { branches: rows, more };
}

/**
 * @param {unknown} value @param {string} path @param {string} key @param {number} depth
 * @param {Map<string, boolean>} toggled @returns {Branch}
 */
function row(value, path, key, depth, toggled) {
  const base = { path, key, depth, value, isOpen: false };
  if (isNumber(value)) return { ...base, kind: 'number', text: String(value) };
  if (value !== null && typeof value === 'object') {
    const size = Object.keys(value).length;
    const isOpen = size > 0 && (toggled.get(path) ?? depth < OPEN_DEPTH);
    return { ...base, isOpen, kind: 'inner', text: Array.isArray(value) ? `[${size}]` : `{${size}}` };
  }
  if (typeof value === 'string') return { ...base, kind: 'text', text: value };
  return { ...base, kind: 'other', text: String(value) };
}

/** A value in the data as the filter finds it; '' when it cannot be written there. @param {Branch} branch */
export function term({ path, kind, text, value }) {
  if (path === '' || kind === 'inner' || /[\s:()"]/.test(path) || text.length > 200) return '';
  return `data.${path}:${written(kind === 'number' ? String(value) : text)}`;
}

/** A value as the filter takes it: for what it would take for something else stands *. @param {string} value */
export function written(value) {
  const text = value.replace(/^[<>=]+|"/g, '*');
  return /^[^\s()]+$/.test(text) ? text : `"${text}"`;
}
