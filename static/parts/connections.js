/**
 * The readers of the stream: their number in the header, and the list.
 *
 * Owns the list; requests it only while it is open.
 */
import { closePanel, togglePanel } from '../actions/panels.js';
import { disconnectReader, listConnections, settled } from '../actions/server.js';
import { count, span } from '../format/time.js';
import { isUp } from '../stream/connection-state.js';
import { connectedTitle, disconnectQuestion, sentTo, viewers, words } from '../text/en.js';
import { attribute, h, hear, icon, keyed, write } from '../ui/dom.js';
import { panelHead } from '../ui/panel-head.js';

/** @typedef {import('../stream/api.js').Who} Who */
/** @typedef {keyof typeof words.whoHead} Column */

/** One collator: localeCompare makes one for each comparison, a second of work for 5,000 connections. */
const ORDER = new Intl.Collator('en', { numeric: true });
/** Connections that are drawn; sorting brings others up. */
const WHO_DRAWN = 300;

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
export function WhoPanel(el, page) {
  const { store } = page;
  /** @type {Who[]} */
  let list = [];
  let problem = '';
  let askedAt = 0;
  let asked = 0;
  let isStale = true;
  /** @type {Column} */
  let sortedBy = 'since';
  let isDescending = false;
  let asking = '';

  const close = () => closePanel(page);
  const many = h('b', {});
  const columns = /** @type {Column[]} */ (Object.keys(words.whoHead));
  const choice = h(
    'select',
    {
      'aria-label': words.sortBy,
      onchange: () => sortBy(/** @type {Column} */ (choice.value), isDescending),
    },
    ...columns.map((name) => h('option', { value: name, selected: name === sortedBy }, words.whoHead[name])),
  );
  const turn = h(
    'button',
    { type: 'button', class: 'icon', onclick: () => sortBy(sortedBy, !isDescending) },
    icon('arrow-down'),
  );
  const rows = h('ul', {});
  const note = h('p', { class: 'more', role: 'status' });
  const bar = h('div', { class: 'sorting' }, h('span', {}, many, ` ${words.connected}`), choice, turn);
  el.append(panelHead(close, h('h2', {}, words.panels.who)), bar, rows, note);

  /** @param {Column} name @param {boolean} descending */
  function sortBy(name, descending) {
    isDescending = descending;
    sortedBy = name;
    list = sorted(list, sortedBy, isDescending);
    update();
  }

  function read() {
    if (el.hidden || document.hidden || !isStale || store.now() - askedAt < EVERY) return;
    isStale = false;
    load(listConnections());
  }

  /** Show the answer, unless a later one is on its way. @param {ReturnType<typeof listConnections>} call */
  async function load(call) {
    askedAt = store.now();
    asked += 1;
    const mine = asked;
    const { ok, error } = await settled(call);
    if (mine !== asked) return;
    problem = error === null ? '' : error.message || words.noAnswer;
    if (ok !== null) list = sorted(ok.connections, sortedBy, isDescending);
    update();
  }

  /** @param {Who} who */
  function make(who) {
    const [late, client, you] = [h('b'), h('span'), h('span', { class: 'you' })];
    const ask = h(
      'button',
      {
        type: 'button',
        class: 'icon',
        title: words.disconnectAsk,
        'aria-label': `${words.disconnect}: ${who.address}`,
        onclick: () => choose(asking === who.id ? '' : who.id),
      },
      icon('ellipsis'),
    );
    return h(
      'li',
      { 'data-role': 'connection' },
      icon(/^Mozilla/.test(who.client) ? 'monitor' : 'terminal'),
      h('p', { class: 'client' }, late, client, you),
      h('p', { class: 'since' }),
      h('p', { class: 'second' }),
      h('p', { class: 'sent' }),
      ask,
    );
  }

  /** @param {HTMLElement} card @param {Who} who */
  function draw(card, who) {
    const [, top, since, second, sent, ask] = /** @type {HTMLElement[]} */ ([...card.children]);
    const [late, client, you] = /** @type {HTMLElement[]} */ ([...(top?.children ?? [])]);
    const isLate = who.state !== 'live';
    if (!top || !since || !second || !sent || !ask || !late || !client || !you) return;
    top.title = who.client;
    write(late, isLate ? `${words.whoLate} · ` : '');
    write(client, clientName(who.client));
    write(you, who.id === store.connection ? words.ownRow : '');
    write(second, [who.address, filterText(who.filter) || words.everything].join(' · '));
    second.title = second.textContent ?? '';
    write(since, span(store.serverTime() - Date.parse(who.since)));
    since.title = who.since;
    write(sent, sentTo(who.sent));
    const isAsked = asking === who.id;
    const question = card.querySelector('.ask');
    ask.hidden = isAsked;
    if (isAsked === (question !== null)) return;
    if (isAsked) {
      const box = ask.parentElement?.appendChild(questionOf(who));
      box?.querySelector('button')?.focus();
    } else {
      const hadFocus = question?.contains(document.activeElement);
      question?.remove();
      if (hadFocus) ask.focus();
    }
  }

  /** @param {Who} who */
  function questionOf(who) {
    const [before, name, after] = disconnectQuestion(who.address, clientName(who.client));
    return h(
      'div',
      { class: 'ask' },
      h('p', {}, before, h('b', {}, name), after),
      h(
        'button',
        { type: 'button', class: 'danger', 'data-role': 'disconnect', onclick: () => disconnect(who) },
        words.disconnect,
      ),
      h('button', { type: 'button', onclick: () => choose('') }, words.cancel),
    );
  }

  /** @param {string} id */
  function choose(id) {
    asking = id;
    update();
  }

  /** @param {Who} who */
  function disconnect(who) {
    asking = '';
    load(disconnectReader(who.id));
  }

  function update() {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const wasHere = rows.contains(focused);
    keyed(rows, list.slice(0, WHO_DRAWN), ({ id }) => id, make, draw);
    // A card that was moved, or is gone, takes the focus with it.
    if (wasHere && !rows.contains(document.activeElement)) {
      (focused?.isConnected ? focused : (rows.querySelector('button') ?? choice)).focus();
    }
    // An empty list would claim that there are no readers.
    bar.hidden = rows.hidden = list.length === 0;
    write(many, count(list.length));
    turn.classList.toggle('up', !isDescending);
    const way = isDescending ? words.descending : words.ascending;
    attribute(turn, 'aria-label', way);
    turn.title = way;
    const others = list.length > WHO_DRAWN ? words.moreConnections(list.length - WHO_DRAWN) : '';
    write(note, problem || (list.length === 0 ? words.loading : others));
    note.hidden = note.textContent === '';
  }

  hear(el, 'connections', () => {
    isStale = true;
    read();
  });
  hear(el, 'view', () => {
    isStale = true;
    read();
  });
  hear(el, 'tick', () => {
    if (el.hidden) return;
    // Counts change without a reader coming or going.
    isStale ||= store.now() - askedAt > 5 * EVERY;
    read();
    update();
  });
  update();
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
