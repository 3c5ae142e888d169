/**
 * Single keys, each of which has a button too. Keyboard focus is never lost to the body.
 *
 * Owns which key does what, and which keys belong to the control that has the focus.
 */
import { leastLevel, showLevels } from '../actions/filtering.js';
import {
  backOut,
  focusFeed,
  focusFilter,
  openDialog,
  togglePanel,
  togglePublish,
  toggleTheme,
  toggleTopics,
  toggleZone,
} from '../actions/panels.js';
import { scrollPage, togglePause, toNewest, toOldest } from '../actions/reading.js';
import {
  copySelected,
  hideSelectedTopic,
  onlySelectedTopic,
  showContext,
  stepError,
  stepRow,
  toggleDetails,
} from '../actions/rows.js';
import { hear } from '../ui/dom.js';

/** @type {Record<string, (page: import('../actions/page.js').Page) => unknown>} */
const KEYS = {
  '/': focusFilter,
  ' ': togglePause,
  End: toNewest,
  G: toNewest,
  Home: toOldest,
  g: toOldest,
  j: (page) => stepRow(page, 1),
  ArrowDown: (page) => stepRow(page, 1),
  k: (page) => stepRow(page, -1),
  ArrowUp: (page) => stepRow(page, -1),
  PageDown: (page) => scrollPage(page, 1),
  PageUp: (page) => scrollPage(page, -1),
  Enter: toggleDetails,
  e: (page) => stepError(page, 1),
  E: (page) => stepError(page, -1),
  f: onlySelectedTopic,
  F: hideSelectedTopic,
  c: (page) => copySelected(page, 'text'),
  C: (page) => copySelected(page, 'ndjson'),
  y: (page) => copySelected(page, 'link'),
  x: showContext,
  p: togglePublish,
  t: toggleZone,
  d: toggleTheme,
  '[': toggleTopics,
  ']': togglePanel,
  '?': (page) => openDialog(page, 'help'),
  1: (page) => leastLevel(page, 4),
  2: (page) => leastLevel(page, 3),
  3: (page) => leastLevel(page, 2),
  4: (page) => leastLevel(page, 1),
  5: showLevels,
  0: showLevels,
  Escape: backOut,
};
/** Keys that belong to whatever control has the focus. */
const OF_CONTROLS = new Set([' ', 'Enter', 'ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End']);

/** @param {HTMLElement} el the body @param {import('../actions/page.js').Page} page */
export function Keyboard(el, page) {
  const { store } = page;
  document.addEventListener('keydown', (event) => {
    const target = /** @type {Element} */ (event.target);
    // AltGr types [ and ] on many keyboards, and sets Ctrl and Alt under Windows.
    const isShortcut = (event.ctrlKey || event.altKey) && !event.getModifierState('AltGraph');
    if (event.defaultPrevented || event.metaKey || isShortcut) return;
    if (target.closest('input, textarea, select, dialog[open]:modal')) return;
    const isFeed = target === document.body || target.closest('[data-role="feed"]') !== null;
    if (OF_CONTROLS.has(event.key) && !isFeed) return;
    // Speech input types single keys by accident, so they can be switched off (WCAG 2.1.4).
    if (store.settings.keys === 'off' && !OF_CONTROLS.has(event.key) && event.key !== 'Escape') return;
    const action = KEYS[event.key];
    if (action === undefined) return;
    event.preventDefault();
    if (target === document.body) focusFeed();
    action(page);
  });

  // After a click with the mouse the keys are the feed's again. A click by key has no detail.
  el.addEventListener('click', (event) => {
    const button = /** @type {Element} */ (event.target).closest('[data-keys="feed"] button');
    if (button !== null && event.detail > 0) focusFeed();
  });

  // The feed takes the focus of a control that is removed. Not before the first focus: the skip link comes first.
  let wasSomewhere = false;
  const look = () => {
    if (document.activeElement === document.body && wasSomewhere) focusFeed();
  };
  el.addEventListener('focusin', () => {
    wasSomewhere = true;
  });
  // An element that is removed or hidden fires no focusout, so the clock looks too.
  el.addEventListener('focusout', () => requestAnimationFrame(look));
  hear(el, 'tick', look);
}
