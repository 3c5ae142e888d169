/** The bar under the header: the state of the connection and of the view in sentences, and what can be done. */
import { loadMore, showAround } from '../actions/history.js';
import { follow, toNewest } from '../actions/reading.js';
import { reconnect } from '../actions/server.js';
import { bar, behindBar, historyProblem, words } from '../text/en.js';
import { attribute, h, hear, write, writePhrase } from '../ui/dom.js';
import { stateLook } from './header.js';

/** How the bar looks. @type {Record<string, string>} */
const BARS = { busy: 'notice', wait: 'doubt', doubt: 'doubt' };
/** The label of its one button. @type {Partial<Record<import('../stream/connection-state.js').Phase, string>>} */
const BUTTONS = {
  silent: words.reconnect,
  held: words.reconnect,
  disconnected: words.reconnect,
  lost: words.retryNow,
  restarting: words.retryNow,
  full: words.retryNow,
  answer: words.retryNow,
};

/** @param {HTMLElement} el the bar under the header @param {import('../actions/page.js').Page} page */
export function StateBar(el, page) {
  const { store } = page;
  const text = h('span', { class: 'bar-text' });
  const progress = h('progress', { 'aria-hidden': 'true' });
  const button = h('button', { type: 'button', onclick: () => reconnect(page) });
  const sentence = h(
    'section',
    { class: 'bar', 'aria-label': words.connection, 'data-role': 'state-bar' },
    text,
    progress,
    button,
  );
  /** What a screen reader hears: each state once, not every second of a count-down. */
  const spoken = h('div', { class: 'unheard', role: 'status' });
  let said = '';
  const modeText = h('span', { class: 'bar-text' });
  const moreButton = h('button', { type: 'button', onclick: () => loadMore(page) }, words.more);
  const modeButton = h('button', { type: 'button', onclick: () => remedy().act() });
  const mode = h(
    'div',
    { class: 'bar', role: 'status', 'data-role': 'mode-bar' },
    modeText,
    moreButton,
    modeButton,
  );
  el.append(spoken, sentence, mode);

  /** What the bar's button does. @returns {{label: string, act: () => unknown}} */
  function remedy() {
    const { past, view } = store;
    const { lostRows } = view;
    if (past) return { label: words.backToLive, act: () => follow(page) };
    if (lostRows) return { label: words.loadFromServer, act: () => showAround(page, lostRows) };
    if (view.mode === 'paused') return { label: words.resume, act: () => follow(page) };
    return { label: words.toNewest, act: () => toNewest(page) };
  }

  /** @returns {string} */
  function modeSentence() {
    const { past, view } = store;
    if (past?.isLoading) return words.lookingBack;
    if (past?.problem) return historyProblem(past.problem);
    if (past) return words.fromHistory;
    if (view.lostRows) return words.outOfMemory;
    return view.mode === 'paused' ? words.paused : words.reading;
  }

  function update() {
    const { link, behind, view } = store;
    const { isSlow, look } = stateLook(store);
    const phrase = isSlow ? behindBar(behind) : bar(link, store.now(), location.host, store.clock);
    sentence.hidden = phrase === '';
    attribute(sentence, 'data-look', BARS[look] ?? 'lost');
    writePhrase(text, phrase);
    const state = phrase === '' ? '' : `${link.phase} ${isSlow}`;
    if (state !== said) writePhrase(spoken, phrase);
    said = state;
    progress.hidden = link.replay === null;
    if (link.replay) {
      progress.max = link.replay.total;
      progress.value = link.replay.done;
    }
    button.hidden = !(link.phase in BUTTONS);
    write(button, BUTTONS[link.phase] ?? '');
    const { past } = store;
    mode.hidden = view.mode === 'following';
    attribute(mode, 'data-look', past || view.lostRows ? 'notice' : 'reading');
    write(modeText, modeSentence());
    write(modeButton, remedy().label);
    moreButton.hidden = !(past?.older || past?.newer);
    attribute(moreButton, 'aria-disabled', past?.isLoading ?? false);
  }
  for (const noun of /** @type {const} */ (['link', 'tick', 'view'])) hear(el, noun, update);
  update();
}
