/** The edge of a column: dragged, or moved by arrow keys; the width is kept in this browser. */
import { loadSetting, saveSetting } from '../settings.js';
import { attribute, h } from './dom.js';

/**
 * Set `--NAME` on the column.
 * @param {HTMLElement} el the column
 * @param {{name: string, edge: 'left' | 'right', least: number, most: number, label: string}} options bounds in px
 */
export function grab(el, { name, edge, least, most, label }) {
  const sign = edge === 'right' ? 1 : -1;
  /** @param {number} width px */
  const resize = (width) => {
    const kept = Math.round(Math.min(most, Math.max(least, width)));
    el.style.setProperty(`--${name}`, `${kept}px`);
    attribute(handle, 'aria-valuenow', kept);
    saveSetting(name, String(kept));
  };
  const handle = h('div', {
    class: `grab ${edge}`,
    role: 'separator',
    tabindex: 0,
    'aria-orientation': 'vertical',
    'aria-label': label,
    'aria-valuemin': least,
    'aria-valuemax': most,
    'aria-valuenow': loadSetting(name) || least,
    title: label,
    onpointerdown: (/** @type {PointerEvent} */ event) => handle.setPointerCapture(event.pointerId),
    onpointermove(/** @type {PointerEvent} */ event) {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = el.getBoundingClientRect();
      resize(edge === 'right' ? event.clientX - box.left : box.right - event.clientX);
    },
    ondblclick() {
      el.style.removeProperty(`--${name}`);
      saveSetting(name, '');
    },
    onkeydown(/** @type {KeyboardEvent} */ event) {
      const by = { ArrowLeft: -20, ArrowRight: 20 }[event.key];
      if (by !== undefined) resize(el.offsetWidth + by * sign);
    },
  });
  const kept = Number(loadSetting(name));
  if (kept > 0) resize(kept);
  return handle;
}
