/** Export and the steps from error to error. */
import { openDialog } from '../actions/panels.js';
import { stepError } from '../actions/rows.js';
import { words } from '../text/en.js';
import { h } from '../ui/dom.js';
import { roving } from '../ui/roving.js';

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Toolbar(el, page) {
  /** @param {1 | -1} by @param {string} sign @param {string} label */
  const error = (by, sign, label) =>
    h(
      'button',
      {
        class: 'error',
        type: 'button',
        'data-role': by < 0 ? 'previous-error' : 'next-error',
        title: label,
        'aria-label': label,
        onclick: () => stepError(page, by),
      },
      sign,
    );
  el.append(
    h(
      'button',
      { type: 'button', 'data-role': 'open-export', onclick: () => openDialog(page, 'export') },
      words.export,
    ),
    error(-1, '↑■', words.previousError),
    error(1, '↓■', words.nextError),
  );
  roving(el);
}
