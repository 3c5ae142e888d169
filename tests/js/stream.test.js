import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { EventSource } from 'eventsource';
import { Ledger } from '../../static/stream/continuity.js';
import { Stream } from '../../static/stream/eventsource.js';

// A browser has both, and node may have the second as it likes.
Object.assign(globalThis, { EventSource });
Object.defineProperty(globalThis, 'navigator', { value: { onLine: true }, configurable: true });

/** One event as it is sent. @param {string} name @param {object} value @param {string} [id] */
const event = (name, value, id) =>
  `event: ${name}\n${id ? `id: ${id}\n` : ''}data: ${JSON.stringify(value)}\n\n`;

/**
 * A stream that is cut once, and what the ledger says of it.
 * @param {string} first what the server says before the cut @param {string} then and to who comes back
 */
async function rowsAfterLoss(first, then) {
  const said = [first, then];
  const server = createServer((_, answer) => {
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' });
    answer.write(said.shift() ?? '');
    // Only the first is cut, and in one piece with what it said.
    if (said.length > 0) answer.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const ledger = new Ledger(0);
  /** @type {import('../../static/stream/continuity.js').Mark[]} */
  const marks = [];
  /** @param {import('../../static/stream/continuity.js').Mark | null} mark */
  const keep = (mark) => mark && marks.push(mark);
  await new Promise((done) => {
    const stream = new Stream({
      path: `http://127.0.0.1:${port}/events`,
      heartbeat: 60_000,
      listener: {
        message: (id) => keep(ledger.take(id, 1).mark),
        event: (name, value) => name === 'gap' && keep(ledger.gap(value, 1)),
        state({ phase }) {
          if (phase !== 'live' || said.length > 0) return;
          // Its turn is over by then, and with it whatever else it had to say.
          setImmediate(() => {
            stream.rest();
            done(undefined);
          });
        },
        lost: (reason) => ledger.lost(1, reason),
        restored: () => keep(ledger.restored(1)),
      },
    });
    stream.run();
  });
  server.closeAllConnections();
  server.close();
  return marks.map(({ mark, missing }) => [mark, missing]);
}

test('what is gone for good is counted before the loss is told', async () => {
  const before = event('heartbeat', { head: '7-1' }) + event('message', {}, '7-1');
  const after = (/** @type {string} */ head, /** @type {object} */ gap) =>
    event('heartbeat', { head }) + event('gap', gap);
  const expired = { after: '7-1', before: '7-39', missing: 37, reason: 'expired' };
  assert.deepEqual(await rowsAfterLoss(before, after('7-38', expired)), [
    ['gap', 37],
    ['loss', 37],
  ]);
  const replaced = { after: '7-1', before: '8-1', missing: null, reason: 'new_log' };
  assert.deepEqual(await rowsAfterLoss(before, after('8-0', replaced)), [
    ['gap', null],
    ['loss', null],
  ]);
});

/** A stream that runs, and what it says. @param {string} path */
function running(path) {
  /** @type {{name: string, value: any}[]} */
  const said = [];
  /** @type {(() => void)[]} */
  const waiting = [];
  /** @param {string} name */
  const note =
    (name) =>
    (/** @type {any[]} */ ...value) => {
      said.push({ name, value });
      for (const wake of waiting.splice(0)) wake();
    };
  const stream = new Stream({
    path,
    heartbeat: 15_000,
    listener: {
      message: note('message'),
      event: note('event'),
      state: note('state'),
      lost: note('lost'),
      restored: note('restored'),
    },
  });
  stream.run();
  /** The first that fits, once it is said. @param {(each: {name: string, value: any}) => boolean} fits */
  async function until(fits) {
    for (;;) {
      const found = said.find(fits);
      if (found) return found.value;
      await new Promise((resolve) => waiting.push(() => resolve(null)));
    }
  }
  /** It has no end; at rest nothing of it keeps this process from ending. */
  async function rest() {
    await until(() => stream.state.phase === 'live');
    stream.rest();
  }
  return { stream, until, rest };
}

/** A server, and a test that needs one. @param {(server: import('node:http').Server, path: string) => Promise<void>} use */
async function serving(use) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await use(server, `http://127.0.0.1:${port}/events`);
  server.closeAllConnections();
  server.close();
}

/** The next stream that is opened, with its first heartbeat said. @param {import('node:http').Server} server */
async function opened(server) {
  const [, response] = await once(server, 'request');
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.write(event('heartbeat', { head: '7-0' }));
  return response;
}

test('what is lost while a device slept is lost since the last word, not since it woke', () =>
  serving(async (server, path) => {
    const open = opened(server);
    const { stream, until, rest } = running(path);
    const response = await open;
    await until(({ name, value }) => name === 'state' && value[0].phase === 'live');
    const { heard } = stream.state;
    const { now } = Date;
    const again = opened(server);
    Date.now = () => now() + 9 * 3_600_000;
    response.destroy();
    const [reason, at] = await until(({ name }) => name === 'lost');
    Date.now = now;
    assert.deepEqual([reason, at], ['', heard]);
    await again;
    await rest();
  }));

test('a stream that an operator ended is not opened by whoever looks again', () =>
  serving(async (server, path) => {
    const open = opened(server);
    const { stream, until, rest } = running(path);
    const response = await open;
    response.write(event('bye', { reason: 'disconnected' }));
    await until(({ name, value }) => name === 'state' && value[0].phase === 'disconnected');
    await new Promise(setImmediate);
    const { attempt } = stream.state;
    stream.rest();
    stream.nudge();
    await new Promise(setImmediate);
    assert.deepEqual([stream.state.phase, stream.state.attempt], ['disconnected', attempt]);
    const again = opened(server);
    stream.reconnect();
    await again;
    await rest();
  }));
