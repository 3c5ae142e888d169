/**
 * The address of the page and the entries of the browser's history.
 *
 * Owns when the address changes and what is a step of Back.
 */
import { back, backToLive, searchHistory, showAround } from './actions/history.js';
import { closePanel, setAddressFaults } from './actions/panels.js';
import { fromQuery, toQuery } from './query/address.js';
import { EVERYTHING, isNarrow } from './query/selection.js';
import { hear } from './ui/dom.js';

/** The address is written this long after the last change (ms). */
const ADDRESS_PAUSE = 300;

/** @param {HTMLElement} el anything that hears nouns @param {import('./actions/page.js').Page} page */
export function Address(el, page) {
  const { store } = page;
  let timer = 0;
  const asked = fromQuery(location.search, store.now());
  /** What the present history entry stands for: history that is shown ('': a search), open details. */
  let step = { at: /** @type {string | null} */ (asked.at || null), isOpen: false };
  /** history.back() was called and has not arrived. */
  let isLeaving = false;

  /** @param {'pushState' | 'replaceState'} how */
  function write(how) {
    clearTimeout(timer);
    const state = { ...stepOf(store), isPushed: how === 'pushState' || history.state?.isPushed === true };
    history[how](state, '', currentAddress(store));
  }

  function changed() {
    const now = stepOf(store);
    const isDeeper = (now.at !== step.at && now.at !== null) || (now.isOpen && !step.isOpen);
    const isClosing = step.isOpen && !now.isOpen && now.at === step.at;
    const isOther = now.at !== step.at || now.isOpen !== step.isOpen;
    step = now;
    if (!isOther) return;
    // Closing the details leaves the entry that opening them made.
    isLeaving = isClosing && history.state?.isPushed === true && history.state.isOpen === true;
    if (isLeaving) history.back();
    else write(isDeeper ? 'pushState' : 'replaceState');
  }

  /** @param {PopStateEvent} event */
  function popped({ state }) {
    const isOurs = isLeaving;
    isLeaving = false;
    const { at, isAll, selection } = fromQuery(location.search, store.now());
    const isOpen = state?.isOpen === true;
    // What was opened meanwhile makes an entry of its own.
    if (isOurs && stepOf(store).isOpen) return write('pushState');
    step = { at: state?.at ?? (at || null), isOpen };
    if (store.view.panel === 'details' && !isOpen) closePanel(page);
    if (at && store.past?.at !== at) showAround(page, at, isAll ? EVERYTHING : selection);
    else turnTo(page, step.at);
    // The filter is no step: it stays, so this address has it too.
    write('replaceState');
  }

  hear(el, 'view', changed);
  for (const noun of /** @type {const} */ (['selection', 'settings'])) {
    hear(el, noun, () => {
      clearTimeout(timer);
      timer = setTimeout(() => write('replaceState'), ADDRESS_PAUSE);
    });
  }
  addEventListener('popstate', popped);

  begin(page, asked);
}

/** @param {import('./store.js').Store} store */
function currentAddress({ past, selection, view }) {
  const isAll = past?.kind === 'around' && !past.isNarrowed;
  const shown = isAll ? past.before.selection : selection;
  const place = { at: past?.at, isAll: isAll && isNarrow(shown), isSearch: past?.kind === 'search' };
  return location.pathname + toQuery(shown, view.zone, place);
}

/** Show what the address asks for. @param {import('./actions/page.js').Page} page @param {ReturnType<typeof fromQuery>} asked */
function begin(page, asked) {
  const { store } = page;
  store.narrow(asked.selection);
  // For this visit only: a link does not change the settings.
  if (asked.zone === 'utc') store.setView({ zone: asked.zone });
  if (asked.refused.length > 0) setAddressFaults(page, asked.refused);
  if (asked.at) showAround(page, asked.at, asked.isAll ? EVERYTHING : asked.selection);
  else if (asked.isSearch) searchHistory(page);
}

/** The state of the page that a history entry restores. @param {import('./store.js').Store} store */
function stepOf({ past, view }) {
  return { at: past ? past.at : null, isOpen: view.panel === 'details' };
}

/** Show what a history entry stands for. @param {import('./actions/page.js').Page} page @param {string | null} at '': a search */
function turnTo(page, at) {
  const { past } = page.store;
  if (at === '' && past?.before.past) back(page);
  else if (at === '' && past?.kind !== 'search') {
    // The search is for the selection, not for the "everything" of the view that is left.
    backToLive(page);
    searchHistory(page);
  } else if (at === null && past) backToLive(page);
}
