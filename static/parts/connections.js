/**
 * The readers of the stream: their number in the header, and the list.
 *
 * Owns the list; requests it only while it is open.
 */
import { closePanel, togglePanel } from '../actions/panels.js';
import { disconnectReader, listConnections, settled } from '../actions/server.js';
import { count, span } from '../format/time.js';
import { isUp } from '../stream/connection-state.js';
import { connectedTitle, connectionsShown, disconnectQuestion, sentTo, viewers, words } from '../text/en.js';
import { attribute, h, hear, icon, keyed, write } from '../ui/dom.js';
import { panelHead } from '../ui/panel-head.js';

/** @typedef {import('../stream/api.js').Who} Who */
/** @typedef {keyof typeof words.whoHead} Column */

/** One collator: localeCompare makes one for each comparison, a second of work for 5,000 connections. */
const ORDER = new Intl.Collator('en', { numeric: true });
/** Cards drawn at first, and more of them with each click. */
const CARDS = 300;

/** Read again at most this often (ms). */
const EVERY = 2_000;

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function ConnectionCount(el, page) {
  const { store } = page;
  el.addEventListener('click', () => togglePanel(page));
  const number = h('b', {});
  const unit = h('span', {});
  el.append(number, unit);
  function update() {
    // Nothing heard yet, or no longer, is a dash: any number would be a claim.
    const connections = isUp(store.link) ? store.connections : null;
    write(number, connections === null ? '–' : count(connections.count));
    write(unit, ` ${viewers(connections?.count)}`);
    el.title = connectedTitle(connections?.count, connections?.peak);
  }
  for (const noun of /** @type {const} */ (['connections', 'link', 'tick'])) hear(el, noun, update);
  update();
}

/** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
export function ConnectionsPanel(el, page) {
  const panel = new ConnectionsList(el, page);
  for (const noun of /** @type {const} */ (['connections', 'view'])) hear(el, noun, () => panel.stale());
  hear(el, 'tick', () => panel.ticked());
  panel.update();
}

class ConnectionsList {
  /** @type {Who[]} */
  list = [];
  /** All connections, also those that are not in the list. */
  total = 0;
  problem = '';
  /** When the last request was made, and how many were. */
  askedAt = 0;
  asked = 0;
  isStale = true;
  /** @type {Column} */
  sortedBy = 'since';
  isDescending = false;
  /** Id of the connection that the question is about. */
  asking = '';
  /** Cards that are drawn at most. */
  most = CARDS;
  /** Pages of the server's answer that are read. */
  pages = 1;

  /** @param {HTMLElement} el @param {import('../actions/page.js').Page} page */
  constructor(el, page) {
    this.el = el;
    this.store = page.store;
    this.many = h('b', {});
    const columns = /** @type {Column[]} */ (Object.keys(words.whoHead));
    const option = (/** @type {Column} */ name) =>
      h('option', { value: name, selected: name === this.sortedBy }, words.whoHead[name]);
    this.choice = h(
      'select',
      {
        'aria-label': words.sortBy,
        onchange: () => this.#sortBy(/** @type {Column} */ (this.choice.value), this.isDescending),
      },
      ...columns.map(option),
    );
    this.turn = h(
      'button',
      { type: 'button', class: 'icon', onclick: () => this.#sortBy(this.sortedBy, !this.isDescending) },
      icon('arrow-down'),
    );
    this.rows = h('ul', {});
    this.note = h('p', { class: 'more', role: 'status' });
    this.further = h(
      'button',
      { type: 'button', 'data-role': 'more-connections', onclick: () => this.#more() },
      words.moreConnections,
    );
    const number = h('span', {}, this.many, ` ${words.connected}`);
    this.bar = h('div', { class: 'sorting' }, number, this.choice, this.turn);
    const close = () => closePanel(page);
    const title = h('h2', {}, words.panels.who);
    el.append(panelHead(close, title), this.bar, this.rows, this.note, this.further);
  }

  /** @param {Column} name @param {boolean} isDescending */
  #sortBy(name, isDescending) {
    this.isDescending = isDescending;
    this.sortedBy = name;
    this.list = sorted(this.list, name, isDescending);
    this.update();
  }

  #more() {
    this.most += CARDS;
    if (this.most <= this.list.length || this.list.length === this.total) return this.update();
    this.pages += 1;
    this.#load(listConnections(this.pages));
  }

