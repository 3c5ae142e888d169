/** Times and numbers as the page writes them. Pure: the zone is an argument, and so is the clock. */

/**
 * @typedef {'local' | 'utc'} Zone
 * @typedef {{zone: Zone, off: number}} Clock how times are told, and how far this device is ahead of the server (ms)
 */

const GROUPED = new Intl.NumberFormat('en');

/** @param {number} n @param {number} [width] */
const pad = (n, width = 2) => String(n).padStart(width, '0');

/** 10,052 @param {number} n */
export const count = (n) => GROUPED.format(n);

/** 3 messages @param {number} n @param {string} one @param {string} [many] */
export const some = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** 8k, 1.2M: for a place of fixed width. @param {number} n */
export function short(n) {
  if (n < 1000) return String(n);
  if (n < 10_000) return `${Math.floor(n / 100) / 10}k`;
  if (n < 1_000_000) return `${Math.floor(n / 1000)}k`;
  return `${Math.floor(n / 100_000) / 10}M`;
}

/** 09:14 @param {number} ms @param {Zone} [zone] */
export function minute(ms, zone = 'local') {
  const at = new Date(ms);
  return zone === 'utc'
    ? `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}`
    : `${pad(at.getHours())}:${pad(at.getMinutes())}`;
}

/** 11:05:04 @param {number} ms @param {Zone} [zone] */
export function second(ms, zone = 'local') {
  const at = new Date(ms);
  return `${minute(ms, zone)}:${pad(zone === 'utc' ? at.getUTCSeconds() : at.getSeconds())}`;
}

/** .120 @param {number} ms */
export const millis = (ms) => `.${pad(((ms % 1000) + 1000) % 1000, 3)}`;

/** 11:05:04.120 @param {number} ms @param {Zone} [zone] */
export const exact = (ms, zone = 'local') => `${second(ms, zone)}.${pad(((ms % 1000) + 1000) % 1000, 3)}`;

/** 2026-11-23T03:24:07.123Z, or with the offset of this device. @param {number} ms @param {Zone} [zone] */
export function iso(ms, zone = 'utc') {
  if (!Number.isFinite(ms)) return '';
  if (zone === 'utc') return new Date(ms).toISOString();
  const offset = -new Date(ms).getTimezoneOffset();
  const shifted = new Date(ms + offset * 60_000).toISOString().slice(0, -1);
  const [sign, size] = offset < 0 ? ['-', -offset] : ['+', offset];
  return `${shifted}${sign}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** 2026-11-23T03:24:07Z @param {number} ms */
export const isoSecond = (ms) => `${iso(ms).slice(0, 19)}Z`;

/** 23 Nov 2026 @param {number} ms @param {Zone} zone */
export function date(ms, zone) {
  const shift = zone === 'utc' ? 0 : new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - shift).toUTCString().slice(5, 16);
}

/** Counts days: the same number for all times of one day. @param {number} ms @param {Zone} zone */
export const dayNumber = (ms, zone) =>
  Math.floor((ms - (zone === 'utc' ? 0 : new Date(ms).getTimezoneOffset() * 60_000)) / 86_400_000);

/** Tue 1 Dec @param {number} ms @param {Zone} zone */
export function shortDay(ms, zone) {
  const shift = zone === 'utc' ? 0 : new Date(ms).getTimezoneOffset() * 60_000;
  const [weekday = '', day, month] = new Date(ms - shift).toUTCString().split(' ');
  return `${weekday.slice(0, 3)} ${Number(day)} ${month}`;
}

/** Tuesday 1 December 2026 @param {number} ms @param {Zone} zone */
export const longDay = (ms, zone) =>
  new Intl.DateTimeFormat('en-GB', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: zone === 'utc' ? 'UTC' : undefined,
  })
    .format(ms)
    .replaceAll(',', '');

/** 21 Nov, 10:41 @param {number} ms @param {Zone} [zone] */
export const dayMinute = (ms, zone = 'local') =>
  `${new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: zone === 'utc' ? 'UTC' : undefined }).format(ms)}, ${minute(ms, zone)}`;

/** 0.2 s, 12 s, 3 min, 2 h, 9 d @param {number} ms */
export function span(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 1) return `${(Math.floor(seconds * 10) / 10).toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** 1 min 15 s: a length in full. @param {number} ms */
export function howLong(ms) {
  const seconds = Math.round(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const named = parts.map((many, i) => (many > 0 ? `${many} ${['h', 'min', 's'][i]}` : ''));
  return named.filter((each) => each !== '').join(' ') || '0 s';
}

/**
 * 1,204 a second; of less than one a second the whole minute, which does not read as none.
 * @param {import('../messages/rate.js').Busy} busy @param {(n: number) => string} write
 * @returns {[number: string, unit: 's' | 'min']}
 */
export function pace({ perSecond, perMinute }, write = count) {
  if (perSecond >= 10) return [write(Math.round(perSecond)), 's'];
  return perSecond >= 1 ? [perSecond.toFixed(1), 's'] : [write(perMinute), 'min'];
}
