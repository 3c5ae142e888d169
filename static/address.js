/**
 * The address of the page and the steps of Back: what is shown can be sent to somebody, and left again.
 *
 * Owns when the address changes and what is a step. Asks for: show-around, search-history, back,
 * back-to-live, close-panel.
 */
import { ask, hear } from './ui/dom.js';
import { fromQuery, toQuery } from './query/address.js';

/** The address is written this long after the last change (ms). */
const ADDRESS_PAUSE = 300;

/** @param {HTMLElement} el anything that hears nouns @param {import('./store.js').Store} store */
export function Steps(el, store) {
  let timer = 0;
  const { selection, zone, at } = fromQuery(location.search);
  /** What the last step stands for: a look back ('': a search), open details. @type {{at: string | null, isOpen: boolean}} */
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
  for (const noun of ['selection', 'settings']) {
    hear(el, noun, () => {
      clearTimeout(timer);
      timer = setTimeout(() => write('replaceState'), ADDRESS_PAUSE);
    });
  }
  addEventListener('popstate', (/** @type {PopStateEvent} */ { state }) => {
    const { at } = fromQuery(location.search);
    const isOpen = state?.isOpen === true;
    step = { at: state?.at ?? (at || null), isOpen };
    if (store.view.panel === 'details' && !isOpen) ask(el, 'close-panel');
    if (at && store.past?.at !== at) ask(el, 'show-around', at);
    else if (step.at === '' && store.past?.before.past) ask(el, 'back');
    else if (step.at === '' && store.past?.kind !== 'search') {
      // What is searched for is what was narrowed to, and not the "everything" of the look that is left.
      ask(el, 'back-to-live');
      ask(el, 'search-history');
    } else if (step.at === null && store.past) ask(el, 'back-to-live');
    // The filter is no step: it stays, so this address says it, too.
    write('replaceState');
  });

  store.narrow(selection);
  // For this look alone: what somebody has chosen for every visit is not a link's to change.
  if (zone === 'utc') store.setView({ zone });
  if (at) ask(el, 'show-around', at);
}
