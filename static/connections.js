/** Who is connected: the count in the header. Asks for: toggle-panel. */
import { hear, write } from './lib/dom.js';
import { connected, connectedTitle } from './text.js';

/** @param {HTMLElement} el @param {import('./store.js').Store} store */
export function ConnectionCount(el, store) {
  function update() {
    const { connections } = store; // Nothing heard yet is a dash: 0 would be a claim.
    write(el, connected(connections?.count));
    el.title = connectedTitle(connections?.count, connections?.peak);
  }
  hear(el, 'connections', update);
  update();
}
