/** The head of a panel: what it is about, and how to close it. */
import { words } from '../text/en.js';
import { h, icon } from './dom.js';

/** @param {() => void} onclick closes the panel @param {...import('./dom.js').Child} about */
export const panelHead = (onclick, ...about) =>
  h(
    'header',
    {},
    ...about,
    h('button', { type: 'button', class: 'close', 'aria-label': words.close, onclick }, icon('x')),
  );
