/**
 * The address of the page and the entries of the browser's history.
 *
 * Owns when the address changes and what is a step of Back.
 */
import { back, backToLive, searchHistory, showAround } from './actions/history.js';
import { closePanel } from './actions/panels.js';
import { fromQuery, toQuery } from './query/address.js';
import { hear } from './ui/dom.js';

/** The address is written this long after the last change (ms). */
const ADDRESS_PAUSE = 300;

/** @param {HTMLElement} el anything that hears nouns @param {import('./actions/page.js').Page} page */
export function Address(el, page) {
  const { store } = page;
  let timer = 0;
  const { selection, zone, at } = fromQuery(location.search);
  /** What the last history entry stands for: history that is shown ('': a search), open details. @type {{at: string | null, isOpen: boolean}} */
  let step = { at: at || null, isOpen: false };

  function here() {
    const { past, view } = store;
    return { at: past ? past.at : null, isOpen: view.panel === 'details' };
  }

  function address() {
    const { past, selection, view } = store;
    return (
      location.pathname +
      toQuery(past?.kind === 'around' ? past.before.selection : selection, view.zone, past?.at)
    );
  }

  /** @param {'pushState' | 'replaceState'} how */
  function write(how) {
    clearTimeout(timer);
    if (how === 'pushState' || address() !== location.pathname + location.search) {
      history[how](here(), '', address());
    }
  }

  hear(el, 'view', () => {
    const now = here();
    const isDeeper = (now.at !== step.at && now.at !== null) || (now.isOpen && !step.isOpen);
    const isOther = now.at !== step.at || now.isOpen !== step.isOpen;
    step = now;
    if (isOther) write(isDeeper ? 'pushState' : 'replaceState');
  });
  for (const noun of /** @type {const} */ (['selection', 'settings'])) {
    hear(el, noun, () => {
      clearTimeout(timer);
      timer = setTimeout(() => write('replaceState'), ADDRESS_PAUSE);
    });
  }
  addEventListener('popstate', (/** @type {PopStateEvent} */ { state }) => {
    const { at } = fromQuery(location.search);
    const isOpen = state?.isOpen === true;
    step = { at: state?.at ?? (at || null), isOpen };
    if (store.view.panel === 'details' && !isOpen) closePanel(page);
    if (at && store.past?.at !== at) showAround(page, at);
    else if (step.at === '' && store.past?.before.past) back(page);
    else if (step.at === '' && store.past?.kind !== 'search') {
      // The search is for the selection, not for the "everything" of the view that is left.
      backToLive(page);
      searchHistory(page);
    } else if (step.at === null && store.past) backToLive(page);
    // The filter is no step: it stays, so this address says it, too.
    write('replaceState');
  });

  store.narrow(selection);
  // For this visit only: a link does not change the settings.
  if (zone === 'utc') store.setView({ zone });
  if (at) showAround(page, at);
}
