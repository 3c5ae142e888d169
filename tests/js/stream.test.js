import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { EventSource } from 'eventsource';
import { Ledger } from '../../static/logic/ledger.js';
import { Stream } from '../../static/wire/stream.js';

Object.assign(globalThis, { EventSource, navigator: { onLine: true } });

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
  /** @type {import('../../static/logic/ledger.js').Mark[]} */
  const marks = [];
  /** @param {import('../../static/logic/ledger.js').Mark | null} mark */
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
