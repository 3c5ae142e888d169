import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asText, exported } from '../../static/messages/export.js';
import { Fresh } from '../../static/messages/fresh.js';
import { fromWire } from '../../static/messages/message.js';
import { Ring } from '../../static/messages/ring.js';
import { Roll } from '../../static/messages/roll.js';
import { parse } from '../../static/query/filter.js';
import { EVERYTHING, toHistory, toServer, toSieve } from '../../static/query/selection.js';
import { Ledger } from '../../static/stream/continuity.js';
import { findings } from '../../static/stream/matcher.js';

/** @param {number} n @param {number} [level] @returns {import('../../static/messages/message.js').Message} */
const message = (n, level = 1) => ({
  id: `7-${n}`,
  ms: n * 1000,
  topic: 'api',
  level,
  source: '',
  message: `line ${n}`,
  data: undefined,
});

/** @param {Roll} roll */
function ids(roll) {
  const { matching, ring } = roll;
  matching.scan(() => false);
  const all = [];
  for (let ordinal = matching.lo; ordinal < matching.hi; ordinal++) {
    const entry = ring.get(matching.at(ordinal));
    if (entry) all.push('id' in entry ? entry.id : entry.mark);
  }
  return all;
}

/** @param {number} from @param {number} to @param {number} [limit] */
function rolled(from, to, limit = 100) {
  const roll = new Roll(limit, toSieve(EVERYTHING));
  for (let n = from; n < to; n++) roll.push(message(n));
  return roll;
}

/** Rows as ids, and '-' between two days: ten seconds are a day here. @param {Roll} roll */
function dayRows({ matching, ring }) {
  matching.scan(() => false);
  const rows = [];
  for (let ordinal = matching.lo; ordinal < matching.hi; ordinal++) {
    const entry = ring.get(matching.at(ordinal));
    rows.push(entry === undefined ? '-' : 'id' in entry ? entry.id.slice(2) : entry.mark);
  }
  return rows.join(' ');
}

/** @param {import('../../static/messages/message.js').Entry} entry */
const tenSeconds = (entry) => ('mark' in entry ? null : Math.floor(entry.ms / 10_000));

test('between two days there is a row, whether messages come, are found or are loaded', () => {
  const roll = new Roll(100, toSieve(EVERYTHING), tenSeconds);
  for (const n of [18, 19, 20]) roll.push(message(n));
  roll.pushMark({ mark: 'loss', at: 0, missing: 0 });
  for (const n of [29, 30]) roll.push(message(n));
  assert.equal(dayRows(roll), '18 19 - 20 loss 29 - 30');
  assert.deepEqual([roll.held, roll.shown], [5, 5]);
  roll.restart();
  assert.equal(dayRows(roll), '18 19 - 20 loss 29 - 30');
  roll.replace(roll.ring.first - 1, [message(8), message(9)]);
  assert.equal(dayRows(roll), '8 9 - 18 19 - 20 loss 29 - 30');
  assert.deepEqual([roll.held, roll.shown], [7, 7]);
  // Of what is filtered out there is no day either.
  roll.restart(toSieve({ ...EVERYTHING, filter: parse('"line 8" OR "line 30"') }));
  assert.equal(dayRows(roll), '8 - loss 30');
});

test('a row between two days goes with the message above it', () => {
  const roll = new Roll(3, toSieve(EVERYTHING), tenSeconds);
  for (const n of [9, 10, 11, 12]) roll.push(message(n));
  roll.trim(false);
  assert.equal(dayRows(roll), '10 11 12');
  assert.equal(roll.shown, 3);
  for (const n of [20, 21]) roll.push(message(n));
  roll.trim(false);
  assert.equal(dayRows(roll), '12 - 20 21');
});

test('older messages come in front, and nobody else changes place', () => {
  const roll = rolled(5, 8);
  const before = roll.matching.find(roll.find('7-6'));
  roll.replace(roll.ring.first - 1, [message(3), message(4)]);
  assert.deepEqual(ids(roll), ['7-3', '7-4', '7-5', '7-6', '7-7']);
  assert.equal(roll.matching.find(roll.find('7-6')), before);
  assert.equal(roll.oldest?.id, '7-3');
});

test('what was missing takes the place of the row that said so', () => {
  const roll = rolled(1, 3);
  roll.pushMark({ mark: 'asleep', at: 0, missing: 2 });
  roll.push(message(5));
  const n = roll.ring.findLast((entry) => 'mark' in entry);
  assert.deepEqual([roll.beside(n, -1)?.id, roll.beside(n, 1)?.id], ['7-2', '7-5']);
  roll.replace(n, [message(3), message(4)]);
  roll.restart();
  assert.deepEqual(ids(roll), ['7-1', '7-2', '7-3', '7-4', '7-5']);
  assert.deepEqual([roll.held, roll.marks], [5, 0]);
});

