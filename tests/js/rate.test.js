import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pace } from '../../static/format/time.js';
import { Rate } from '../../static/messages/rate.js';
import { Topics } from '../../static/messages/topics.js';
import { barSaid, barTime, rate as header, rateIn } from '../../static/text/en.js';

/** Says a message at each of these seconds. @param {number[]} seconds */
function said(...seconds) {
  const rate = new Rate();
  for (const second of seconds) rate.add(second);
  return rate;
}

test('a steady stream is as fast as it is, whenever one looks', () => {
  const rate = new Rate();
  for (let tenth = 0; tenth < 1000; tenth++) rate.add(Math.floor(tenth / 10));
  for (const second of [45, 70, 99]) assert.equal(rate.at(second).perSecond, 10);
  assert.deepEqual(rate.at(105), { perSecond: 0, perMinute: 550 });
  assert.deepEqual(rate.at(170), { perSecond: 0, perMinute: 0 });
});

test('what is said out of order, or long ago, is counted in its own second or not at all', () => {
  const rate = said(100, 98, 99, 30, 100);
  assert.deepEqual(rate.at(100), { perSecond: 2 / 5, perMinute: 4 });
  assert.deepEqual(said(10, 1000).at(1000), { perSecond: 0, perMinute: 1 });
  assert.deepEqual(said(Number.NaN, -1).at(10), { perSecond: 0, perMinute: 0 });
});

test('a clock that is set back is counted by from then on', () => {
  const rate = said(1000, 1001, 1002);
  assert.equal(rate.at(402).perMinute, 0);
  for (const second of [402, 403, 404]) rate.add(second);
  assert.deepEqual(rate.at(405), { perSecond: 3 / 5, perMinute: 3 });
});

test('a place that is used again starts with nothing', () => {
  const rate = said(1, 1, 1, 65);
  assert.equal(rate.at(65).perMinute, 1);
});

test('the header and the topics tell one story', () => {
  const topics = new Topics();
  const all = new Rate();
  for (const [second, many] of [
    [40, 3],
    [90, 1],
    [100, 1],
  ]) {
    for (let n = 0; n < many; n++) {
      topics.add('only', second * 1000 + n);
      all.add(second);
    }
  }
  const topic = topics.tree()[0]?.topic;
  assert.ok(topic);
  for (const now of [40, 60, 95, 101, 104, 150]) {
    assert.deepEqual(topic.rate.at(now), all.at(now));
    const isPerSecond = all.at(now).perSecond >= 1;
    assert.equal(rateIn(topic.rate.at(now), isPerSecond), header(all.at(now))[0]);
  }
  assert.deepEqual(header(all.at(101)), ['2', 'msg/min']);
});

test('a bar of the histogram says when it was, how much came, and what was wrong', () => {
  const bar = { from: 3600, busiest: 2, all: [0, 3, 0, 1, 1], matched: [] };
  assert.equal(barTime(bar, 5, 'utc'), '01:00:00–01:00:05');
  assert.equal(barTime(bar, 1, 'utc'), '01:00:00');
  assert.equal(barSaid(bar, true), '5 messages, 2 errors');
  assert.equal(barSaid({ ...bar, all: [0, 1, 0, 0, 0] }, true), '1 message');
});

test('a bar never says 0 where the page does not know', () => {
  const bar = { from: 3600, busiest: 0, all: [0, 0, 0, 0, 0], matched: [] };
  assert.equal(barSaid(bar, true), '0 messages');
  assert.equal(barSaid(bar, false), 'not loaded');
  assert.equal(barSaid({ ...bar, all: [0, 3, 0, 0, 0] }, false), '3 loaded, more in history');
});

test('a rate is written with as much as one can read of it', () => {
  const at = (/** @type {number} */ n) => pace({ perSecond: n, perMinute: n * 60 }).join('/');
  assert.deepEqual([1204, 12.4, 2.5, 0.2, 0].map(at), ['1,204/s', '12/s', '2.5/s', '12/min', '0/min']);
  assert.equal(rateIn({ perSecond: 1204, perMinute: 0 }, true), '1.2k');
  assert.equal(rateIn({ perSecond: 0, perMinute: 12 }, true), '0.2');
});
