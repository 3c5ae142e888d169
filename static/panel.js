/** The right side: Who or Details, one at a time. Asks for: open-panel, close-panel. */
import { ask, attribute, h, hear } from './lib/dom.js';
import { words } from './text.js';

/** @param {HTMLElement} el @param {import('./store.js').Store} store */
export function Panel(el, store) {
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
        onclick: () => ask(el, 'open-panel', name),
      },
      words.panels[name],
    ),
  );
  const close = h(
    'button',
    { type: 'button', class: 'close', 'aria-label': words.close, onclick: () => ask(el, 'close-panel') },
    '×',
  );
  el.prepend(h('header', {}, h('div', { class: 'tabs', role: 'tablist' }, ...tabs), close));
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
