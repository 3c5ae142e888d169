/** The edge of a column: dragged, or moved by arrow keys; a double click gives it its usual width. */
import { attribute, h } from './dom.js';

/**
 * Set `--NAME` on the column.
 * @param {HTMLElement} el the column
 * @param {{name: string, edge: 'left' | 'right', least: number, most: number, label: string, kept: string, keep: (width: string) => void}} options
 *   bounds in px; `kept` is the last width that `keep` was given, '' for none
 */
export function grab(el, { name, edge, least, most, label, kept, keep }) {
  const sign = edge === 'right' ? 1 : -1;
  /** @param {number} width px */
  const resize = (width) => {
    const next = Math.round(Math.min(most, Math.max(least, width)));
    el.style.setProperty(`--${name}`, `${next}px`);
    attribute(handle, 'aria-valuenow', next);
    keep(String(next));
  };
  const handle = h('div', {
    class: `grab ${edge}`,
    role: 'separator',
    tabindex: 0,
    'aria-orientation': 'vertical',
    'aria-label': label,
    'aria-valuemin': least,
    'aria-valuemax': most,
    'aria-valuenow': kept || least,
    title: label,
    onpointerdown: (/** @type {PointerEvent} */ event) => handle.setPointerCapture(event.pointerId),
    onpointermove(/** @type {PointerEvent} */ event) {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = el.getBoundingClientRect();
      resize(edge === 'right' ? event.clientX - box.left : box.right - event.clientX);
    },
    ondblclick() {
      el.style.removeProperty(`--${name}`);
      keep('');
    },
    onkeydown(/** @type {KeyboardEvent} */ event) {
      const by = { ArrowLeft: -20, ArrowRight: 20 }[event.key];
      if (by !== undefined) resize(el.offsetWidth + by * sign);
    },
  });
  if (Number(kept) > 0) resize(Number(kept));
  return handle;
}
