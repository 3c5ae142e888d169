/** What settings and panels do to the page as a whole: attributes of the root element that styles use. */
import { saveSetting } from '../settings.js';
import { hear } from '../ui/dom.js';

const DARK = matchMedia('(prefers-color-scheme: dark)');

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Look(el, { store }) {
  function update() {
    const { theme, density, topics } = store.settings;
    const root = document.documentElement;
    root.dataset.theme = theme === 'system' ? (DARK.matches ? 'dark' : 'light') : theme;
    root.dataset.density = density;
    root.dataset.topics = topics;
  }
  hear(el, 'view', () => {
    document.documentElement.dataset.panel = store.view.panel;
  });
  DARK.addEventListener('change', () => store.changed('settings'));
  let known = store.settings;
  hear(el, 'settings', () => {
    // Only what changed here: another tab may have saved other settings meanwhile.
    for (const [name, value] of Object.entries(store.settings)) {
      if (value !== known[name]) saveSetting(name, value);
    }
    known = store.settings;
    update();
  });
  update();
}
