/** Following, reading and paused: what moves the page from one to the other. */
import { backToLive } from './history.js';

/** @typedef {import('./page.js').Page} Page */

/** The operator looks at something other than the newest messages. @param {Page} page */
export function startReading({ store }) {
  if (store.view.mode === 'following') store.setMode('reading');
}

/** The operator scrolled to the end. @param {Page} page */
export function reachedEnd({ store }) {
  if (store.view.mode === 'reading' && !store.past) store.setMode('following');
}

/** The message being read was evicted. @param {Page} page @param {string} id */
export function loseRows({ store }, id) {
  if (store.view.lostRows === null) store.setView({ lostRows: id });
}

/** @param {Page} page */
export function follow(page) {
  backToLive(page);
  page.store.setMode('following');
}

/** @param {Page} page */
export function togglePause(page) {
  if (page.store.view.mode === 'paused') follow(page);
  else page.store.setMode('paused');
}

/** @param {Page} page */
export function toNewest(page) {
  const { store, feed } = page;
  if (store.view.mode !== 'paused') return follow(page);
  backToLive(page);
  // Only Resume ends Paused: this shows once what has arrived meanwhile.
  const { end } = store.live.ring;
  store.setView({ heldAt: end, unseen: 0, unseenErrors: 0, unseenFrom: end });
  feed.jumpEnd();
}

/** @param {Page} page */
export function toOldest(page) {
  startReading(page);
  page.feed.jumpStart();
}

/** @param {Page} page @param {1 | -1} by */
export function scrollPage({ feed }, by) {
  feed.scrollPage(by);
}
