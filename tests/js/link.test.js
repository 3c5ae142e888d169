import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Link } from '../../static/stream/link.js';

const port = /** @type {any} */ ({ postMessage() {} });
let reloads = 0;
// What a browser has and node has not: here a worker of which nothing comes but what a test says for it.
Object.assign(globalThis, {
  SharedWorker: class {
    port = port;
  },
  document: { hidden: false, addEventListener() {} },
  addEventListener() {},
  location: { href: 'http://wall/', reload: () => (reloads += 1) },
});
// Node asks for an object; the types that are installed are older.
mock.timers.enable(/** @type {any} */ ({ apis: ['setTimeout'] }));

/** All that was waited for has come. */
const settle = () => new Promise(setImmediate);

/** A page to which the worker has said something, and a click on [Reconnect]. */
function clicked() {
  reloads = 0;
  const link = new Link({ version: '1', heartbeat: 15_000, hear() {} });
  port.onmessage({ data: { noun: 'here' } });
  link.reconnect();
}

/** @param {() => Promise<Response>} answer of the page's own address */
function answers(answer) {
  globalThis.fetch = answer;
}

test('a page without its worker is loaded anew when the server is there, and not before', async () => {
  for (const answer of [
    () => Promise.reject(new TypeError('no answer')),
    async () => new Response('', { status: 502 }),
  ]) {
    answers(answer);
    clicked();
    mock.timers.tick(20_000);
    await settle();
    mock.timers.tick(19_999);
    await settle();
    assert.equal(reloads, 0);
    answers(async () => new Response());
    mock.timers.tick(1);
    await settle();
    assert.equal(reloads, 1);
  }
});

test('a worker that was only slow costs nobody the page', async () => {
  answers(async () => new Response());
  clicked();
  mock.timers.tick(19_999);
  assert.equal(reloads, 0);
  mock.timers.tick(1);
  // Its word comes while the server is asked.
  port.onmessage({ data: { noun: 'here' } });
  await settle();
  mock.timers.tick(60_000);
  await settle();
  assert.equal(reloads, 0);
});
