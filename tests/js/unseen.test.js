import assert from 'node:assert/strict';
import { test } from 'node:test';
import { narrow } from '../../static/actions/filtering.js';
import { back, loadAsleep, showAround } from '../../static/actions/history.js';
import { startReading, togglePause, toNewest } from '../../static/actions/reading.js';
import { parse } from '../../static/query/filter.js';
import { open, raw, serve, until } from './page.js';

/** So many more, every tenth an error, each fifth with a needle. @param {number} from @param {number} to */
const line = (from, to) =>
  Array.from({ length: to - from }, (_, i) => {
    const n = from + i;
    return raw(n, { level: n % 10 === 0 ? 'error' : 'info', message: n % 5 === 0 ? 'needle' : 'hay' });
  });

/** @param {import('../../static/store.js').Store} store */
const waiting = ({ view }) => [view.unseen, view.unseenErrors];

test('what waits below is what the filter shows, also while one looks back', async () => {
  serve(line(1, 11));
  const { page, store, arrive } = open();
  arrive(...line(1, 11));
  narrow(page, { filter: parse('needle') });
  startReading(page);
  arrive(...line(11, 21));
  assert.deepEqual(waiting(store), [2, 1]);
  showAround(page, '7-1');
  await until(() => !store.past?.isLoading);
  arrive(...line(21, 41));
  assert.deepEqual(waiting(store), [6, 3]);
  back(page);
  store.scan(() => false);
  assert.deepEqual([waiting(store), store.live.shown], [[6, 3], 8]);
});

test('another filter counts anew what waits below, and nothing from before', () => {
  const { page, store, arrive } = open();
  arrive(...line(1, 11));
  startReading(page);
  arrive(...line(11, 31));
  assert.deepEqual(waiting(store), [20, 2]);
  for (const [text, many] of /** @type {const} */ ([
    ['needle', [4, 2]],
    ['level:critical', [0, 0]],
    ['', [20, 2]],
  ])) {
    narrow(page, { filter: parse(text) });
    store.scan(() => false);
    assert.deepEqual(waiting(store), many);
  }
  togglePause(page);
  toNewest(page);
  arrive(...line(31, 36));
  narrow(page, { filter: parse('needle') });
  store.scan(() => false);
  assert.deepEqual(waiting(store), [1, 0]);
});

test('a hole that is filled below a page that is paused moves nothing on it', async () => {
  serve(line(1, 31));
  const { page, store, arrive } = open();
  arrive(...line(1, 11));
  togglePause(page);
  arrive({ mark: 'asleep', at: Date.now(), missing: 10 }, ...line(21, 31));
  const last = () => store.ring.get(store.matching.at(store.rows.hi - 1));
  assert.deepEqual([/** @type {any} */ (last()).id, waiting(store)], ['7-10', [10, 1]]);
  loadAsleep(page);
  await until(() => store.live.held === 30);
  store.scan(() => false);
  assert.deepEqual([/** @type {any} */ (last()).id, waiting(store)], ['7-10', [20, 2]]);
});
