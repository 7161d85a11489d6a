import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readXmlRpcResponse } from '@gridkeep/wire/xmlrpc/reader';
import { isXmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import { writeXmlRpcRequest } from '@gridkeep/wire/xmlrpc/writer';
import type { Reply } from '../test-support/ask.ts';
import { testInstallation } from '../test-support/installations.ts';
import { serveGrids } from '../test-support/served-grids.ts';

function call(method: string): string {
  return writeXmlRpcRequest({ method, parameters: [new Map()] });
}

const xml = { 'content-type': 'text/xml' };

function memberOf(reply: Reply, name: string): unknown {
  const response = readXmlRpcResponse(reply.body);
  return response.kind === 'value' && isXmlRpcStruct(response.value) ? response.value.get(name) : undefined;
}

function faultOf(reply: Reply): readonly [number, string] | undefined {
  const response = readXmlRpcResponse(reply.body);
  return response.kind === 'fault' ? [response.fault.code, response.fault.text] : undefined;
}

test('XML-RPC is answered as OpenSimulator answers it', async (t) => {
  const { publicPort: ask } = await serveGrids(t, await testInstallation(t));
  const body = call('get_grid_info');
  for (const headers of [xml, {}, { 'content-type': 'text/plain' }]) {
    const reply = await ask('/', { method: 'POST', headers, body });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-type'], 'text/xml');
    assert.equal(reply.headers['access-control-allow-origin'], '*');
    assert.equal(reply.headers.connection, 'close');
    assert.equal(reply.headers['content-length'], String(reply.body.byteLength));
    assert.equal(memberOf(reply, 'gridnick'), 'main');
  }
  const unknown = await ask('/', { method: 'POST', headers: xml, body: call('no_such_<method>') });
  assert.equal(unknown.status, 200);
  assert.equal(unknown.headers['access-control-allow-origin'], undefined);
  assert.deepEqual(faultOf(unknown), [-32601, 'Requested method [no_such_<method>] not found']);
});

test('a compressed call is unpacked, within limits', async (t) => {
  const { publicPort: ask } = await serveGrids(t, await testInstallation(t));
  const body = gzipSync(call('get_grid_info'));
  for (const headers of [
    { ...xml, 'content-encoding': 'gzip' },
    { ...xml, 'x-content-encoding': 'gzip' },
    { 'content-type': 'application/x-gzip' },
  ])
    assert.equal(memberOf(await ask('/', { method: 'POST', headers, body }), 'gridnick'), 'main');
  const headers = { ...xml, 'content-encoding': 'gzip' };
  const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024, ' '));
  for (const bad of [bomb, Buffer.from('no gzip'), body.subarray(0, 20)])
    assert.equal((await ask('/', { method: 'POST', headers, body: bad })).status, 404);
});

test('what is no call gets 404', async (t) => {
  const { publicPort: ask } = await serveGrids(t, await testInstallation(t));
  for (const body of ['', 'x', '<a/>', '<methodCall/>', '\0'])
    assert.equal((await ask('/', { method: 'POST', headers: xml, body })).status, 404, body);
  const root = await ask('/');
  assert.equal(root.status, 404);
  assert.equal(root.headers['content-type'], 'text/html;charset=UTF-8');
  assert.equal(root.body.byteLength, 0);
  const page = await ask('/nothing');
  assert.equal(page.status, 404);
  assert.equal(page.headers['content-type'], 'text/html');
  assert.equal(page.headers.connection, 'close');
  assert.match(page.body.toString(), /nothing at this address/);
  assert.equal((await ask('/grid', { method: 'POST', body: 'METHOD=get_default_regions' })).status, 404);
  assert.equal((await ask('/presence', { method: 'POST', body: 'METHOD=getagents' })).status, 404);
});

test('browsers may ask from other sites', async (t) => {
  const { publicPort: ask } = await serveGrids(t, await testInstallation(t));
  const reply = await ask('/anything', { method: 'OPTIONS' });
  assert.equal(reply.status, 200);
  assert.equal(reply.headers['access-control-allow-methods'], 'GET, POST, DELETE, PUT, OPTIONS');
  assert.equal(reply.headers['access-control-allow-headers'], 'Content-Type');
});

test('JSON-RPC has an envelope, one call at a time', async (t) => {
  const { publicPort: ask } = await serveGrids(t, await testInstallation(t));
  const rpc = async (body: string) => {
    const headers = { 'content-type': 'application/json-rpc' };
    const reply = await ask('/', { method: 'POST', headers, body });
    assert.equal(reply.status, 200);
    const document: unknown = JSON.parse(reply.body.toString());
    return document;
  };
  const error = (id: string | null, message: string, code = -32600) => ({
    error: { code, message },
    ...{ id, jsonrpc: '2.0' },
  });
  const noRequest = error(null, 'not a JSON-RPC 2.0 request');
  for (const body of ['{', '[]', '[{"jsonrpc":"2.0","id":"1","method":"x"}]', 'null', '1', '{}'])
    assert.deepEqual(await rpc(body), noRequest, body);
  assert.deepEqual(await rpc(`{"jsonrpc":"2.0","method":"x"}`), noRequest);
  assert.deepEqual(await rpc(`{"jsonrpc":"2.0","id":"1","params":${'['.repeat(50_000)}`), noRequest);
  assert.deepEqual(
    await rpc(`{"jsonrpc":"2.0","id":"1","method":"x","params":{}}`),
    error('1', 'there is no such method'),
  );
  assert.deepEqual(
    await rpc(`{"jsonrpc":"2.0","id":"1","method":"__proto__","params":{}}`),
    error('1', 'there is no such method'),
  );
});

test('the name in the address decides between grids, and a call without one is told so', async (t) => {
  const installation = await testInstallation(t, []);
  const { tenants } = installation;
  for (const slug of ['one', 'two']) await tenants.create({ slug, hostnames: [`${slug}.example.org`] });
  const { publicPort: ask } = await serveGrids(t, installation);
  const info = (host: string) =>
    ask('/', { method: 'POST', headers: { ...xml, host }, body: call('get_grid_info') });
  assert.equal(memberOf(await info('two.example.org:8002'), 'gridnick'), 'two');
  assert.equal(memberOf(await info('ONE.EXAMPLE.ORG'), 'gridnick'), 'one');
  assert.match(faultOf(await info('other.example.org'))?.[1] ?? '', /none of this name/);
  assert.equal((await ask('/get_grid_info', { headers: { host: 'other.example.org' } })).status, 404);

  // A running server follows changes at once.
  await tenants.update('two', { hostnames: ['new.example.org'], name: 'Second' });
  assert.equal(memberOf(await info('new.example.org'), 'gridname'), 'Second');
  assert.notEqual(faultOf(await info('two.example.org')), undefined);
  assert.equal((await tenants.tenant('two')).grid.name, 'Second');
  await assert.rejects(tenants.update('two', { hostnames: ['one.example.org'] }), /belongs to grid "one"/);
});

test('bodies have a limit', async (t) => {
  const { publicPort: ask } = await serveGrids(t, await testInstallation(t));
  const body = Buffer.alloc(2 * 1024 * 1024, ' ');
  const announced = await ask('/', { method: 'POST', headers: xml, body }).catch(() => undefined);
  assert.ok(announced === undefined || announced.status === 413);
  const headers = { ...xml, 'transfer-encoding': 'chunked' };
  const chunked = await ask('/', { method: 'POST', headers, body }).catch(() => undefined);
  assert.ok(chunked === undefined || chunked.status === 413);
  assert.equal((await ask('/get_grid_info')).status, 200);
});
