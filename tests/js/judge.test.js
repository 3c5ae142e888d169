import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { Judge } from '../../static/stream/judge.js';
import { findings } from '../../static/stream/matcher.js';

const never = () => false;
/** Workers that were started, and what the next ones do with a slice. */
const started = { many: 0, ended: 0 };
/** @type {(worker: any, data: {sources: string[], texts: string[]}) => void} */
let work = () => {};

class FakeWorker {
  constructor() {
    started.many += 1;
  }
  /** @param {any} data */
  postMessage(data) {
    queueMicrotask(() => work(this, data));
  }
  terminate() {
    started.ended += 1;
  }
}
afterEach(() => {
  mock.timers.reset();
  Object.assign(started, { many: 0, ended: 0 });
});

/** Let what was promised happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('an expression is tested in a worker, in slices of which each answers what it has done', async () => {
  Object.assign(globalThis, { Worker: FakeWorker });
  work = (worker, { sources, texts }) => {
    worker.onmessage({ data: 'begun' });
    worker.onmessage({ data: findings(sources, texts.slice(0, 2)) });
  };
  assert.deepEqual(await new Judge().ask(['B.'], ['abc', 'x', 'B1', 'b', 'bb'], never), [
    ['bc'],
    [null],
    ['B1'],
    [null],
    ['bb'],
  ]);
  assert.deepEqual(started, { many: 1, ended: 0 });
});

test('a slice that takes 100 ms twice ends the worker and the filter', async () => {
  Object.assign(globalThis, { Worker: FakeWorker });
  mock.timers.enable(/** @type {any} */ ({ apis: ['setTimeout'] }));
  work = (worker) => worker.onmessage({ data: 'begun' });
  /** @type {unknown} */
  let answer;
  const judge = new Judge();
  const asked = judge.ask(['(a+)+$'], ['a'], never).then((found) => {
    answer = found;
  });
  await settle();
  mock.timers.tick(99);
  await settle();
  assert.deepEqual([answer, started], [undefined, { many: 1, ended: 0 }]);
  mock.timers.tick(1);
  await settle();
  assert.deepEqual([answer, started], [undefined, { many: 2, ended: 1 }]);
  mock.timers.tick(100);
  await asked;
  assert.deepEqual([answer, started], [null, { many: 2, ended: 2 }]);
  // The next expression gets a worker of its own.
  work = (worker, { sources, texts }) => worker.onmessage({ data: findings(sources, texts) });
  assert.deepEqual(await judge.ask(['a'], ['a'], never), [['a']]);
  assert.equal(started.many, 3);
});

test('where no worker starts, what could be slow is refused and the rest is tested here', async () => {
  Object.assign(globalThis, { Worker: FakeWorker });
  work = (worker) => worker.onerror();
  const judge = new Judge();
  assert.deepEqual(await judge.ask(['a.'], ['abc'], never), [['ab']]);
  assert.deepEqual([judge.isUnavailable, await judge.ask(['(a+)+'], ['aa'], () => true)], [true, null]);
});
