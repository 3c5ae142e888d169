/**
 * What parts and keys can ask for, and what becomes of it: changes of the store, calls of the server.
 *
 * Owns every consequence. Draws nothing: the store says what changed, and the parts hear it.
 */

import { copy } from '../ui/dom.js';
import { linkTo } from '../query/address.js';
import { asText } from '../messages/export.js';
import { parse } from '../query/filter.js';
import { canFill } from '../messages/gaps.js';
import { ERROR, isMark, OWN } from '../messages/message.js';
import { EVERYTHING, isSame } from '../query/selection.js';
import { FilterError } from '../query/terms.js';
import { looks } from './history.js';
import { CHOICES } from '../parts/settings.js';
import { ApiError, connections, disconnect, hasOnly, publish } from '../stream/api.js';

/**
 * @typedef {(detail: any, target: HTMLElement) => void} Verb
 * @typedef {object} Page
 * @property {import('../store.js').Store} store
 * @property {() => import('../stream/link.js').Link} link
 * @property {(noun: string, to?: HTMLElement[], detail?: unknown) => void} say
 * @property {(role: string) => any} part an element by its role
 * @property {(verb: string, detail?: unknown) => void} act as if a part had asked for it
 */

/** @param {Page} page @returns {Record<string, Verb>} */
export const verbs = (page) => ({
  ...reading(page),
  ...narrowing(page),
  ...rows(page),
  ...panels(page),
  ...calls(page),
  ...looks(page),
});

/** @param {Page} page @returns {Record<string, Verb>} */
function reading({ store, say, link, act }) {
  /** There is nothing to follow but what is live. */
  const follow = () => {
    act('back-to-live');
    store.setMode('following');
  };
  return {
    read: () => store.view.mode === 'following' && store.setMode('reading'),
    'reached-end': () => store.view.mode === 'reading' && !store.past && store.setMode('following'),
    'lose-rows': (id) => store.view.lostRows === null && store.setView({ lostRows: id }),
    'toggle-pause': () => (store.view.mode === 'paused' ? follow() : store.setMode('paused')),
    resume: follow,
    'to-newest'() {
      if (store.view.mode !== 'paused') return follow();
      act('back-to-live');
      // Only Resume ends Paused: this is one look at what has come meanwhile.
      const { end } = store.live.ring;
      store.setView({ heldAt: end, unseen: 0, unseenErrors: 0, unseenFrom: end });
      say('jump-end');
    },
    'to-oldest'() {
      if (store.view.mode === 'following') store.setMode('reading');
      say('jump-start');
    },
    page: (by) => say('page', undefined, by),
    reconnect: () => link().reconnect(),
  };
}

/** @param {Page} page @returns {Record<string, Verb>} */
function narrowing({ store, act }) {
  /** @param {Partial<import('../query/selection.js').Selection>} change */
  const narrow = (change) => {
    const next = { ...store.selection, ...change };
    if (isSame(next, store.selection)) {
      // Nothing to look for anew: what is looked at stays, a search that runs goes on.
      if (next.error !== store.selection.error) store.setError(next.error);
      return;
    }
    store.narrow(change);
    // What the history was searched for is another thing now.
    if (store.past) act('search-history');
  };
  /** @param {string} text */
  const filter = (text) => {
    try {
      narrow({ filter: parse(text), error: null });
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      // Half-typed: what was found before stays, and the field says why.
      store.setError({ column: error.column, reason: error.message });
    }
  };
  return {
    filter,
    'add-term'(term) {
      const { text } = store.selection.filter;
      const before = /\bOR\b/.test(text) ? `(${text})` : text;
      filter(`${before} ${term}`.trim());
    },
    narrow,
    'clear-filter': () => narrow(EVERYTHING),
    'show-levels': () => narrow({ levels: EVERYTHING.levels }),
    'toggle-level': (level) =>
      narrow({ levels: store.selection.levels.map((on, i) => (i === level ? !on : on)) }),
    'only-level'(level) {
      const only = store.selection.levels.map((_, i) => i === level);
      const isAlready = only.every((on, i) => on === store.selection.levels[i]);
      narrow({ levels: isAlready ? EVERYTHING.levels : only });
    },
    'only-topic'(topic) {
      // null is everything; the same topic again takes the choice back.
      narrow({ only: topic === store.selection.only ? null : topic, hidden: [] });
    },
    'hide-topic'(topic) {
      const { hidden } = store.selection;
      const isHidden = hidden.includes(topic);
      narrow({
        hidden: isHidden ? hidden.filter((each) => each !== topic) : [...hidden, topic],
        only: null,
      });
    },
  };
}

