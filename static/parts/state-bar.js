/** The state of the connection in a sentence, and what can be done about it. */
import { reconnect } from '../actions/server.js';
import { bar, behindBar, words } from '../text/en.js';
import { attribute, h, hear, icon, write, writePhrase } from '../ui/dom.js';
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

/** The first sentence stands out. @param {import('../ui/dom.js').Phrase} phrase @returns {import('../ui/dom.js').Phrase} */
function withLead(phrase) {
  if (typeof phrase !== 'string') return phrase;
  const [lead = ''] = /^.+?(?:\.(?= )|$)/.exec(phrase) ?? [];
  return [{ b: lead }, phrase.slice(lead.length)];
}

/** @param {HTMLElement} el the bar under the header @param {import('../actions/page.js').Page} page */
export function StateBar(el, page) {
  const { store } = page;
  const text = h('span', { class: 'bar-text' });
  const progress = h('progress', { 'aria-hidden': 'true' });
  const button = h('button', { type: 'button', onclick: () => reconnect(page) });
  const sentence = h(
    'section',
    { class: 'bar', 'aria-label': words.connection, 'data-role': 'state-bar' },
    icon('unplug'),
    text,
    progress,
    button,
  );
  /** What a screen reader hears: each state once, not every second of a count-down. */
  const spoken = h('div', { class: 'unheard', role: 'status' });
  let said = '';
  el.append(spoken, sentence);

  function update() {
    const { link, behind } = store;
    const { isSlow, look } = stateLook(store);
    const phrase = isSlow ? behindBar(behind) : bar(link, store.now(), location.host, store.clock);
    sentence.hidden = phrase === '';
    attribute(sentence, 'data-look', BARS[look] ?? 'lost');
    writePhrase(text, withLead(phrase));
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
  }
  for (const noun of /** @type {const} */ (['link', 'tick'])) hear(el, noun, update);
  update();
}
