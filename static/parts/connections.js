/**
 * The readers of the stream: their number in the header, and the list.
 *
 * Owns the list; requests it only while it is open.
 */
import { togglePanel } from '../actions/panels.js';
import { disconnectReader, listConnections, settled } from '../actions/server.js';
import { count, span } from '../format/time.js';
import { isUp } from '../stream/connection-state.js';
import { connectedTitle, disconnectQuestion, viewers, words } from '../text/en.js';
import { attribute, h, hear, keyed, write } from '../ui/dom.js';
import { roving } from '../ui/roving.js';

/** @typedef {import('../stream/api.js').Who} Who */
/** @typedef {keyof typeof words.whoHead} Column */

/** What a cell says on its first line, and under it. @type {Column[][]} */
const WHO_CELLS = [['address', 'state'], ['client', 'filter'], ['since'], ['sent']];

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

  const rows = h('tbody', {});
  const heads = WHO_CELLS.map((columns) => h('th', { scope: 'col' }, ...columns.map(head)));
  const note = h('p', { class: 'more', role: 'status' });
  const last = h('th', {}, h('span', { class: 'unheard' }, words.disconnect));
  const top = h('thead', {}, h('tr', {}, ...heads, last));
  roving(top);
  const table = h('table', {}, top, rows);
  el.append(table, note);

  /** @param {Column} name */
  function head(name) {
    const props = { type: 'button', class: 'quiet', 'data-column': name, onclick: () => sortBy(name) };
    return h('button', props, words.whoHead[name], h('span', { 'aria-hidden': 'true' }));
  }

  /** The same column again: the other way round. @param {Column} name */
  function sortBy(name) {
    isDescending = name === sortedBy && !isDescending;
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

  function make() {
    return h(
      'tr',
      { 'data-role': 'connection' },
      ...WHO_CELLS.map(() => h('td', {})),
      h('td', { class: 'end' }),
    );
  }

  /** @param {HTMLElement} row @param {Who} who */
  function draw(row, who) {
    const cells = /** @type {[HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement]} */ ([
      ...row.children,
    ]);
    const [address, client, since, sent, end] = cells;
    const isOwn = who.id === store.connection;
    const isLate = who.state !== 'live';
    row.classList.toggle('is-late', isLate);
    twoLines(address, `${who.address}${isOwn ? ' *' : ''}`, isLate ? words.whoLate : '');
    address.title = isOwn ? words.ownRow : '';
    twoLines(client, clientName(who.client), filterText(who.filter));
    client.title = who.client;
    write(since, span(store.serverTime() - Date.parse(who.since)));
    since.title = who.since;
    write(sent, count(who.sent));
    const wanted = asking === who.id ? 'question' : 'button';
    if (end.dataset.shows === wanted) return;
    end.dataset.shows = wanted;
    const hasFocus = end.contains(document.activeElement);
    end.replaceChildren(...(asking === who.id ? question(who) : [ellipsis(who)]));
    if (asking === who.id || hasFocus) /** @type {HTMLElement} */ (end.querySelector('button')).focus();
  }

  /** @param {HTMLElement} cell @param {string} first @param {string} second */
  function twoLines(cell, first, second) {
    if (cell.children.length === 0) cell.append(h('div'), h('div', { class: 'second' }));
    write(/** @type {Element} */ (cell.firstElementChild), first);
    write(/** @type {Element} */ (cell.lastElementChild), second);
  }

  /** @param {Who} who */
  function ellipsis(who) {
    const label = `${words.disconnect}: ${who.address}`;
    return h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'aria-label': label,
        onclick: () => choose(who.id),
      },
      words.disconnectAsk,
    );
  }

  /** @param {Who} who */
  function question(who) {
    return [
      h('p', {}, disconnectQuestion(who.address, clientName(who.client))),
      h(
        'button',
        { type: 'button', 'data-role': 'disconnect', onclick: () => disconnect(who) },
        words.disconnect,
      ),
      h('button', { type: 'button', class: 'quiet', onclick: () => choose('') }, words.cancel),
    ];
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
    // A row that was moved, or is gone, takes the focus with it.
    if (wasHere && !rows.contains(document.activeElement)) {
      const other = /** @type {HTMLElement} */ (el.querySelector('tbody button, thead button'));
      (focused?.isConnected ? focused : other).focus();
    }
    const way = isDescending ? 'descending' : 'ascending';
    for (const [i, columns] of WHO_CELLS.entries()) {
      const th = /** @type {HTMLElement} */ (heads[i]);
      attribute(th, 'aria-sort', columns.includes(sortedBy) ? way : 'none');
      for (const [n, column] of columns.entries()) {
        const arrow = /** @type {Element} */ (th.children[n]?.lastElementChild);
        write(arrow, column === sortedBy ? ` ${isDescending ? '↓' : '↑'}` : '');
      }
    }
    // Column heads over an empty table would claim that there are no readers.
    table.hidden = list.length === 0;
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
    // Whoever is catching up comes first: that is what one looks here for.
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
