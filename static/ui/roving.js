/**
 * Many buttons, one tab stop: Tab goes on to the next part, arrow keys move inside (ARIA practices, "Keyboard
 * Navigation Inside Components").
 */
import { attribute } from './dom.js';

/** How far each key goes; up and down to the next of the same kind. @type {Record<string, [by: number, isSame: boolean]>} */
const ARROWS = {
  ArrowRight: [1, false],
  ArrowLeft: [-1, false],
  ArrowDown: [1, true],
  ArrowUp: [-1, true],
};

/**
 * @param {HTMLElement} el holds the buttons, which may come and go
 * @returns {() => void} to be called when they have
 */
export function roving(el) {
  const all = () => [...el.querySelectorAll('button')].filter((button) => button.checkVisibility());
  /** Where Tab enters: where one was last. @type {HTMLButtonElement | null} */
  let entry = null;

  function settle() {
    const buttons = all();
    if (entry === null || !buttons.includes(entry)) entry = buttons[0] ?? null;
    for (const button of buttons) attribute(button, 'tabindex', button === entry ? 0 : -1);
  }

  el.addEventListener('focusin', ({ target }) => {
    entry = /** @type {HTMLButtonElement} */ (target);
    settle();
  });
  el.addEventListener('keydown', (event) => {
    const [by, isSame] = ARROWS[event.key] ?? [0, false];
    const here = /** @type {HTMLButtonElement} */ (event.target);
    if (by === 0 || event.altKey) return; // With Alt they are the browser's: back, and forward again.
    const buttons = all().filter((each) => !isSame || each.classList[0] === here.classList[0]);
    const at = buttons.indexOf(here);
    if (at < 0) return;
    event.preventDefault();
    (buttons[at + by] ?? here).focus();
  });
  settle();
  return settle;
}
