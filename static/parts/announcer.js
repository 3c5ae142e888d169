/**
 * Announcements of the feed for screen readers: at most one line per interval.
 *
 * Owns how often. A visually hidden role=log; the feed itself is silent.
 */

import { strip } from '../format/ansi.js';
import { ERROR, isMark } from '../messages/message.js';
import { digest, errorSaid } from '../text/en.js';
import { h, hear } from '../ui/dom.js';

const DIGEST_EVERY = 10_000;
const ERROR_EVERY = 5_000;
const LINES = 5;

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function Announcer(el, page) {
  const { store } = page;
  /** The number behind the last message heard of. */
  let heard = 0;
  let messages = 0;
  let errors = 0;
  let digestAt = store.now();
  let errorAt = 0;
  /** @type {string | null} */
  let waiting = null;

  /** @param {string} line */
  function speak(line) {
    el.append(h('p', {}, line));
    while (el.children.length > LINES) el.firstElementChild?.remove();
  }

  function listen() {
    const { ring } = store.live;
    const { view, settings } = store;
    for (let n = Math.max(heard, ring.first); n < ring.end; n++) {
      const entry = ring.get(n);
      // What was said before the page came is read, not announced.
      if (entry === undefined || isMark(entry) || !store.isNews(entry)) continue;
      messages += 1;
      if (entry.level < ERROR) continue;
      errors += 1;
      waiting ??= errorSaid(entry.topic, strip(entry.message.slice(0, 120)));
    }
    heard = ring.end;
    if (view.mode === 'paused' || settings.announce === 'off') {
      messages = errors = 0;
      waiting = null;
    }
  }

  function update() {
    listen();
    const now = store.now();
    if (waiting !== null && now - errorAt >= ERROR_EVERY) {
      speak(waiting);
      waiting = null;
      errorAt = now;
    }
    if (now - digestAt < DIGEST_EVERY) return;
    if (messages > 0 && store.settings.announce === 'digest') speak(digest(messages, errors, now - digestAt));
    messages = errors = 0;
    digestAt = now;
  }
  for (const noun of /** @type {const} */ (['messages', 'tick'])) hear(el, noun, update);
}
