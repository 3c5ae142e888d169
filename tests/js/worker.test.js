import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { EventSource } from 'eventsource';
import { attach } from '../../static/stream/worker.js';

// A browser has both, and node may have the second as it likes.
Object.assign(globalThis, { EventSource });
Object.defineProperty(globalThis, 'navigator', { value: { onLine: true }, configurable: true });
// The worker lives as long as its browser; this process ends when its test is done.
const { setInterval } = globalThis;
Object.assign(globalThis, {
  setInterval: (/** @type {() => void} */ run, /** @type {number} */ ms) => setInterval(run, ms).unref(),
});

const HOUR = 3_600_000;

/** A tab, and the first thing that fits of what it hears. @param {string} path */
function tab(path) {
  const { port1, port2 } = new MessageChannel();
  /** @type {any[]} */
  const said = [];
  let wake = () => {};
  port2.onmessage = ({ data }) => {
    said.push(data);
    wake();
  };
  attach(port1, { path, heartbeat: 100 * HOUR, alone: false });
  /** @param {(each: any) => boolean} fits */
  async function heard(fits) {
    for (;;) {
      const found = said.find(fits);
      if (found) return found;
      await new Promise((resolve) => {
        wake = () => resolve(null);
      });
    }
  }
  return { heard, close: () => port2.close() };
}

test('a tab is told when the last word came, however long nothing else has changed', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const path = `http://127.0.0.1:${port}/events`;
  const first = tab(path);
  const [, response] = await once(server, 'request');
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.write('event: heartbeat\ndata: {"head": "7-0"}\n\n');
  await first.heard(({ noun, value }) => noun === 'link' && value.phase === 'live');
  const { now } = Date;
  const later = now() + HOUR;
  Date.now = () => now() + HOUR;
  response.write('id: 7-1\ndata: {"id": "7-1"}\n\n');
  const { heard } = await first.heard(({ batch }) => batch?.includes('7-1'));
  assert.ok(heard >= later);
  const second = tab(path);
  const { value: link } = await second.heard(({ noun }) => noun === 'link');
  assert.deepEqual([link.phase, link.heard >= later], ['live', true]);
  // Notices of the server: the last of each kind, for this tab and for one that comes later.
  for (const [kind, text] of [
    ['refused', '1 publisher'],
    ['refused', '2 publishers'],
    ['will_delete', '9 messages'],
  ])
    response.write(`event: notice\ndata: ${JSON.stringify({ kind, text })}\n\n`);
  const told = (/** @type {any} */ { noun, value }) => noun === 'notices' && value.will_delete && value;
  const texts = (/** @type {any} */ { value }) => [value.refused.text, value.will_delete.text];
  assert.deepEqual(texts(await second.heard(told)), ['2 publishers', '9 messages']);
  const third = tab(path);
  assert.deepEqual(texts(await third.heard(told)), ['2 publishers', '9 messages']);
  // A new stream is told what still stands.
  response.write('event: heartbeat\ndata: {"head": "7-1", "version": "1"}\n\n');
  await third.heard(({ noun, value }) => noun === 'notices' && !value.will_delete);
  // An operator ended it: it is not opened again.
  response.write('event: bye\ndata: {"reason": "disconnected"}\n\n');
  await second.heard(({ noun, value }) => noun === 'link' && value.phase === 'disconnected');
  Date.now = now;
  for (const each of [first, second, third]) each.close();
  server.closeAllConnections();
  server.close();
});
