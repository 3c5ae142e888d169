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
  Home: [-Infinity, true],
  End: [Infinity, true],
};

/**
 * @param {HTMLElement} el holds the buttons, which may come and go
 * @param {string} [selector]
 * @returns {() => void} to be called when they have
 */
export function roving(el, selector = 'button') {
  /** @returns {HTMLElement[]} */
  const all = () => [.../** @type {NodeListOf<HTMLElement>} */ (el.querySelectorAll(selector))];
  /** Where Tab enters: where one was last. @type {HTMLElement | null} */
  let entry = null;

  function settle() {
    const buttons = all();
    if (entry === null || !buttons.includes(entry)) entry = buttons[0] ?? null;
    for (const button of buttons) attribute(button, 'tabindex', button === entry ? 0 : -1);
  }

  el.addEventListener('focusin', ({ target }) => {
    if (!all().includes(/** @type {HTMLElement} */ (target))) return;
    entry = /** @type {HTMLElement} */ (target);
    settle();
  });
  el.addEventListener('keydown', (event) => {
    const [by, isSame] = ARROWS[event.key] ?? [0, false];
    const here = /** @type {HTMLElement} */ (event.target);
    if (by === 0 || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const buttons = all().filter((each) => !isSame || each.classList[0] === here.classList[0]);
    const at = buttons.indexOf(here);
    if (at < 0) return;
    event.preventDefault();
    buttons[Math.max(0, Math.min(buttons.length - 1, at + by))]?.focus();
  });
  settle();
  return settle;
}
