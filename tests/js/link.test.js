import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { Link } from '../../static/stream/link.js';

/** What was opened and said, newest last. @type {{name: string, port: any, said: any[]}[]} */
const workers = [];
/** Those of the window, of the newest link. @type {Map<string, (event: any) => void>} */
const listeners = new Map();
Object.assign(globalThis, {
  SharedWorker: class {
    /** @param {string} _ @param {{name: string}} options */
    constructor(_, { name }) {
      /** @type {any[]} */
      const said = [];
      this.port = { postMessage: (/** @type {any} */ value) => said.push(value), close() {} };
      workers.push({ name, port: this.port, said });
    }
  },
  document: { hidden: false, addEventListener() {}, baseURI: 'http://wall/prefix/' },
  addEventListener: (/** @type {string} */ name, /** @type {(event: any) => void} */ listener) =>
    listeners.set(name, listener),
});
// The links of earlier tests are dead: their timers went with the mock.
beforeEach(() => {
  mock.timers.reset();
  // Node asks for an object; the types that are installed are older.
  mock.timers.enable(/** @type {any} */ ({ apis: ['setInterval', 'Date'] }));
});

/** @param {string | null} cursor */
function opened(cursor) {
  workers.length = 0;
  const link = new Link({ version: '1', known: () => ({ heartbeat: 5_000, cursor, heard: 1 }), hear() {} });
  return { link, answer: () => workers.at(-1)?.port.onmessage({ data: { noun: 'here' } }) };
}

const calls = () => workers[0]?.said.filter((each) => each[0] === 'here').length;

test('the stream is an absolute address under the path of the page', () => {
  opened(null);
  assert.deepEqual(workers[0]?.said, [{ path: 'http://wall/prefix/events', heartbeat: 5_000 }]);
});

test('a worker that is silent for two heartbeats is called, and replaced if it is dead', () => {
  const { answer } = opened('7-9');
  answer();
  for (let n = 0; n < 21; n++) mock.timers.tick(500);
  assert.equal(calls(), 1);
  assert.equal(workers.length, 1);
  for (let n = 0; n < 10; n++) mock.timers.tick(500);
  assert.deepEqual(
    workers.map(({ name }) => name),
    ['eyewall 1', 'eyewall 1 1'],
  );
  assert.deepEqual(workers[1]?.said[0], {
    path: 'http://wall/prefix/events',
    heartbeat: 5_000,
    cursor: '7-9',
    lostAt: 1,
  });
});

test('a worker that answers stays, however long there is nothing to tell', () => {
  const { answer } = opened(null);
  answer();
  for (let n = 0; n < 400; n++) {
    const before = calls();
    mock.timers.tick(500);
    if (calls() !== before) answer();
  }
  assert.ok((calls() ?? 0) > 10);
  assert.equal(workers.length, 1);
});

test('a tab that was frozen while the worker was called gives it its time', () => {
  const { answer } = opened(null);
  answer();
  for (let n = 0; n < 21; n++) mock.timers.tick(500);
  assert.equal(calls(), 1);
  /** @type {any} */ (mock.timers).setTime(Date.now() + 3_600_000);
  mock.timers.tick(500);
  assert.equal(workers.length, 1);
  answer();
  assert.equal(workers.length, 1);
});

test('a page that comes back from the cache of the browser asks for its worker, and gets another if it is gone', () => {
  const { answer } = opened('7-9');
  answer();
  listeners.get('pagehide')?.({ persisted: true });
  assert.ok(!workers[0]?.said.some((each) => each[0] === 'gone'));
  listeners.get('pageshow')?.({ persisted: true });
  assert.equal(calls(), 1);
  for (let n = 0; n < 10; n++) mock.timers.tick(500);
  assert.equal(workers.length, 2);
  listeners.get('pagehide')?.({ persisted: false });
  assert.ok(workers[1]?.said.some((each) => each[0] === 'gone'));
});
