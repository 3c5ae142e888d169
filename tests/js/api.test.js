import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import {
  ApiError,
  deleteConnection,
  readConnections,
  readHistory,
  sendMessage,
} from '../../static/stream/api.js';

/** What is answered next. @type {import('node:http').RequestListener} */
let answers = () => {};
const server = createServer((request, response) => answers(request, response));
const { fetch } = globalThis;

before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  // Addresses of the page are relative; here there is no page.
  globalThis.fetch = (path, init) => fetch(`http://127.0.0.1:${port}/${path}`, init);
});

after(() => {
  globalThis.fetch = fetch;
  server.closeAllConnections();
  server.close();
});

const asked = () => readHistory(new URLSearchParams());

test('an answer that is cut off is none, whatever its status said', async () => {
  answers = (_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1000 });
    response.write('{"messages": [', () => response.destroy());
  };
  await assert.rejects(asked, ApiError);
});

test('connections are read page by page, as many as are wanted', async () => {
  /** @type {(string | undefined)[]} */
  const paths = [];
  answers = ({ url }, response) => {
    paths.push(url);
    const [connections, next] = url === '/connections' ? [['a', 'b'], 'b'] : [['c'], null];
    response.end(JSON.stringify({ connections, count: 3, next }));
  };
  assert.deepEqual(await readConnections(1), { connections: ['a', 'b'], count: 3 });
  assert.deepEqual(await readConnections(5), { connections: ['a', 'b', 'c'], count: 3 });
  assert.deepEqual(paths, ['/connections', '/connections', '/connections?after=b']);
});

test('a page to sign in on is no answer', async () => {
  answers = (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Sign in</h1>');
  await assert.rejects(
    asked,
    (error) => error instanceof ApiError && error.message === 'the answer is cut off or not the server’s',
  );
});

test('what the server refuses is told in its words', async () => {
  answers = (_, response) =>
    response
      .writeHead(429, { 'Retry-After': '3' })
      .end('{"error": {"code": "full", "message": "too many", "hint": "wait"}}');
  await assert.rejects(asked, { code: 'full', message: 'too many', hint: 'wait', wait: 3000 });
});

test('data is sent as it was written, with every digit of a number', async () => {
  /** @type {string[]} */
  const bodies = [];
  answers = async (request, response) => {
    bodies.push((await request.setEncoding('utf8').toArray()).join(''));
    response.end('{"id": "7-1"}');
  };
  const data = ' {"trace": 1795400000123456789, "share": 0.10} ';
  await sendMessage({ topic: 'demo', level: 'info', text: 'a "b"', data, key: 'one' });
  const [body = ''] = bodies;
  assert.ok(body.includes(data), body);
  const { topic, level, source, message } = JSON.parse(body);
  assert.deepEqual([topic, level, source, message], ['demo', 'info', 'page', 'a "b"']);
});

test('an answer that is empty on purpose is one', async () => {
  answers = (_, response) => response.writeHead(204).end();
  assert.equal(await deleteConnection('7'), null);
});
