/** Taking a text along: the button says how it went, and where the browser will not copy, a person can. */
import { copy, h, write } from './dom.js';
import { words } from '../text/words.js';

/** A text laid out for Ctrl+C, to be selected once it is on the page. @param {string} text */
export function laidOut(text) {
  const field = h('textarea', { class: 'laid-out', readonly: true, rows: 2, 'aria-label': words.toCopy });
  field.value = text;
  return field;
}

/** @param {HTMLElement} button @param {string} text */
export async function copyFrom(button, text) {
  const isCopied = await copy(text);
  document.querySelector('.uncopied')?.remove();
  if (isCopied) return write(button, words.copied);
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