test('a row in whose place there is nothing goes', () => {
  const roll = rolled(1, 3);
  roll.pushMark({ mark: 'asleep', at: 0, missing: 0 });
  roll.replace(
    roll.ring.findLast((entry) => 'mark' in entry),
    [],
  );
  roll.restart();
  assert.deepEqual(ids(roll), ['7-1', '7-2']);
});

test('when there is no room for all that was missing, the oldest go and are not counted', () => {
  const roll = rolled(1, 11, 10);
  roll.replace(roll.ring.first - 1, [message(-4, 3), message(-3), message(-2), message(-1), message(0)]);
  roll.restart();
  assert.deepEqual(ids(roll).slice(0, 2), ['7--1', '7-0']);
  assert.deepEqual([roll.held, roll.levels[3]], [12, 0]);
});

test('a ring finds the newest of those that fit', () => {
  const ring = new Ring(5, 10);
  for (const n of [1, 2, 3, 2]) ring.push(n);
  assert.deepEqual([ring.findLast((n) => n === 2), ring.findLast((n) => n === 9)], [13, -1]);
});

test('the server looks for more than the page, never for less', () => {
  const wide = (/** @type {string} */ text) => parse(text).wide;
  assert.equal(wide('plain "a phrase"'), 'plain "a phrase"');
  assert.equal(wide('/a b/ x'), '"" x');
  assert.equal(wide('-/a/ x'), '-(-"") x');
  assert.equal(wide('-(x OR /a/)'), '-(x OR (-""))');
  for (const text of ['/zzz/ line', '-/line/', '-(nothing OR /line/)', '-(x -/y/)']) {
    const test = parse(text).test;
    const wider = parse(wide(text)).test;
    for (let n = 0; n < 20; n++) {
      if (test?.(message(n))) assert.equal(wider?.(message(n)), true, `${text}: ${n}`);
    }
  }
});

test('a selection is asked of the server in its own words', () => {
  const query = toHistory({
    ...EVERYTHING,
    filter: parse('a OR b'),
    levels: [false, true, false, true, true],
    only: 'api',
    hidden: ['db'],
    range: { from: 30_000, to: 60_000 },
  });
  assert.equal(query.get('q'), '(a OR b) -level:warning -topic:db -topic:db.*');
  assert.deepEqual([query.get('level'), query.getAll('topic')], ['info', ['api', 'api.*']]);
  assert.deepEqual(
    [query.get('since'), query.get('until')],
    ['1970-01-01T00:00:30.000Z', '1970-01-01T00:01:00.000Z'],
  );
  assert.equal(String(toHistory(EVERYTHING)), '');
});

test('the server is never asked for more than it takes', () => {
  const [deep, long] = [`${'('.repeat(16)}a${')'.repeat(16)}`, 'x'.repeat(1010)];
  for (const text of ['', 'a OR b', '/a/ -/b/', deep, `-(${deep.slice(1, -1)}/a/)`, `"${long}"`]) {
    for (const many of [0, 1, 10, 33, 500]) {
      const hidden = Array.from({ length: many }, (_, n) => `topic-${n}`);
      const selection = { ...EVERYTHING, filter: parse(text), hidden };
      const { q, isWider } = toServer(selection);
      const asked = parse(q).test ?? (() => true);
      let isMore = text.includes('/');
      for (const topic of ['else', ...hidden, 'topic-0.below']) {
        for (const said of ['a', 'b', long, '']) {
          const one = { ...message(1), topic, message: said };
          for (const { source, found } of selection.filter.expressions)
            found.set(one, findings([source], [said])[0]?.[0] ?? null);
          if (toSieve(selection).shows(one)) assert.equal(asked(one), true, `${q}: ${topic} ${said}`);
          else if (asked(one)) isMore = true;
        }
      }
      assert.equal(isWider, isMore, `${many} ${text.slice(0, 20)}`);
    }
  }
  const hidden = Array.from({ length: 500 }, (_, n) => `topic-${n}`);
  assert.ok(parse(toServer({ ...EVERYTHING, hidden }).q), 'of many, as many as it takes');
});

test('no topic is asked for that could not be one', () => {
  const globs = (/** @type {number} */ n) =>
    toHistory({ ...EVERYTHING, only: 'x'.repeat(n) })
      .getAll('topic')
      .map(({ length }) => length);
  assert.deepEqual([globs(62), globs(63), globs(64)], [[62, 64], [63], [64]]);
});

