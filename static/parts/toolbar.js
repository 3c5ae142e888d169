/** Export and the steps from error to error. */
import { openDialog } from '../actions/panels.js';
import { stepError } from '../actions/rows.js';
import { words } from '../text/en.js';
import { h, icon } from '../ui/dom.js';
import { roving } from '../ui/roving.js';

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Toolbar(el, page) {
  /** @param {1 | -1} by @param {string} sign @param {string} label */
  const error = (by, sign, label) =>
    h(
      'button',
      {
        class: 'icon',
        type: 'button',
        'data-role': by < 0 ? 'previous-error' : 'next-error',
        title: label,
        'aria-label': label,
        onclick: () => stepError(page, by),
      },
      icon(sign),
    );
  el.append(
    h(
      'span',
      { class: 'errors' },
      error(-1, 'chevron-up', words.previousError),
      h('span', { class: 'word' }, words.error),
      error(1, 'chevron-down', words.nextError),
    ),
    h(
      'button',
      {
        type: 'button',
        class: 'icon',
        'data-role': 'open-export',
        title: words.export,
        'aria-label': words.export,
        onclick: () => openDialog(page, 'export'),
      },
      icon('download'),
    ),
  );
  roving(el);
}
