/** Below the rows: scrolled back, paused or history, what waits, and the way to live. */
import { loadMore, showAround } from '../actions/history.js';
import { follow, toNewest } from '../actions/reading.js';
import { isMark } from '../messages/message.js';
import { historyAround, historyProblem, unseen, unseenErrors, words } from '../text/en.js';
import { attribute, h, hear, icon, write } from '../ui/dom.js';

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Mode(el, page) {
  const { store } = page;
  const text = h('span', { class: 'mode-text' });
  const waiting = h('button', {
    type: 'button',
    class: 'unseen',
    'data-role': 'unseen',
    title: words.toNewest,
    onclick: () => toNewest(page),
  });
  const news = h('span', {});
  const errors = h('span', { class: 'errors-waiting' });
  waiting.append(h('span', {}, news, errors));
  const more = h('button', { type: 'button', onclick: () => loadMore(page) }, words.more);
  const lost = h('button', { type: 'button', onclick: loadLost }, words.loadFromServer);
  const label = h('span', {});
  const live = h(
    'button',
    { type: 'button', class: 'primary', 'data-role': 'to-live', onclick: () => follow(page) },
    icon('arrow-down-to-line'),
    label,
  );
  const box = h('div', { class: 'mode-box', 'data-role': 'mode-bar' }, text, waiting, more, lost, live);
  el.append(box);

  function loadLost() {
    const { lostRows } = store.view;
    if (lostRows !== null) showAround(page, lostRows);
  }

  function update() {
    const { past, view } = store;
    el.hidden = view.mode === 'following';
    if (el.hidden) return;
    write(text, modeSentence(store));
    waiting.hidden = view.unseen === 0;
    write(news, unseen(view.unseen));
    write(errors, unseenErrors(view.unseenErrors));
    more.hidden = !(past?.older || past?.newer);
    attribute(more, 'aria-disabled', past?.isLoading ?? false);
    lost.hidden = past !== null || view.lostRows === null;
    write(label, view.mode === 'paused' && !past ? words.resume : words.live);
  }
  for (const noun of /** @type {const} */ (['messages', 'view', 'tick'])) hear(el, noun, update);
  update();
}

/** Time of the message in the middle; null: not found. @param {import('../store.js').Past} past */
function aroundMs(past) {
  const entry = past.roll.ring.get(past.roll.find(past.at));
  return entry && !isMark(entry) ? entry.ms : null;
}

/** @param {import('../store.js').Store} store @returns {string} */
function modeSentence({ past, view }) {
  if (past?.isLoading) return words.lookingBack;
  if (past?.problem) return historyProblem(past.problem);
  if (past?.kind === 'around') return historyAround(aroundMs(past), view.zone);
  if (past) return words.fromHistory;
  if (view.lostRows) return words.outOfMemory;
  return view.mode === 'paused' ? words.paused : words.reading;
}
