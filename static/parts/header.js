/**
 * Is it live? The pill in the header, the rate, the sentence under it; the tab's title and icon.
 *
 * Owns what the page says about its connection. Asks for: reconnect, resume, to-newest.
 */
import { ask, attribute, h, hear, write, writePhrase } from '../ui/dom.js';
import { isUp } from '../stream/connection-state.js';
import { bar, behindBar, behindPill, historyProblem, pill, rate, tabTitle } from '../text/en.js';
import { words } from '../text/words.js';

/** Messages older than this on arrival: the browser does not keep up (ms). */
const BEHIND = 2_000;
/** @type {Partial<Record<import('../stream/connection-state.js').Phase, string>>} */
const LOOKS = {
  connecting: 'wait',
  live: 'live',
  'catching-up': 'busy',
  silent: 'doubt',
  held: 'doubt',
  resting: 'doubt',
};
/** And the bar's. @type {Record<string, string>} */
const BARS = { busy: 'notice', wait: 'doubt', doubt: 'doubt' };
/** What its one button does. @type {Record<string, string>} */
const BUTTONS = {
  silent: words.reconnect,
  held: words.reconnect,
  disconnected: words.reconnect,
  lost: words.retryNow,
  restarting: words.retryNow,
  full: words.retryNow,
  answer: words.retryNow,
};

/** @param {HTMLElement} el the pill and the rate @param {import('../store.js').Store} store */
export function StatePill(el, store) {
  const glyph = h('span', { class: 'glyph', 'aria-hidden': 'true' });
  const state = h('span', { class: 'words', 'data-role': 'connection-state' });
  const box = h('span', { class: 'pill' }, glyph, state);
  const speed = h('span', { class: 'speed', 'data-role': 'rate' });
  el.append(box, speed);

  function update() {
    const now = Date.now();
    const { link, behind } = store;
    const slow = link.phase === 'live' && behind > BEHIND;
    const [sign, text] = slow ? behindPill(behind) : pill(link, now);
    write(glyph, sign);
    write(state, text);
    attribute(box, 'data-look', slow ? 'busy' : (LOOKS[link.phase] ?? 'lost'));
    attribute(box, 'data-phase', link.phase);
    write(speed, store.isKnown && isUp(link) ? rate(store.rate(now)) : '–');
  }
  for (const noun of ['link', 'tick']) hear(el, noun, update);
  update();
}

/** @param {HTMLElement} el the bar under the header @param {import('../store.js').Store} store */
export function StateBar(el, store) {
  const text = h('span', { class: 'bar-text' });
  const progress = h('progress', { 'aria-hidden': 'true' });
  const button = h('button', { type: 'button', onclick: () => ask(el, 'reconnect') });
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
  const moreButton = h('button', { type: 'button', onclick: () => ask(el, 'more-history') }, words.more);
  const modeButton = h('button', { type: 'button', onclick: () => ask(el, modeVerb()[0], modeVerb()[1]) });
  const mode = h(
    'div',
    { class: 'bar', role: 'status', 'data-role': 'mode-bar' },
    modeText,
    moreButton,
    modeButton,
  );
  el.append(spoken, sentence, mode);

  /** What the bar's button asks for, and how it is called. @returns {[verb: string, detail: unknown, label: string]} */
  function modeVerb() {
    const { past, view } = store;
    if (past) return ['back-to-live', undefined, words.backToLive];
    if (view.lostRows) return ['show-around', view.lostRows, words.loadFromServer];
    if (view.mode === 'paused') return ['resume', undefined, words.resume];
    return ['to-newest', undefined, words.toNewest];
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
    const slow = link.phase === 'live' && behind > BEHIND;
    const phrase = slow ? behindBar(behind) : bar(link, Date.now(), location.host, store.clock);
    sentence.hidden = phrase === '';
    attribute(sentence, 'data-look', BARS[slow ? 'busy' : (LOOKS[link.phase] ?? 'lost')] ?? 'lost');
    writePhrase(text, phrase);
    const state = phrase === '' ? '' : `${link.phase} ${slow}`;
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
    write(modeButton, modeVerb()[2]);
    moreButton.hidden = !(past?.older || past?.newer);
    attribute(moreButton, 'aria-disabled', past?.isLoading ?? false);
  }
  for (const noun of ['link', 'tick', 'view']) hear(el, noun, update);
  update();
}

/** @param {HTMLElement} el @param {import('../store.js').Store} store */
export function PauseButton(el, store) {
  function update() {
    const isPaused = store.view.mode === 'paused';
    write(el, isPaused ? words.resume : words.pause);
    attribute(el, 'aria-pressed', isPaused);
  }
  hear(el, 'view', update);
}

/** @param {HTMLElement} el anything that hears nouns @param {import('../store.js').Store} store @param {string} title */
export function TabTitle(el, store, title) {
  const icon = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel=icon]'));
  function update() {
    const { link, view, unseenErrors } = store;
    const lost = !isUp(link) && link.phase !== 'connecting';
    const waiting = view.mode === 'following' ? 0 : view.unseen;
    const text = tabTitle(title, unseenErrors, lost, waiting);
    if (document.title !== text) document.title = text;
    const look = lost ? 'lost' : unseenErrors > 0 ? 'errors' : 'live';
    const href = `/static/icons/${look}.svg`;
    if (icon.getAttribute('href') !== href) icon.href = href;
  }
  for (const noun of ['link', 'messages', 'view', 'tick']) hear(el, noun, update);
  update();
}
