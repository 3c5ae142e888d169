/** The addresses in a text. Only http and https: anything else a click could do more than open a page. */

const ADDRESS = /https?:\/\/[^\s<>"'`\u202a-\u202e\u2066-\u2069]+/gi;

/** @param {string} text @returns {{text: string, href: string | null}[]} */
export function linked(text) {
  const pieces = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    // A sentence's full stop, or the bracket round it, is no part of an address.
    const address = found.replace(/[.,;:!?)\]}]+$/, '');
    const url = URL.canParse(address) ? new URL(address) : null;
    if (url === null || !/^https?:$/.test(url.protocol)) continue;
    if (index > from) pieces.push({ text: text.slice(from, index), href: null });
    pieces.push({ text: address, href: url.href });
    from = index + address.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), href: null });
  return pieces;
}
