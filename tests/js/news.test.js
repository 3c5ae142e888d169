import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startReading } from '../../static/actions/reading.js';
import { initial, step } from '../../static/stream/connection-state.js';
import { open, raw } from './page.js';

const DAY = 86_400_000;

/** A page whose worker went live so long ago, when this was the last message. @param {number} ago ms @param {string} last */
function second(ago, last) {
  const opened = open();
  const { store, beat } = opened;
  const now = Date.now();
  store.begin = null;
  store.proof = /** @type {any} */ ({ last });
  store.receive('link', step(initial(now - ago), { type: 'welcome', missed: 0 }, now - ago));
  beat({ head: '7-3' });
  return opened;
}

/** @param {number} ms before now */
const ago = (ms) => new Date(Date.now() - ms).toISOString();

test('what another tab of the browser had heard does not make this one late', () => {
  const { store, arrive } = second(DAY, '7-5');
  arrive(raw(4, { time: ago(DAY) }), raw(5, { time: ago(DAY) }));
  assert.equal(store.behind, 0);
  arrive(raw(6, { time: ago(8000) }));
  assert.ok(store.behind >= 8000);
});

test('what was said before the page came is no news, and what comes later is, by whatever clock', () => {
  const { page, store, arrive } = second(DAY, '7-5');
  startReading(page);
  arrive(raw(4, { time: ago(-5000) }), raw(5, { level: 'error' }));
  assert.deepEqual([store.view.unseen, store.unseenErrors], [0, 0]);
  // The server's clock was set back by ten minutes.
  arrive(raw(6, { time: ago(600_000), level: 'error' }));
  assert.deepEqual([store.view.unseen, store.unseenErrors], [1, 1]);
  arrive(raw(1, { id: '6-900' }), raw(1, { id: '8-1' }));
  assert.equal(store.view.unseen, 2);
});

test('a heartbeat that knows more than the worker had heard says what is old', () => {
  const { page, store, arrive } = second(DAY, '7-1');
  startReading(page);
  arrive(raw(2), raw(3), raw(4));
  assert.equal(store.view.unseen, 1);
});

test('a server that goes on with an older log has news, too', () => {
  const { page, store, arrive, beat } = second(DAY, '7-5');
  startReading(page);
  beat({ head: '6-40' });
  arrive(raw(1, { id: '6-40' }), raw(1, { id: '6-41', level: 'error' }));
  beat({ head: '6-41' });
  arrive(raw(1, { id: '6-42' }));
  assert.deepEqual([store.view.unseen, store.unseenErrors], [2, 1]);
});
