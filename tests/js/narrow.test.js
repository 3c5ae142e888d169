import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linked } from '../../static/format/highlight.js';
import { branches, term, written } from '../../static/format/tree.js';
import { Counts } from '../../static/messages/counts.js';
import { Topics } from '../../static/messages/topics.js';
import { clientName, filterText, sorted } from '../../static/parts/connections.js';
import { fromQuery, toQuery } from '../../static/query/address.js';
import { parse } from '../../static/query/filter.js';
import { EVERYTHING, toSieve } from '../../static/query/selection.js';

const MESSAGE = {
  id: '7-1',
  ms: 5000,
  topic: 'api.auth',
  level: 3,
  source: '',
  message: 'x',
  data: undefined,
};

test('a topic stands for those below it', () => {
  assert.equal(toSieve({ ...EVERYTHING, only: 'api' }).shows(MESSAGE), true);
  assert.equal(toSieve({ ...EVERYTHING, only: 'ap' }).shows(MESSAGE), false);
  assert.equal(toSieve({ ...EVERYTHING, hidden: ['api'] }).shows(MESSAGE), false);
});

test('gaps and losses are shown whatever the filter, folded ones never', () => {
  const mark = /** @type {import('../../static/stream/continuity.js').Mark} */ ({ mark: 'gap', at: 1 });
  const { shows } = toSieve({ ...EVERYTHING, levels: [false, false, false, false, false] });
  assert.deepEqual([shows(mark), shows({ ...mark, folded: true }), shows(MESSAGE)], [true, false, false]);
});

test('a range does not include its end', () => {
  assert.equal(toSieve({ ...EVERYTHING, range: { from: 5000, to: 6000 } }).shows(MESSAGE), true);
  assert.equal(toSieve({ ...EVERYTHING, range: { from: 4000, to: 5000 } }).shows(MESSAGE), false);
});

test('what is shown comes back from its address', () => {
  const selection = {
    ...EVERYTHING,
    filter: parse('timeout -"health check"'),
    levels: [false, true, true, true, true],
    only: 'api',
    hidden: ['db'],
    range: { from: 1000, to: 2000 },
  };
  const { selection: back, zone } = fromQuery(toQuery(selection, 'utc'), 0);
  assert.deepEqual(
    [back.filter.text, back.levels, back.only, back.hidden, back.range, zone],
    [selection.filter.text, selection.levels, 'api', ['db'], selection.range, 'utc'],
  );
  assert.equal(toQuery(EVERYTHING, 'local'), '');
});

test('an address that cannot be read shows everything', () => {
  const { selection } = fromQuery('?q=%22open&from=never&to=now', 0);
  assert.deepEqual([selection.filter.text, selection.range], ['', null]);
});

test('what the API takes in an address is taken, and what is not is named', () => {
  const now = Date.parse('2026-11-30T12:00:00Z');
  const taken = (/** @type {string} */ search) => fromQuery(search, now);
  assert.deepEqual(taken('?level=error').selection.levels, [false, false, false, true, true]);
  assert.equal(taken('?topic=api.*').selection.filter.text, 'topic:api.*');
  assert.equal(taken('?topic=api&topic=db').selection.filter.text, 'topic:api OR topic:db');
  assert.equal(taken('?q=a&topic=api,db').selection.filter.text, '(a) (topic:api OR topic:db)');
  assert.deepEqual(taken('?since=15m').selection.range, { from: now - 900_000, to: Infinity });
  assert.equal(toQuery(taken('?since=15m').selection, 'local'), '?from=2026-11-30T11%3A45%3A00.000Z');
  for (const search of ['?level=loud', '?topic=a%22b', '?since=never', '?q=%22open', '?colour=red']) {
    assert.equal(taken(search).refused.length, 1, search);
  }
  assert.deepEqual(taken('?utm_source=x&at=7-1&time=utc').refused, []);
});

