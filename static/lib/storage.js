/** What this browser remembers between visits. Tried, never needed: storage may be forbidden or full. */

/** @template T @param {string} key @param {T} otherwise @returns {T} */
export function remembered(key, otherwise) {
  try {
    const text = localStorage.getItem(`eyewall.${key}`);
    const value = text === null ? otherwise : JSON.parse(text);
    return typeof value === typeof otherwise ? value : otherwise;
  } catch {
    return otherwise;
  }
}

/** @param {string} key @param {unknown} value */
export function remember(key, value) {
  try {
    localStorage.setItem(`eyewall.${key}`, JSON.stringify(value));
  } catch {
    // Then it holds for this visit.
  }
}
