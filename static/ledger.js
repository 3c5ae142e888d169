/** Did I miss anything? The proof in the header. */
import { attribute, h, hear, write } from './lib/dom.js';
import { proof } from './text.js';

/** @param {HTMLElement} el @param {import('./store.js').Store} store */
export function ProofButton(el, store) {
  const glyph = h('span', { class: 'glyph', 'aria-hidden': 'true' });
  const text = h('span', { class: 'words' });
  el.append(glyph, text);
  function update() {
    const [sign, sentence] = proof(store.proof?.first ? store.proof : null);
    write(glyph, sign);
    write(text, sentence);
    attribute(el, 'data-look', sign === '▲' ? 'missing' : 'whole');
  }
  for (const noun of ['ledger', 'messages']) hear(el, noun, update);
  update();
}
