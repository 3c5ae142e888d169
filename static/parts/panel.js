/** The right side: which panel is open. */
import { closePanel, openPanel } from '../actions/panels.js';
import { loadSetting, saveSetting } from '../settings.js';
import { words } from '../text/en.js';
import { attribute, h, hear } from '../ui/dom.js';
import { roving } from '../ui/roving.js';

/** Bounds of its width (px). */
const NARROWEST = 280;
const WIDEST = 900;

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
  el.prepend(grab(el), h('header', {}, tablist, close));
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

/** The left edge, to drag or to move by keys. @param {HTMLElement} el the panel */
function grab(el) {
  /** @param {number} width px */
  const resize = (width) => {
    const kept = Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));
    el.style.setProperty('--panel', `${kept}px`);
    saveSetting('panel', String(kept));
  };
  const edge = h('div', {
    class: 'grab',
    role: 'separator',
    'aria-orientation': 'vertical',
    tabindex: 0,
    'aria-label': words.resizePanel,
    title: words.resizePanel,
    onpointerdown: (/** @type {PointerEvent} */ event) => edge.setPointerCapture(event.pointerId),
    onpointermove(/** @type {PointerEvent} */ event) {
      if (edge.hasPointerCapture(event.pointerId)) resize(el.getBoundingClientRect().right - event.clientX);
    },
    ondblclick: () => el.style.removeProperty('--panel'),
    onkeydown(/** @type {KeyboardEvent} */ event) {
      const by = { ArrowLeft: 20, ArrowRight: -20 }[event.key];
      if (by !== undefined) resize(el.offsetWidth + by);
    },
  });
  const kept = Number(loadSetting('panel'));
  if (kept > 0) resize(kept);
  return edge;
}
