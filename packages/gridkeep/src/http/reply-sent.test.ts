import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { NetworkList } from './network-list.ts';
import { createRobustServer } from './robust-server.ts';

/** More than the buffers of a connection take. */
const body = new Uint8Array(64 * 1024 * 1024);

async function serve(t: TestContext): Promise<{ port: number; sent: () => number }> {
  let sent = 0;
  const server = createRobustServer({
    log: pino({ level: 'silent' }),
    answer: () => ({ status: 200, contentType: 'text/plain', body, sent: () => (sent += 1) }),
    ...{ requestMsMax: 10_000, connectionsPerNetworkMax: 10, bodiesBytesMax: 1000 },
    uncounted: new NetworkList([]),
  });
  t.after(() => server.stop());
  return { port: await server.listen('127.0.0.1', 0), sent: () => sent };
}

test('a service hears that its reply was written', async (t) => {
  const { port, sent } = await serve(t);
  const reply = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal((await reply.arrayBuffer()).byteLength, body.byteLength);
  while (sent() === 0) await setImmediate();
  assert.equal(sent(), 1);
});

test('a service hears nothing when the client went away', async (t) => {
  const { port, sent } = await serve(t);
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  socket.resetAndDestroy();
  await once(socket, 'close');
  // What the server does for this client is done before it answers the next one.
  const reply = await fetch(`http://127.0.0.1:${port}/`);
  await reply.arrayBuffer();
  while (sent() === 0) await setImmediate();
  assert.equal(sent(), 1);
});
