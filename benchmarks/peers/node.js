// A broadcast server as tutorials write it: a list of responses, and a loop over it.
// node node.js PORT
import http from 'node:http';

const clients = new Set();

const server = http.createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      Connection: 'keep-alive',
    });
    response.flushHeaders();
    clients.add(response);
    request.on('close', () => clients.delete(response));
    return;
  }
  let body = '';
  request.on('data', (part) => {
    body += part;
  });
  request.on('end', () => {
    for (const client of clients) {
      client.write(`data: ${body}\n\n`);
    }
    response.writeHead(201, { 'Content-Type': 'application/json' });
    response.end('{"status":"ok"}');
  });
});

// Node's default backlog is 511: a burst of 5,000 would measure the retries of the kernel, not the server.
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 65535 });
