/** The bar at the bottom of a narrow screen: which part is shown. */
import { openPanel, togglePublish } from '../actions/panels.js';
import { words } from '../text/en.js';
import { attribute, h, hear, icon } from '../ui/dom.js';

const PART_SIGNS = { '': 'rows-3', topics: 'list-tree', who: 'users' };

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Bottom(el, page) {
  const panels = /** @type {const} */ (['', 'topics', 'who']);
  const buttons = panels.map((name) =>
    h(
      'button',
      { type: 'button', 'data-panel': name, onclick: () => openPanel(page, name) },
      icon(PART_SIGNS[name]),
      words.bottom[name],
    ),
  );
  const publish = { type: 'button', onclick: () => togglePublish(page) };
  el.append(...buttons, h('button', publish, icon('send'), words.publish));

  function update() {
    for (const button of buttons) {
      attribute(button, 'aria-pressed', button.dataset.panel === page.store.view.panel);
    }
  }
  hear(el, 'view', update);
  update();
}
