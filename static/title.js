/** The tab's title and icon: what can be told while nobody looks at the page. */
import { hear } from './lib/dom.js';
import { isUp } from './logic/state.js';
import { tabTitle } from './text.js';

/** @param {HTMLElement} el anything that hears nouns @param {import('./store.js').Store} store @param {string} title */
export function TabTitle(el, store, title) {
  const icon = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel=icon]'));
  function update() {
    const { link, view, unseenErrors } = store;
    const lost = !isUp(link) && link.phase !== 'connecting';
    const waiting = view.mode === 'following' ? 0 : view.unseen;
    const text = tabTitle(title, unseenErrors, lost, waiting);
    if (document.title !== text) document.title = text;
    const look = lost ? 'lost' : unseenErrors > 0 ? 'errors' : 'live';
    const href = `/static/icons/${look}.svg`;
    if (icon.getAttribute('href') !== href) icon.href = href;
  }
  for (const noun of ['link', 'messages', 'view', 'tick']) hear(el, noun, update);
  update();
}
