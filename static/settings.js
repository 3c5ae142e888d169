/** The settings of this browser, kept for the next visit. */

/** Every setting with its values. */
export const CHOICES = /** @type {const} */ ({
  theme: ['system', 'light', 'dark'],
  density: ['normal', 'compact', 'relaxed'],
  zone: ['local', 'utc'],
  announce: ['digest', 'errors', 'off'],
  topics: ['on', 'off'],
  keys: ['on', 'off'],
  ring: ['1000', '20000', '100000', '300000'],
});
/** Defaults that are not the first value. @type {Record<string, string>} */
const DEFAULTS = { ring: '100000' };

/** Saved settings, or defaults. @returns {Record<string, string>} */
export function loadSettings() {
  const all = Object.entries(CHOICES);
  return Object.fromEntries(all.map(([name, [first]]) => [name, stored(name, DEFAULTS[name] ?? first)]));
}

/** Storage may be blocked or full: then a default holds. @param {string} key @param {string} otherwise @returns {string} */
function stored(key, otherwise) {
  try {
    const text = localStorage.getItem(`eyewall.${key}`);
    const value = text === null ? otherwise : JSON.parse(text);
    return typeof value === 'string' ? value : otherwise;
  } catch {
    return otherwise;
  }
}

/** A setting without a form; '' without a saved value. @param {string} key */
export const loadSetting = (key) => stored(key, '');

/** @param {string} key @param {string} value */
export function saveSetting(key, value) {
  try {
    localStorage.setItem(`eyewall.${key}`, JSON.stringify(value));
  } catch {
    // The setting holds for this visit.
  }
}
