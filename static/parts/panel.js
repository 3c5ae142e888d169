/** The right side: which panel is open. */
import { closePanel, openPanel } from '../actions/panels.js';
import { words } from '../text/en.js';
import { attribute, h, hear } from '../ui/dom.js';
import { grab } from '../ui/grab.js';
import { roving } from '../ui/roving.js';

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Panel(el, page) {
  const { store } = page;
  const names = /** @type {const} */ (['who', 'details']);
  const tabs = names.map((name) =>
    h(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${name}`,
        'aria-controls': name,
        'data-name': name,
        onclick: () => openPanel(page, name),
      },
      words.panels[name],
    ),
  );
  const close = h(
    'button',
    { type: 'button', class: 'close', 'aria-label': words.close, onclick: () => closePanel(page) },
    '×',
  );
  const tablist = h('div', { class: 'tabs', role: 'tablist' }, ...tabs);
  roving(tablist);
  el.prepend(
    grab(el, { name: 'panel', edge: 'left', least: 280, most: 900, label: words.resizePanel }),
    h('header', {}, tablist, close),
  );
  function update() {
    el.hidden = store.view.panel === '' || store.view.panel === 'topics';
    for (const tab of tabs) attribute(tab, 'aria-selected', tab.dataset.name === store.view.panel);
    for (const name of names) {
      const panel = /** @type {HTMLElement} */ (el.querySelector(`#${name}`));
      panel.hidden = store.view.panel !== name;
    }
  }
  hear(el, 'view', update);
  update();
}