test('an address names topics and nothing else, each once', () => {
  const { selection } = fromQuery('?topic=a%22%3B%20rm%20-rf%20~&without=a,a,b%0A,%24(id),c.d_e-f', 0);
  assert.deepEqual([selection.only, selection.hidden], [null, ['a', 'c.d_e-f']]);
  assert.equal(fromQuery('?topic=api.auth', 0).selection.only, 'api.auth');
  assert.equal(fromQuery(`?topic=${'a'.repeat(65)}`, 0).selection.only, null);
});

/** The server's time, ms. */
const NOW = 12_000;

test('counts are kept by second and level, and forgotten after an hour', () => {
  const counts = new Counts();
  counts.add(10_000, 1, true, NOW);
  counts.add(10_999, 3, false, NOW);
  counts.add(11_000, 1, true, NOW);
  const [bar] = counts.bars(10, 5, 1);
  assert.deepEqual([bar?.all, bar?.matched, bar?.busiest], [[0, 2, 0, 1, 0], [0, 2, 0, 0, 0], 2]);
  counts.add(10_000 + 3_600_000, 1, true, NOW + 3_600_000);
  counts.add(10_000, 1, true, NOW + 3_600_000);
  assert.deepEqual(counts.bars(10, 1, 1)[0]?.all, [0, 0, 0, 0, 0]);
  assert.deepEqual(counts.bars(3610, 1, 1)[0]?.all, [0, 1, 0, 0, 0]);
});

test('a server clock that is set back, and a message from the future, keep no second empty', () => {
  const counts = new Counts();
  const [hour, now] = [3_600_000, 1_795_400_000_000];
  counts.add(now + 5 * hour, 1, true, now);
  counts.add(now, 1, true, now);
  // Set back by two hours.
  for (let ms = now - 2 * hour; ms < now - 2 * hour + 900_000; ms += 1000) counts.add(ms, 1, true, ms);
  const bars = counts.bars((now - 2 * hour) / 1000, 1, 900);
  assert.equal(bars.filter(({ busiest }) => busiest === 1).length, 900);
});

test('a time that is none is not counted', () => {
  new Counts().add(Number.NaN, 1, true, NOW);
});

test('topics stand below the parts of their names that they share', () => {
  const topics = new Topics();
  const deep = ['k8s.eu.pay.pod-1', 'k8s.eu.pay.pod-2', 'k8s.eu.shop'];
  for (const name of ['api.auth', 'api', 'api-x', 'db.pool', 'api.auth.login', ...deep]) topics.add(name, 1);
  /** @param {import('../../static/messages/topics.js').Node[]} nodes @returns {(string | number | boolean)[][]} */
  const lines = (nodes) =>
    nodes.flatMap(({ label, depth, topic, inner }) => [[label, depth, topic !== null], ...lines(inner)]);
  assert.deepEqual(lines(topics.tree()), [
    ['api', 0, true],
    ['auth', 1, true],
    ['login', 2, true],
    ['api-x', 0, true],
    ['db.pool', 0, true],
    ['k8s.eu', 0, false],
    ['pay', 1, false],
    ['pod-1', 2, true],
    ['pod-2', 2, true],
    ['shop', 1, true],
  ]);
});

test('the list of topics is made once, until a topic comes or goes', () => {
  const topics = new Topics();
  for (let n = 0; n < 2000; n++) topics.add(`t${n}`, n);
  const list = topics.tree();
  topics.add('t7', 5000);
  assert.equal(topics.tree(), list);
  topics.add('new', 5001);
  assert.notEqual(topics.tree(), list);
  assert.equal(topics.tree().length, 2000);
});

test('ten thousand topics do not stay', () => {
  const topics = new Topics();
  for (let n = 0; n < 3000; n++) topics.add(`t${n}`, n);
  assert.equal(topics.byName.size, 2000);
  assert.equal(topics.byName.has('t2999'), true);
});

