/**
 * Whoever works by keys is always somewhere: when the control that had the focus goes, the feed takes it.
 *
 * Not at the start, where the skip link is the first stop. Asks for: focus-feed.
 */
import { ask, hear } from './lib/dom.js';

/** @param {HTMLElement} el the body */
export function Focus(el) {
  let wasSomewhere = false;
  function look() {
    const isNowhere = document.activeElement === document.body || document.activeElement === null;
    if (isNowhere && wasSomewhere) ask(el, 'focus-feed');
  }
  el.addEventListener('focusin', () => {
    wasSomewhere = true;
  });
  // What is removed or hidden says nothing as it goes; so the clock looks, too.
  el.addEventListener('focusout', () => requestAnimationFrame(look));
  hear(el, 'tick', look);
}
