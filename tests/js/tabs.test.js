import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

/** Streams that were opened, the newest last. @type {any[]} */
const streams = [];
Object.assign(globalThis, {
  EventSource: class {
    constructor() {
      streams.push(this);
      if (streams.length === 1) throw new Error('planted');
    }
    addEventListener() {}
    close() {}
  },
});
Object.defineProperty(globalThis, 'navigator', { value: { onLine: true }, configurable: true });
mock.timers.enable(/** @type {any} */ ({ apis: ['setInterval', 'setTimeout', 'Date'] }));
const { attach } = await import('../../static/stream/worker.js');

function tab() {
  /** @type {any[]} */
  const said = [];
  const port = /** @type {any} */ ({
    postMessage: (/** @type {any} */ value) => said.push(value),
    onmessage: null,
  });
  attach(port, { path: 'http://wall/events', heartbeat: 15_000, alone: false });
  const calls = () => said.filter(({ noun }) => noun === 'here?').length;
  return { said, calls, say: (/** @type {string} */ verb) => port.onmessage({ data: [verb] }) };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('what fails in the worker is told to every tab, and the stream starts again', async () => {
  const { said } = tab();
  await settle();
  assert.match(said.find(({ noun }) => noun === 'failure').value, /planted/);
  assert.equal(streams.length, 1);
  mock.timers.tick(1_000);
  await settle();
  assert.equal(streams.length, 2);
});

test('a tab that answers no call is forgotten, and one that returns is told again', () => {
  const [alive, gone] = [tab(), tab()];
  for (let n = 0; n < 6; n++) {
    mock.timers.tick(60_000);
    alive.say('here');
  }
  assert.deepEqual([alive.calls(), gone.calls()], [6, 4]);
  gone.say('here');
  mock.timers.tick(60_000);
  assert.equal(gone.calls(), 5);
});
