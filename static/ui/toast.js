/** A short confirmation of a key that changes nothing visible; also heard by screen readers. */
import { part, write } from './dom.js';

/** How long a toast stays (ms). */
const STAYS = 2_500;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Show a text, in the place of the previous one. @param {string} text */
export function toast(text) {
  const el = part('toast');
  write(el, text);
  el.classList.add('shown');
  clearTimeout(timer);
  timer = setTimeout(() => {
    el.classList.remove('shown');
    write(el, '');
  }, STAYS);
}

/** Heard, not seen. @param {string} text */
export function announce(text) {
  write(part('heard'), text);
  setTimeout(() => write(part('heard'), ''), STAYS);
}