test('data is a tree in the given order, never more of it than asked for', () => {
  const data = { z: 1, a: { b: ['x', null] }, empty: {} };
  const { branches: rows } = branches(data, new Map(), 100);
  assert.deepEqual(
    rows.map(({ path, text, depth }) => [path, text, depth]),
    [
      ['z', '1', 0],
      ['a', '{1}', 0],
      ['a.b', '[2]', 1],
      ['a.b.0', 'x', 2],
      ['a.b.1', 'null', 2],
      ['empty', '{0}', 0],
    ],
  );
  assert.deepEqual(branches(Array(1000).fill(1), new Map(), 200), {
    branches: branches(Array(200).fill(1), new Map(), 200).branches,
    more: true,
  });
});

test('a value can be looked for by what the tree offers', () => {
  const message = { ...MESSAGE, data: { status: 504, user: { name: 'ana "x" b' }, ok: false } };
  for (const branch of branches(message.data, new Map(), 100).branches.filter(
    ({ kind }) => kind !== 'inner',
  )) {
    assert.equal(parse(term(branch)).test?.(message), true, term(branch));
  }
});

test('what is chosen by its value is found again, whatever it says', () => {
  for (const text of ['web-1', 'web 1', 'a (b)', 'say "x"', '>=500', '<b>', '=', '*', 'a OR b', '-x']) {
    const message = { ...MESSAGE, source: text, data: { text } };
    const [branch] = branches(message.data, new Map(), 1).branches;
    const terms = [`source:${written(text)}`, term(/** @type {any} */ (branch))];
    for (const each of terms) assert.equal(parse(each).test?.(message), true, each);
  }
  assert.equal(
    parse(`source:${written('web 1')}`).test?.({ ...MESSAGE, source: 'web', message: '1' }),
    false,
  );
});

test('only http and https addresses become links, without the full stop behind them', () => {
  const hrefs = (/** @type {string} */ text) => linked(text).flatMap(({ href }) => (href ? [href] : []));
  assert.deepEqual(hrefs('see https://example.com/a?b=1. and (http://x.y/z)'), [
    'https://example.com/a?b=1',
    'http://x.y/z',
  ]);
  assert.deepEqual(hrefs('javascript:alert(1) ftp://x data:text/html,x //x.y'), []);
  assert.equal(
    linked('a https://b.c d')
      .map(({ text }) => text)
      .join(''),
    'a https://b.c d',
  );
});

test('a client is named by what it is, not by what its kind descends from', () => {
  const chrome =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
  assert.deepEqual([chrome, `${chrome} Edg/156.0.1`, 'curl/8.5.0', 'tail-shipper', ''].map(clientName), [
    'Chrome 156',
    'Edge 156',
    'curl 8.5',
    'tail-shipper',
    '–',
  ]);
  assert.equal(filterText({ topics: ['api.*'], level: 'debug', q: '' }), 'topics:api.*');
});

test('who is late comes first, and numbers are sorted as numbers', () => {
  /** @param {string} address @param {number} sent @param {string} [state] */
  const who = (address, sent, state = 'live') => ({
    id: address,
    address,
    client: 'curl/8.5.0',
    since: `2026-11-21T10:00:0${sent % 10}Z`,
    filter: {},
    sent,
    state,
  });
  const list = [who('10.0.0.10', 9), who('10.0.0.9', 100), who('10.0.0.1', 20, 'catching-up')];
  /** @param {'address' | 'sent' | 'state'} column @param {boolean} isDescending */
  const ids = (column, isDescending) => sorted(list, column, isDescending).map(({ id }) => id.slice(7));
  assert.deepEqual(ids('address', false), ['1', '9', '10']);
  assert.deepEqual(ids('address', true), ['1', '10', '9']);
  assert.deepEqual(ids('sent', false), ['1', '10', '9']);
  assert.deepEqual(ids('state', true).at(-1), '1');
});