/** @param {Page} page @returns {Record<string, Verb>} */
function rows({ store, say, act, part }) {
  /** @param {number} n */
  function select(n) {
    if (store.view.mode === 'following') store.setMode('reading');
    store.setView({ selected: n });
    say('reveal', undefined, n);
  }

  /** @param {number} by @param {number} least level */
  function step(by, least) {
    const { matching } = store;
    const from = store.view.selected === null ? store.rows.hi : matching.find(store.view.selected);
    for (let ordinal = from + by; ordinal >= matching.lo && ordinal < store.rows.hi; ordinal += by) {
      const n = matching.at(ordinal);
      const entry = store.ring.get(n);
      if (entry && (isMark(entry) ? least === 0 && canFill(entry) : entry.level >= least)) return select(n);
    }
    // The row above all others is one step further, where there are others.
    const isTop = matching.size > 0 && !matching.scanning;
    if (by < 0 && least === 0 && isTop && store.hasOlder) act('show-older');
  }

  function selected() {
    const entry = store.view.selected === null ? undefined : store.ring.get(store.view.selected);
    return entry && !isMark(entry) ? entry : null;
  }

  return {
    'select-message'({ n }) {
      const isAgain = store.view.selected === n && store.view.panel === 'details';
      if (isAgain) return store.setView({ panel: '' });
      if (store.view.mode === 'following') store.setMode('reading');
      const entry = store.ring.get(n);
      // A row that is no message has said all in its one line.
      store.setView({ selected: n, panel: entry && isMark(entry) ? store.view.panel : 'details' });
    },
    'show-message'(id) {
      const n = store.live.find(id);
      if (n < 0 || store.live.matching.at(store.live.matching.find(n)) !== n) return act('show-around', id);
      act('back-to-live');
      select(n);
    },
    step: (by) => step(by, 0),
    'step-error'(by) {
      // With nothing chosen, the newest error is the one that is meant.
      step(store.view.selected === null ? -1 : Number(by), ERROR);
    },
    'toggle-details'() {
      const { selected: n, panel } = store.view;
      const entry = n === null ? undefined : store.ring.get(n);
      if (entry && isMark(entry)) act('load-gap', n);
      else store.setView({ panel: panel === 'details' ? '' : 'details' });
    },
    'selected-topic'(verb) {
      const message = selected();
      if (message) act(verb, message.topic);
    },
    async 'copy-selected'(what) {
      const message = selected();
      if (message === null) return;
      const text = what === 'link' ? linkTo(message.id) : (asText[what]?.(message) ?? '');
      if (!(await copy(text))) say('uncopied', [part('notices')], text);
    },
  };
}

/** @param {Page} page @returns {Record<string, Verb>} */
function panels({ store, say, part, act }) {
  /** @param {'theme' | 'zone'} name */
  const next = (name) => {
    const values = /** @type {readonly string[]} */ (CHOICES[name]);
    // A link may show other times than one has chosen: the next are those that are not shown.
    const index = values.indexOf((name === 'zone' ? store.view.zone : store.settings[name]) ?? '');
    store.set({ [name]: values[(index + 1) % values.length] ?? '' });
  };
  return {
    'open-panel': (panel) => store.setView({ panel }),
    'close-panel': () => store.setView({ panel: '' }),
    'toggle-panel': () => store.setView({ panel: store.view.panel === '' ? 'who' : '' }),
    'toggle-topics': () => store.set({ topics: store.settings.topics === 'off' ? 'on' : 'off' }),
    'toggle-theme': () => next('theme'),
    'toggle-zone': () => next('zone'),
    set: (change) => store.set(change),
    'focus-filter': () => part('filter').select(),
    'focus-feed': () => part('feed').focus({ preventScroll: true }),
    'open-publish'() {
      const dialog = part('publish');
      if (dialog.open) dialog.close();
      else say('open', [dialog]);
    },
    'open-dialog'(name) {
      part(`dialog-${name}`).showModal();
      say('shown');
    },
    'back-out'() {
      // One thing at a time, the last one first.
      if (part('publish').open) part('publish').close();
      else if (store.view.panel !== '') store.setView({ panel: '' });
      else if (store.past) act('back');
      else if (store.view.selected !== null) store.setView({ selected: null });
      else if (store.selection.range !== null) store.narrow({ range: null });
      else store.narrow({ filter: EVERYTHING.filter, error: null });
    },
  };
}

/** @param {Page} page @returns {Record<string, Verb>} */
function calls({ say }) {
  return {
    async publish(draft, target) {
      const began = performance.now();
      const answer = await settled(publish(draft));
      say('published', [target], { ...answer, ms: performance.now() - began });
    },
    async 'find-first'(_, target) {
      say('first-found', [target], await settled(hasOnly(OWN)));
    },
    async 'list-connections'(_, target) {
      say('listed', [target], await settled(connections()));
    },
    async disconnect(id, target) {
      const answer = await settled(disconnect(id));
      // One that has gone by itself meanwhile is as gone as it was meant to be.
      if ('error' in answer && answer.error.code !== 'not_found') say('listed', [target], answer);
      else say('listed', [target], await settled(connections()));
    },
  };
}

/**
 * What the server refused is an answer, too; anything else is a fault of ours.
 * @template T @param {Promise<T>} call @returns {Promise<{ok: T} | {error: ApiError}>}
 */
async function settled(call) {
  try {
    return { ok: await call };
  } catch (error) {
    if (error instanceof ApiError) return { error };
    throw error;
  }
}
