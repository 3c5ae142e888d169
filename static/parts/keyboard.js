/**
 * Single keys, each has a button too; and whoever works by keys is always somewhere.
 *
 * Owns which key asks for what, and when a key is none of ours. Asks for many things; app.js answers.
 */
import { ask, hear } from '../ui/dom.js';

/** @type {Record<string, [verb: string, detail?: unknown]>} */
const KEYS = {
  '/': ['focus-filter'],
  ' ': ['toggle-pause'],
  End: ['to-newest'],
  G: ['to-newest'],
  Home: ['to-oldest'],
  g: ['to-oldest'],
  j: ['step', 1],
  ArrowDown: ['step', 1],
  k: ['step', -1],
  ArrowUp: ['step', -1],
  PageDown: ['page', 1],
  PageUp: ['page', -1],
  Enter: ['toggle-details'],
  e: ['step-error', 1],
  E: ['step-error', -1],
  f: ['selected-topic', 'only-topic'],
  F: ['selected-topic', 'hide-topic'],
  c: ['copy-selected', 'text'],
  C: ['copy-selected', 'ndjson'],
  y: ['copy-selected', 'link'],
  x: ['show-context'],
  p: ['open-publish'],
  t: ['toggle-zone'],
  d: ['toggle-theme'],
  '[': ['toggle-topics'],
  ']': ['toggle-panel'],
  '?': ['open-dialog', 'help'],
  1: ['toggle-level', 0],
  2: ['toggle-level', 1],
  3: ['toggle-level', 2],
  4: ['toggle-level', 3],
  5: ['toggle-level', 4],
  0: ['show-levels'],
  Escape: ['back-out'],
};
/** Keys that belong to whatever control has the focus. */
const OF_CONTROLS = new Set([' ', 'Enter', 'ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End']);

/** @param {HTMLElement} el the body @param {import('../store.js').Store} store */
export function Keyboard(el, store) {
  document.addEventListener('keydown', (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest('input, textarea, select, dialog[open]:modal')) return;
    const isFeed = target === document.body || target.closest('[data-role="feed"]') !== null;
    if (OF_CONTROLS.has(event.key) && !isFeed) return;
    // Whoever talks to a computer types single keys by accident; these can be switched off.
    if (store.settings.keys === 'off' && !OF_CONTROLS.has(event.key) && event.key !== 'Escape') return;
    const found = KEYS[event.key];
    if (found === undefined) return;
    event.preventDefault();
    // Whoever begins to work by keys begins in the feed.
    if (target === document.body) ask(el, 'focus-feed');
    ask(el, ...found);
  });

  // When the control that had the focus goes, the feed takes it. Not at the start: the skip link comes first.
  let wasSomewhere = false;
  const look = () => {
    if (document.activeElement === document.body && wasSomewhere) ask(el, 'focus-feed');
  };
  el.addEventListener('focusin', () => {
    wasSomewhere = true;
  });
  // What is removed or hidden says nothing as it goes; so the clock looks, too.
  el.addEventListener('focusout', () => requestAnimationFrame(look));
  hear(el, 'tick', look);
}