  stale() {
    this.isStale = true;
    this.#read();
  }

  ticked() {
    if (this.el.hidden) return;
    // Counts change without a reader coming or going.
    this.isStale ||= this.store.now() - this.askedAt > 5 * EVERY;
    this.#read();
    this.update();
  }

  #read() {
    if (this.el.hidden || document.hidden || !this.isStale) return;
    if (this.store.now() - this.askedAt < EVERY) return;
    this.isStale = false;
    this.#load(listConnections(this.pages));
  }

  /** Show the answer, unless a later one is on its way. @param {ReturnType<typeof listConnections>} call */
  async #load(call) {
    this.askedAt = this.store.now();
    this.asked += 1;
    const mine = this.asked;
    const { ok, error } = await settled(call);
    if (mine !== this.asked) return;
    this.problem = error === null ? '' : error.message || words.noAnswer;
    if (ok !== null) {
      this.list = sorted(ok.connections, this.sortedBy, this.isDescending);
      this.total = Math.max(ok.count, this.list.length);
    }
    this.update();
  }

  /** @param {string} id '' for none */
  #ask(id) {
    this.asking = id;
    this.update();
  }

  /** @param {Who} who */
  #disconnect(who) {
    this.asking = '';
    this.#load(disconnectReader(who.id, this.pages));
  }

  /** @param {HTMLElement} card @param {Who} who */
  #draw(card, who) {
    drawCard(card, who, this.store);
    const ask = /** @type {HTMLElement} */ (card.querySelector('.icon'));
    const isAsked = this.asking === who.id;
    const question = card.querySelector('.ask');
    ask.hidden = isAsked;
    if (isAsked === (question !== null)) return;
    if (isAsked) {
      const box = questionOf(
        who,
        () => this.#disconnect(who),
        () => this.#ask(''),
      );
      card.append(box);
      box.querySelector('button')?.focus();
    } else {
      const hadFocus = question?.contains(document.activeElement);
      question?.remove();
      if (hadFocus) ask.focus();
    }
  }

  update() {
    const { list, note, rows, turn } = this;
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const wasHere = rows.contains(focused);
    const cards = list.slice(0, this.most);
    keyed(
      rows,
      cards,
      ({ id }) => id,
      ({ id, address, client }) => makeCard(address, client, () => this.#ask(this.asking === id ? '' : id)),
      (card, who) => this.#draw(card, who),
    );
    // A card that was moved, or is gone, takes the focus with it.
    if (wasHere && !rows.contains(document.activeElement)) {
      (focused?.isConnected ? focused : (rows.querySelector('button') ?? this.choice)).focus();
    }
    // An empty list would claim that there are no readers.
    this.bar.hidden = rows.hidden = list.length === 0;
    write(this.many, count(this.total));
    turn.classList.toggle('up', !this.isDescending);
    turn.title = this.isDescending ? words.descending : words.ascending;
    attribute(turn, 'aria-label', turn.title);
    const isPart = cards.length < this.total;
    this.further.hidden = !isPart;
    const shown = isPart ? connectionsShown(cards.length, this.total) : '';
    write(note, this.problem || (list.length === 0 ? words.loading : shown));
    note.hidden = note.textContent === '';
  }
}

/** @param {string} address @param {string} client @param {() => void} ask */
function makeCard(address, client, ask) {
  const button = h(
    'button',
    {
      type: 'button',
      class: 'icon',
      title: words.disconnectAsk,
      'aria-label': `${words.disconnect}: ${address}`,
      onclick: ask,
    },
    icon('ellipsis'),
  );
  return h(
    'li',
    { 'data-role': 'connection' },
    icon(/^Mozilla/.test(client) ? 'monitor' : 'terminal'),
    h('p', { class: 'client' }, h('b'), h('span'), h('span', { class: 'you' })),
    h('p', { class: 'since' }),
    h('p', { class: 'second' }),
    h('p', { class: 'sent' }),
    button,
  );
}

