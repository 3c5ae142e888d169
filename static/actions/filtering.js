/** What narrows the feed: filter, levels, topics, time range. */
import { parse } from '../query/filter.js';
import { EVERYTHING, isSame } from '../query/selection.js';
import { FilterError } from '../query/terms.js';
import { searchHistory, showAround } from './history.js';

/** @typedef {import('./page.js').Page} Page */
/** @typedef {import('../query/selection.js').Selection} Selection */

/** @param {Page} page @param {Partial<Selection>} change */
export function narrow(page, change) {
  const { store } = page;
  const next = { ...store.selection, ...change };
  if (isSame(next, store.selection)) {
    // Nothing to scan for: history that is shown stays, a search goes on.
    if (next.error !== store.selection.error) store.setError(next.error);
    return;
  }
  const { past } = store;
  store.narrow(change);
  // History is asked anew; the place that is looked at stays.
  if (past?.kind === 'around') showAround(page, past.at, next);
  else if (past) searchHistory(page);
}

/** @param {Page} page @param {string} text */
export function setFilter(page, text) {
  try {
    narrow(page, { filter: parse(text), error: null });
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    // Half-typed: the previous filter stays, and the field shows the reason.
    page.store.setError(error);
  }
}

/** @param {Page} page @param {string} term */
export function addTerm(page, term) {
  const { text } = page.store.selection.filter;
  const before = /\bOR\b/.test(text) ? `(${text})` : text;
  setFilter(page, `${before} ${term}`.trim());
}

/** @param {Page} page */
export const clearFilter = (page) => narrow(page, EVERYTHING);

/** @param {Page} page */
export const showLevels = (page) => narrow(page, { levels: EVERYTHING.levels });

/** @param {Page} page @param {number} level */
export const toggleLevel = (page, level) =>
  narrow(page, { levels: page.store.selection.levels.map((on, i) => (i === level ? !on : on)) });

/** This level and those above; once more: all. @param {Page} page @param {number} level */
export function leastLevel(page, level) {
  const { levels } = page.store.selection;
  const wanted = levels.map((_, i) => i >= level);
  narrow(page, { levels: wanted.every((on, i) => on === levels[i]) ? EVERYTHING.levels : wanted });
}

/** null: all topics. The same topic once more: all. @param {Page} page @param {string | null} topic */
export const onlyTopic = (page, topic) =>
  narrow(page, { only: topic === page.store.selection.only ? null : topic, hidden: [] });

/** Hide a topic, or show it again. @param {Page} page @param {string} topic */
export function hideTopic(page, topic) {
  const { hidden } = page.store.selection;
  const others = hidden.filter((each) => each !== topic);
  narrow(page, { hidden: hidden.includes(topic) ? others : [...hidden, topic], only: null });
}
