/** Theme, height of rows and open sides: what settings do to the page as a whole, and to the next visit. */
import { hear } from './lib/dom.js';
import { remember } from './lib/storage.js';

/** @param {HTMLElement} el @param {import('./store.js').Store} store */
export function Look(el, store) {
  function update() {
    const { theme, density, topics } = store.settings;
    const root = document.documentElement;
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
    root.dataset.density = density;
    root.dataset.topics = topics;
  }
  hear(el, 'view', () => {
    document.documentElement.dataset.panel = store.view.panel;
  });
  hear(el, 'settings', () => {
    for (const [name, value] of Object.entries(store.settings)) remember(name, value);
    update();
  });
  update();
}
