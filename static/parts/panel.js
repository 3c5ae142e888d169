/** The right side: which panel is open. */
import { loadSetting, saveSetting } from '../settings.js';
import { words } from '../text/en.js';
import { attribute, hear } from '../ui/dom.js';
import { grab } from '../ui/grab.js';

const PANEL_NAMES = /** @type {const} */ (['who', 'details']);

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Panel(el, page) {
  const { store } = page;
  el.prepend(
    grab(el, {
      name: 'panel',
      edge: 'left',
      least: 280,
      most: 900,
      label: words.resizePanel,
      kept: loadSetting('panel'),
      keep: (width) => saveSetting('panel', width),
    }),
  );
  function update() {
    const { panel } = store.view;
    el.hidden = panel === '' || panel === 'topics';
    for (const name of PANEL_NAMES) {
      const inside = /** @type {HTMLElement} */ (el.querySelector(`#${name}`));
      inside.hidden = panel !== name;
      if (panel === name) attribute(el, 'aria-label', words.panels[name]);
    }
  }
  hear(el, 'view', update);
  update();
}
