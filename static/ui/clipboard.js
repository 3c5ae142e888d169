/** Copying: the button confirms it; where the browser refuses, the text is laid out for Ctrl+C. */

import { words } from '../text/en.js';
import { h, write } from './dom.js';
import { announce } from './toast.js';

/** A button says that it has copied for this long (ms). */
const COPIED_STAYS = 2_000;

/** A text laid out for Ctrl+C, to be selected once it is on the page. @param {string} text */
export function laidOut(text) {
  const field = h('textarea', { class: 'laid-out', readonly: true, rows: 2, 'aria-label': words.toCopy });
  field.value = text;
  return field;
}

/** @param {HTMLElement} button @param {string} text */
export async function copyFrom(button, text) {
  const isCopied = await copyText(text);
  document.querySelector('.uncopied')?.remove();
  if (isCopied) {
    if (button.textContent === words.copied) return;
    const before = [...button.childNodes];
    const label = button.getAttribute('aria-label');
    write(button, words.copied);
    button.removeAttribute('aria-label');
    announce(words.copied);
    setTimeout(() => {
      if (button.textContent === words.copied) button.replaceChildren(...before);
      if (label !== null) button.setAttribute('aria-label', label);
    }, COPIED_STAYS);
    return;
  }
  const field = laidOut(text);
  const box = h('span', { class: 'uncopied' }, h('span', { role: 'status' }, words.copyBlocked), field);
  button.after(box);
  field.select();
  field.focus();
}

/** There is another text to copy now. @param {HTMLElement} button */
export function askAgain(button) {
  write(button, words.copy);
  if (button.nextElementSibling?.className === 'uncopied') button.nextElementSibling.remove();
}

/**
 * Copy a text. On plain HTTP there is no clipboard object, but the old command works.
 * @param {string} text @returns {Promise<boolean>}
 */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = h('textarea', { class: 'copy-field', 'aria-hidden': 'true' });
    field.value = text;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    // Inside an open dialog, as nothing outside of a modal one can be focused.
    (focused?.closest('dialog') ?? document.body).append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    focused?.focus({ preventScroll: true });
    return done;
  }
}