/** @param {HTMLElement} card @param {Who} who @param {import('../store.js').Store} store */
function drawCard(card, who, store) {
  const [, top, since, second, sent] = /** @type {HTMLElement[]} */ ([...card.children]);
  const [late, client, you] = /** @type {HTMLElement[]} */ ([...(top?.children ?? [])]);
  if (!top || !since || !second || !sent || !late || !client || !you) return;
  top.title = who.client;
  write(late, who.state === 'live' ? '' : `${words.whoLate} · `);
  write(client, clientName(who.client));
  write(you, who.id === store.connection ? words.ownRow : '');
  write(second, [who.address, filterText(who.filter) || words.everything].join(' · '));
  second.title = second.textContent ?? '';
  write(since, span(store.serverTime() - Date.parse(who.since)));
  since.title = who.since;
  write(sent, sentTo(who.sent));
}

/** @param {Who} who @param {() => void} disconnect @param {() => void} cancel */
function questionOf(who, disconnect, cancel) {
  const [before, name, after] = disconnectQuestion(who.address, clientName(who.client));
  const yes = { type: 'button', class: 'danger', 'data-role': 'disconnect', onclick: disconnect };
  return h(
    'div',
    { class: 'ask' },
    h('p', {}, before, h('b', {}, name), after),
    h('button', yes, words.disconnect),
    h('button', { type: 'button', onclick: cancel }, words.cancel),
  );
}

/** The first that fits: browsers name all their ancestors. @type {[RegExp, string][]} */
const KNOWN = [
  [/\bEdg(?:A|iOS)?\/(\d+)/, 'Edge'],
  [/\bOPR\/(\d+)/, 'Opera'],
  [/\bSamsungBrowser\/(\d+)/, 'Samsung Internet'],
  [/\bFirefox\/(\d+)/, 'Firefox'],
  [/\bHeadlessChrome\/(\d+)/, 'Headless Chrome'],
  [/\bChrom(?:e|ium)\/(\d+)/, 'Chrome'],
  [/\bVersion\/(\d+)[\d.]* .*Safari\//, 'Safari'],
  [/^curl\/(\d+\.\d+)/, 'curl'],
  [/^python-httpx\/(\d+\.\d+)/, 'httpx'],
  [/^Python-urllib\/(\d+\.\d+)/, 'Python'],
];

/** @param {string} agent */
export function clientName(agent) {
  for (const [pattern, name] of KNOWN) {
    const found = pattern.exec(agent);
    if (found) return `${name} ${found[1]}`;
  }
  return agent === '' ? '–' : agent.slice(0, 60);
}

/** @param {Who[]} list @param {Column} column @param {boolean} isDescending */
export function sorted(list, column, isDescending) {
  const way = isDescending ? -1 : 1;
  const keys = list.map((who) => ({ who, key: shown(who, column), isLate: Number(who.state !== 'live') }));
  keys.sort((one, other) => {
    // Readers that are catching up come first: they are what an operator looks for here.
    const late = other.isLate - one.isLate;
    return late * (column === 'state' ? way : 1) || way * ORDER.compare(one.key, other.key);
  });
  return keys.map(({ who }) => who);
}

/** What a column is sorted by: what it says. @param {Who} who @param {Column} column */
function shown(who, column) {
  if (column === 'client') return clientName(who.client);
  return column === 'filter' ? filterText(who.filter) : String(who[column]);
}

/** A filter as it would be asked for; '' for everything. @param {unknown} filter */
export function filterText(filter) {
  if (filter === null || typeof filter !== 'object') return typeof filter === 'string' ? filter : '';
  return Object.entries(filter)
    .filter(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0))
    .filter(([key, value]) => !(key === 'level' && value === 'debug'))
    .map(([key, value]) => `${key}:${Array.isArray(value) ? value.join(',') : value}`)
    .join(' ');
}
