/** The publish box: a message from this page, and the same as a curl line. Owns the draft. */
import { focusFeed } from '../actions/panels.js';
import { showMessage } from '../actions/rows.js';
import { publish, settled } from '../actions/server.js';
import { withData } from '../format/json.js';
import { LEVELS } from '../messages/message.js';
import { TOPIC } from '../messages/topics.js';
import { notSent, notSentWait, sent, words } from '../text/en.js';
import { askAgain, copyFrom } from '../ui/clipboard.js';
import { attribute, h, hear, icon, write } from '../ui/dom.js';

/** @typedef {import('../stream/api.js').Draft} Draft */

/** @param {HTMLDialogElement} el @param {import('../actions/page.js').Page} page @param {number} maxBytes */
export function Publish(el, page, maxBytes) {
  const { store } = page;
  const known = h('datalist', { id: 'known-topics' });
  const topic = h('input', {
    'data-role': 'publish-topic',
    list: 'known-topics',
    value: 'demo',
    maxlength: 64,
    spellcheck: 'false',
    autocapitalize: 'none',
  });
  const level = h(
    'select',
    { 'data-role': 'publish-level' },
    ...LEVELS.map((name) => h('option', { value: name, selected: name === 'info' }, name)),
  );
  const text = h('textarea', { 'data-role': 'publish-text', rows: 3, spellcheck: 'false' });
  const data = h('textarea', {
    'data-role': 'publish-data',
    rows: 2,
    spellcheck: 'false',
    placeholder: '{"key": 1}',
  });
  const button = h('button', { class: 'primary', 'data-role': 'publish-send' }, words.send);
  const why = h('span', { role: 'status' });
  const again = h('span');
  const outcome = h('p', { class: 'outcome', 'data-role': 'publish-outcome' }, why, again);
  const receipt = h('code', { class: 'receipt' });
  const showButton = h(
    'button',
    {
      type: 'button',
      'data-role': 'publish-show',
      hidden: true,
      onclick: () => showMessage(page, shown),
    },
    words.showIt,
  );
  const curl = h('code', { 'data-role': 'publish-curl' });
  const copyButton = h(
    'button',
    { type: 'button', class: 'quiet', onclick: () => copyFrom(copyButton, curl.textContent ?? '') },
    words.copy,
  );
  const form = h(
    'form',
    { onsubmit: submit, onkeydown, oninput },
    h('div', { class: 'pair' }, field(words.topic, topic), field(words.level, level)),
    field(words.message, text),
    h('details', {}, h('summary', {}, words.data), data),
    h('div', { class: 'actions' }, button, h('kbd', {}, 'Ctrl+Enter')),
    h('div', { class: 'report-line' }, icon('check'), h('div', {}, outcome, receipt), showButton),
    h('div', { class: 'same' }, h('span', {}, words.sameWithCurl), copyButton),
    h('pre', { tabindex: 0, role: 'region', 'aria-label': words.sameWithCurl }, curl),
    known,
  );
  const cross = h(
    'button',
    { type: 'button', class: 'close', 'aria-label': words.close, onclick: close },
    icon('x'),
  );
  el.append(h('div', { class: 'head' }, h('h2', {}, words.publish), cross), form);
  attribute(data, 'aria-label', words.data);
  attribute(text, 'maxlength', maxBytes);

  /** One key for one message, so that trying again stores it once. */
  let key = newKey();
  let sending = false;
  let sentText = '';
  /** The id of the last one sent. */
  let shown = '';
  /** Until when the server wants to be left alone, (ms). @type {{until: number} | null} */
  let refused = null;

  /** @param {string} label @param {HTMLElement} control */
  function field(label, control) {
    return h('label', {}, h('span', {}, label), control);
  }

  /** @param {KeyboardEvent} event */
  function onkeydown(event) {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    if (event.key === 'Escape') close();
  }

  function oninput() {
    // Another message is another key: under this one, what was sent before may be stored already.
    key = newKey();
    update();
  }

  function close() {
    el.close();
    // Without an element to give the focus back to, it would stay on a hidden field.
    if (document.activeElement === document.body || el.contains(document.activeElement)) focusFeed();
  }

  /** @returns {Draft} @throws {Error} with what is wrong */
  function draft() {
    if (!TOPIC.test(topic.value)) throw new Error(words.badTopic);
    if (text.value.trim() === '') throw new Error(words.emptyText);
    const value = { topic: topic.value, level: level.value, text: text.value, key };
    if (data.value.trim() === '') return value;
    try {
      JSON.parse(data.value);
      return { ...value, data: data.value };
    } catch (error) {
      throw new Error(words.badJson(/** @type {Error} */ (error).message));
    }
  }

  /** @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault();
    if (sending) return;
    try {
      const value = draft();
      sending = true;
      sentText = value.text;
      refused = null;
      update();
      settled(publish(value)).then(finish);
    } catch (error) {
      answer(notSent(/** @type {Error} */ (error)), false);
    }
  }

  /** @param {string} sentence @param {boolean} ok */
  function answer(sentence, ok) {
    showButton.hidden = true;
    write(why, sentence);
    write(again, '');
    write(receipt, '');
    attribute(outcome, 'data-look', ok ? 'ok' : 'error');
  }

  /** @param {Awaited<ReturnType<typeof settled<Awaited<ReturnType<typeof publish>>>>>} result */
  function finish({ ok, error }) {
    sending = false;
    if (ok !== null) {
      answer(sent(ok.receivers, ok.ms), true);
      shown = ok.id;
      write(receipt, ok.id);
      showButton.hidden = false;
      key = newKey();
      // What was typed on meanwhile has not been sent.
      if (text.value === sentText) text.value = '';
      text.focus();
    } else {
      const { wait } = error;
      refused = wait === null ? null : { until: store.now() + wait };
      answer(notSent(error), false);
      countDown();
    }
    update();
  }

  /** "Again possible in 4 s", second by second; a screen reader hears only why. */
  function countDown() {
    if (refused === null) return;
    const left = refused.until - store.now();
    write(again, left > 0 ? ` ${notSentWait(left)}` : '');
    if (left <= 0) refused = null;
  }

  function update() {
    write(
      button,
      sending ? words.sending : outcome.dataset.look === 'error' && !sending ? words.tryAgain : words.send,
    );
    attribute(button, 'aria-disabled', sending);
    write(curl, asCurl(topic.value, level.value, text.value, data.value));
    askAgain(copyButton);
  }

  hear(el, 'dialog', () => {
    known.replaceChildren(...store.live.topics.names().map((name) => h('option', { value: name })));
  });
  hear(el, 'tick', countDown);
  text.addEventListener('input', () => {
    if (outcome.textContent) answer('', true);
    update();
  });
  update();
}

// crypto.randomUUID does not exist on plain HTTP; getRandomValues does.
const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** In single quotes nothing is special to a shell but the quote. @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** @param {string} topic @param {string} level @param {string} text @param {string} data */
function asCurl(topic, level, text, data) {
  if (data.trim() === '') {
    const query = level === 'info' ? '' : `?level=${level}`;
    // -d would read a file for "@…" and drop line ends from it; --data-raw takes the text as it is.
    const address = quoted(new URL(`topics/${topic}${query}`, document.baseURI).href);
    return `curl --data-raw ${quoted(text || 'your text')} ${address}`;
  }
  const body = quoted(withData({ topic, level, message: text }, data.trim()));
  return `curl --json ${body} ${new URL('messages', document.baseURI).href}`;
}
