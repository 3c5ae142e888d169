/** The bar at the bottom of a narrow screen: which of the parts is to be seen. */
import { attribute, hear } from '../ui/dom.js';

/** @param {HTMLElement} el with buttons that open a panel @param {import('../store.js').Store} store */
export function Bottom(el, store) {
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (el.querySelectorAll('[data-verb="open-panel"]'));
  function update() {
    for (const button of buttons)
      attribute(button, 'aria-pressed', button.dataset.detail === store.view.panel);
  }
  hear(el, 'view', update);
  update();
}
