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
/** @typedef {import('../actions/page.js').Page} Page */

/** @param {HTMLDialogElement} el @param {Page} page @param {number} maxBytes */
export function Publish(el, page, maxBytes) {
  const box = new PublishBox(el, page, maxBytes);
  hear(el, 'dialog', () => box.opened());
  hear(el, 'tick', () => box.countDown());
  box.update();
}

class PublishBox {
  /** One key for one message, so that trying again stores it once. */
  key = newKey();
  isSending = false;
  sentText = '';
  /** The id of the last one sent. */
  shown = '';
  /** Before this time (ms) the server wants no other request. @type {number | null} */
  refusedUntil = null;

  /** @param {HTMLDialogElement} el @param {Page} page @param {number} maxBytes */
  constructor(el, page, maxBytes) {
    this.el = el;
    this.page = page;
    this.known = h('datalist', { id: 'known-topics' });
    this.fields = fields(maxBytes);
    this.button = h('button', { class: 'primary', 'data-role': 'publish-send' }, words.send);
    this.why = h('span', { role: 'status' });
    this.again = h('span');
    this.outcome = h('p', { class: 'outcome', 'data-role': 'publish-outcome' }, this.why, this.again);
    this.receipt = h('code', { class: 'receipt' });
    const show = () => showMessage(page, this.shown);
    this.showButton = h(
      'button',
      { type: 'button', 'data-role': 'publish-show', hidden: true, onclick: show },
      words.showIt,
    );
    this.curl = h('code', { 'data-role': 'publish-curl' });
    const copy = () => copyFrom(this.copyButton, this.curl.textContent ?? '');
    this.copyButton = h('button', { type: 'button', class: 'quiet', onclick: copy }, words.copy);
    const close = { type: 'button', class: 'close', 'aria-label': words.close, onclick: () => this.#close() };
    const head = h('div', { class: 'head' }, h('h2', {}, words.publish), h('button', close, icon('x')));
    el.append(head, this.#form());
    this.fields.text.addEventListener('input', () => {
      if (this.outcome.textContent) this.#answer('', true);
      this.update();
    });
  }

  #form() {
    const { topic, level, text, data } = this.fields;
    const form = h(
      'form',
      {
        onsubmit: (/** @type {SubmitEvent} */ event) => this.#submit(event),
        onkeydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
          if (event.key === 'Escape') this.#close();
        },
        oninput: () => {
          // Another message is another key: under this one, what was sent before may be stored already.
          this.key = newKey();
          this.update();
        },
      },
      h('div', { class: 'pair' }, field(words.topic, topic), field(words.level, level)),
      field(words.message, text),
      h('details', {}, h('summary', {}, words.data), data),
      h('div', { class: 'actions' }, this.button, h('kbd', {}, 'Ctrl+Enter')),
      h(
        'div',
        { class: 'report-line' },
        icon('check'),
        h('div', {}, this.outcome, this.receipt),
        this.showButton,
      ),
      h('div', { class: 'same' }, h('span', {}, words.sameWithCurl), this.copyButton),
      h('pre', { tabindex: 0, role: 'region', 'aria-label': words.sameWithCurl }, this.curl),
      this.known,
    );
    return form;
  }

  #close() {
    this.el.close();
    // Without an element to give the focus back to, it would stay on a hidden field.
    if (document.activeElement === document.body || this.el.contains(document.activeElement)) focusFeed();
  }

  /** @returns {Draft} @throws {Error} with what is wrong */
  #draft() {
    const { topic, level, text, data } = this.fields;
    if (!TOPIC.test(topic.value)) throw new Error(words.badTopic);
    if (text.value.trim() === '') throw new Error(words.emptyText);
    const value = { topic: topic.value, level: level.value, text: text.value, key: this.key };
    if (data.value.trim() === '') return value;
    try {
      JSON.parse(data.value);
      return { ...value, data: data.value };
    } catch (error) {
      throw new Error(words.badJson(/** @type {Error} */ (error).message));
    }
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    if (this.isSending) return;
    try {
      const value = this.#draft();
      this.isSending = true;
      this.sentText = value.text;
      this.refusedUntil = null;
      this.update();
      settled(publish(value)).then((result) => this.#finish(result));
    } catch (error) {
      this.#answer(notSent(/** @type {Error} */ (error)), false);
    }
  }

  /** @param {string} sentence @param {boolean} ok */
  #answer(sentence, ok) {
    this.showButton.hidden = true;
    write(this.why, sentence);
    write(this.again, '');
    write(this.receipt, '');
    attribute(this.outcome, 'data-look', ok ? 'ok' : 'error');
  }

  /** @param {Awaited<ReturnType<typeof settled<Awaited<ReturnType<typeof publish>>>>>} result */
  #finish({ ok, error }) {
    const { text } = this.fields;
    this.isSending = false;
    if (ok !== null) {
      this.#answer(sent(ok.receivers, ok.ms), true);
      this.shown = ok.id;
      write(this.receipt, ok.id);
      this.showButton.hidden = false;
      this.key = newKey();
      // What was typed on meanwhile has not been sent.
      if (text.value === this.sentText) text.value = '';
      text.focus();
    } else {
      this.refusedUntil = error.wait === null ? null : this.page.store.now() + error.wait;
      this.#answer(notSent(error), false);
      this.countDown();
    }
    this.update();
  }

  /** "Try again in 4 s", second by second; a screen reader hears only why. */
  countDown() {
    if (this.refusedUntil === null) return;
    const left = this.refusedUntil - this.page.store.now();
    write(this.again, left > 0 ? ` ${notSentWait(left)}` : '');
    if (left <= 0) this.refusedUntil = null;
  }

  opened() {
    const names = this.page.store.live.topics.names();
    this.known.replaceChildren(...names.map((name) => h('option', { value: name })));
  }

  update() {
    const { topic, level, text, data } = this.fields;
    const label = this.outcome.dataset.look === 'error' ? words.tryAgain : words.send;
    write(this.button, this.isSending ? words.sending : label);
    attribute(this.button, 'aria-disabled', this.isSending);
    write(this.curl, asCurl(topic.value, level.value, text.value, data.value));
    askAgain(this.copyButton);
  }
}

/** @param {number} maxBytes of a text */
function fields(maxBytes) {
  const plain = { spellcheck: 'false' };
  const option = (/** @type {string} */ name) =>
    h('option', { value: name, selected: name === 'info' }, name);
  return {
    topic: h('input', {
      ...plain,
      'data-role': 'publish-topic',
      list: 'known-topics',
      value: 'demo',
      maxlength: 64,
      autocapitalize: 'none',
    }),
    level: h('select', { 'data-role': 'publish-level' }, ...LEVELS.map(option)),
    text: h('textarea', { ...plain, 'data-role': 'publish-text', rows: 3, maxlength: maxBytes }),
    data: h('textarea', {
      ...plain,
      'data-role': 'publish-data',
      'aria-label': words.data,
      rows: 2,
      placeholder: '{"key": 1}',
    }),
  };
}

/** @param {string} label @param {HTMLElement} control */
const field = (label, control) => h('label', {}, h('span', {}, label), control);

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