test('a message is text for other programs', () => {
  const one = { ...message(1, 3), message: '=1+1, "so"', data: { a: '\x1b[31mred' } };
  assert.equal(
    asText.csv?.(one),
    '7-1,1970-01-01T00:00:01.000Z,api,error,,"\'=1+1, ""so""","{""a"":""\\u001b[31mred""}"',
  );
  assert.equal(asText.line?.({ ...one, message: '\x1b[31mred' }), '1970-01-01T00:00:01.000Z ERROR api red');
  assert.equal(exported([message(1)], 'csv').split('\r\n').length, 3);
  assert.equal(JSON.parse(exported([one], 'ndjson')).message, '=1+1, "so"');
});

test('a hole that was filled is no hole', () => {
  const ledger = new Ledger(0);
  ledger.take('7-1', 1);
  const { mark } = ledger.take('7-5', 2);
  assert.deepEqual([mark?.missing, ledger.proof.missing], [3, 3]);
  ledger.filled('7-1', '7-5', 2);
  assert.deepEqual([ledger.proof.missing, ledger.proof.entries.length], [1, 1]);
  ledger.filled('7-1', '7-5', 1);
  assert.deepEqual([ledger.proof.missing, ledger.proof.entries.length], [0, 0]);
});

test('what came while nobody looked is new for a while', () => {
  const fresh = new Fresh();
  fresh.back(5, 0);
  assert.equal(fresh.has(4, 0), false);
  fresh.away(5);
  fresh.away(7);
  assert.deepEqual([fresh.has(4, 0), fresh.has(5, 0), fresh.has(9, 1e9)], [false, true, true]);
  fresh.back(8, 1000);
  assert.deepEqual([fresh.has(7, 2000), fresh.has(8, 2000), fresh.has(7, 7001)], [true, false, false]);
});

test('few long messages are bounded as many short ones are, and counted as gone', () => {
  const roll = new Roll(1000, toSieve(EVERYTHING));
  const message = 'x'.repeat(1_000_000);
  for (let n = 1; n <= 40; n++) {
    roll.push(fromWire({ id: `7-${n}`, time: '', level: 'info', message }));
    roll.trim(false);
  }
  assert.deepEqual([roll.held, roll.shown, roll.levels[1], roll.oldest?.id], [16, 16, 16, '7-25']);
});

test('what a tab slept through is known as long as its row is here', () => {
  const roll = new Roll(10, toSieve(EVERYTHING));
  roll.pushMark({ mark: 'asleep', at: 0, missing: 7 });
  assert.equal(roll.lacking('asleep'), 7);
  roll.replace(roll.ring.first, [{ mark: 'asleep', at: 0, missing: 2 }]);
  assert.equal(roll.lacking('asleep'), 2);
  roll.replace(roll.ring.first, []);
  assert.equal(roll.lacking('asleep'), 0);
});

test('a loss that has left the memory is not folded away a second time', () => {
  const roll = rolled(1, 2, 10);
  const loss = (/** @type {number} */ times) => ({ mark: /** @type {const} */ ('loss'), at: 0, times });
  roll.pushMark(loss(1));
  for (let n = 2; n < 20; n++) roll.push(message(n));
  roll.trim(false);
  roll.pushMark(loss(2));
  assert.deepEqual([roll.folded, roll.shown, roll.held], [0, 10, 10]);
});

test('older messages that come back after others have left are shown', () => {
  const roll = rolled(1, 41);
  assert.equal(ids(roll).length, 40);
  roll.resize(30);
  roll.resize(100);
  roll.replace(
    roll.ring.first - 1,
    Array.from({ length: 10 }, (_, n) => message(n + 1)),
  );
  assert.deepEqual([ids(roll).length, roll.held], [40, 40]);
});

test('the count of each level follows the filter, not the levels that are shown', () => {
  const roll = new Roll(4, toSieve({ ...EVERYTHING, levels: [true, true, true, false, false] }));
  for (const [n, level] of [1, 1, 3, 3, 4].entries()) roll.push(message(n, level));
  assert.deepEqual([roll.levels, roll.shown], [[0, 2, 0, 2, 1], 2]);
  roll.restart(toSieve({ ...EVERYTHING, filter: parse('"line 2" OR "line 4" OR "line 0"') }));
  assert.equal(ids(roll).length, 3);
  assert.deepEqual(roll.levels, [0, 1, 0, 1, 1]);
  roll.push(message(2, 3));
  roll.trim(false);
  assert.deepEqual([roll.levels, roll.held], [[0, 0, 0, 2, 1], 4]);
});

test('the gravest level in each part of the rows is known, whatever is between', () => {
  const roll = new Roll(100, toSieve(EVERYTHING));
  for (let n = 0; n < 40; n++) roll.push(message(n, { 5: 3, 6: 4, 25: 2, 39: 3 }[n] ?? 1));
  const { lo, hi } = roll.matching;
  assert.deepEqual([...roll.gravest(lo, hi, 4)], [4, 1, 2, 3]);
  assert.deepEqual([...roll.gravest(lo, lo, 2)], [0, 0]);
});
