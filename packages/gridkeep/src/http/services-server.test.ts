import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readStringDocument } from '@gridkeep/wire/robust/serialized';
import { writeAssetDocument } from '@gridkeep/wire/robust/asset-documents';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { basic } from '../test-support/ask.ts';
import { testInstallation } from '../test-support/installations.ts';
import { newCredential, serveGrids } from '../test-support/served-grids.ts';

function document(id: Uuid, data: Uint8Array): Uint8Array {
  return writeAssetDocument({
    ...{ fullId: id, id, name: 'a', description: '', type: 10, local: false, temporary: false },
    ...{ creatorId: '', flags: 0, data },
  });
}

test('an asset that a simulator stored comes back with exact length and type', async (t) => {
  const installation = await testInstallation(t);
  const { servicesPort: ask } = await serveGrids(t, installation);
  const authorization = await newCredential(installation, 'main', 'sim1');
  const id = randomUuid();
  const data = Buffer.from('default { }');
  const stored = await ask('/assets/', {
    method: 'POST',
    headers: { authorization, 'content-type': 'text/xml' },
    body: document(id, data),
  });
  assert.equal(stored.status, 200);
  assert.equal(readStringDocument(stored.body), id);
  for (const path of [`/assets/${id}/data`, `//assets///${id}/data`, `/assets/${id}/data?x=//y`]) {
    const got = await ask(path, { headers: { authorization, 'accept-encoding': 'gzip, br' } });
    assert.equal(got.status, 200, path);
    assert.deepEqual(got.body, data);
    assert.equal(got.headers['content-length'], String(data.length));
    assert.equal(got.headers['content-type'], 'application/octet-stream');
    assert.equal(got.headers['transfer-encoding'], undefined);
    assert.equal(got.headers['content-encoding'], undefined);
  }
  const missing = await ask(`/assets/${randomUuid()}/data`, { headers: { authorization } });
  assert.equal(missing.status, 404);
  assert.equal(missing.headers['content-length'], '0');
});

test('without a right credential nothing is answered but 401', async (t) => {
  const installation = await testInstallation(t);
  const { servicesPort: ask } = await serveGrids(t, installation);
  const authorization = await newCredential(installation, 'main', 'sim1');
  const wrong = `Basic ${Buffer.from('sim1:wrong').toString('base64')}`;
  for (const headers of [{}, { authorization: wrong }, { authorization: 'Bearer x' }]) {
    const reply = await ask('/get_assets_exist', { method: 'POST', headers, body: Buffer.alloc(100_000) });
    assert.equal(reply.status, 401);
    assert.equal(reply.headers['www-authenticate'], 'Basic realm = "Asset Server"');
    assert.equal(reply.body.length, 0);
  }
  assert.equal((await ask('/assets', { headers: { authorization } })).status, 200);
  await installation.tenants.revokeSimulator((await installation.tenants.tenant('main')).grid.slug, 'sim1');
  assert.equal((await ask('/assets', { headers: { authorization } })).status, 401);
});

test('scripts in the world are kept out whatever they know', async (t) => {
  const installation = await testInstallation(t);
  const { servicesPort: ask } = await serveGrids(t, installation);
  const authorization = await newCredential(installation, 'main', 'sim1');
  const headers = { authorization, 'X-SecondLife-Shard': 'OpenSim' };
  assert.equal((await ask('/assets', { headers })).status, 403);
});

test('bodies have a limit, announced or not', async (t) => {
  const installation = await testInstallation(t);
  const { servicesPort: ask } = await serveGrids(t, installation);
  const authorization = await newCredential(installation, 'main', 'sim1');
  const announced = await ask('/assets', {
    method: 'POST',
    headers: { authorization, 'content-length': String(25 * 1024 * 1024) },
  }).catch(() => undefined);
  assert.ok(announced === undefined || announced.status === 413);
  const chunked = await ask('/assets', {
    method: 'POST',
    headers: { authorization, 'transfer-encoding': 'chunked' },
    body: Buffer.alloc(25 * 1024 * 1024),
  }).catch(() => undefined);
  assert.ok(chunked === undefined || chunked.status === 413);
  assert.equal((await ask('/assets', { headers: { authorization } })).status, 200);
});

test('grids on one port do not see each other, not even under the same asset id', async (t) => {
  const installation = await testInstallation(t, ['one', 'two']);
  const { servicesPort: ask } = await serveGrids(t, installation);
  const one = await newCredential(installation, 'one', 'sim-of-one');
  const two = await newCredential(installation, 'two', 'sim-of-two');
  const id = parseUuid('11111111-1111-0000-0000-000100bba000');
  const post = (authorization: string, data: string) =>
    ask('/assets', { method: 'POST', headers: { authorization }, body: document(id, Buffer.from(data)) });
  const get = async (authorization: string) => ask(`/assets/${id}/data`, { headers: { authorization } });

  assert.equal((await post(one, 'of one')).status, 200);
  assert.equal((await get(two)).status, 404);
  assert.equal((await post(two, 'of two')).status, 200);
  assert.equal((await get(one)).body.toString(), 'of one');
  assert.equal((await get(two)).body.toString(), 'of two');

  // The same bytes in both grids are stored once, and still are only where they were put.
  const shared = randomUuid();
  const before = (await installation.blobs.stats()).blobs;
  const asked = {
    method: 'POST',
    headers: { authorization: one },
    body: document(shared, Buffer.from('of two')),
  };
  assert.equal((await ask('/assets', asked)).status, 200);
  assert.equal((await installation.blobs.stats()).blobs, before);
  assert.equal((await ask(`/assets/${shared}`, { headers: { authorization: two } })).status, 404);
});

test('addresses outside of the allowed networks get nothing, whatever they know', async (t) => {
  const installation = await testInstallation(t);
  const simulatorAddresses = ['127.0.0.8/29', '2001:db8::/32'];
  const { servicesPort: ask } = await serveGrids(t, installation, { simulatorAddresses });
  const authorization = await newCredential(installation, 'main', 'sim1');
  assert.equal((await ask('/assets', { headers: { authorization }, from: '127.0.0.9' })).status, 200);
  assert.equal((await ask('/assets', { headers: { authorization }, from: '127.0.0.16' })).status, 403);
  assert.equal((await ask('/assets', { from: '127.0.0.16' })).status, 403);
});

test('it is known from where a simulator asked, until its credential ends', async (t) => {
  const installation = await testInstallation(t, ['one', 'two']);
  const { tenants } = installation;
  const { servicesPort: ask } = await serveGrids(t, installation);
  const authorization = await newCredential(installation, 'one', 'sim1');
  const { grid } = await tenants.tenant('one');
  const known = async (slug: string, address: string) =>
    tenants.simulatorAddresses.isOf(slug, address, { open: false });
  assert.equal(await known('one', '127.0.0.5'), false);
  await ask('/assets', { headers: { authorization }, from: '127.0.0.5' });
  await ask('/assets', { headers: { authorization: basic('sim1', 'wrong') }, from: '127.0.0.6' });
  assert.equal(await known('one', '127.0.0.5'), true);
  assert.equal(await known('two', '127.0.0.5'), false);
  assert.equal(await known('one', '127.0.0.6'), false);
  assert.deepEqual(
    (await tenants.simulatorAddresses.list(grid.slug)).map(({ name, address }) => [name, address]),
    [['sim1', '127.0.0.5']],
  );
  await tenants.revokeSimulator(grid.slug, 'sim1');
  assert.equal(await known('one', '127.0.0.5'), false);
  assert.deepEqual(await tenants.simulatorAddresses.list(grid.slug), []);
});

test('in open mode the Host header names the grid, and a wrong credential is still refused', async (t) => {
  const installation = await testInstallation(t, []);
  const { tenants } = installation;
  for (const slug of ['one', 'two']) await tenants.create({ slug, hostnames: [`${slug}.example.org`] });
  const { servicesPort: ask } = await serveGrids(t, installation, { servicesAccess: 'open' });
  const id = randomUuid();
  const host = 'ONE.example.org:8003';
  const stored = await ask('/assets', {
    method: 'POST',
    headers: { host },
    body: document(id, Buffer.from('a')),
  });
  assert.equal(stored.status, 200);
  assert.equal((await ask(`/assets/${id}/data`, { headers: { host } })).body.toString(), 'a');
  assert.equal((await ask(`/assets/${id}/data`, { headers: { host: 'two.example.org' } })).status, 404);
  assert.equal((await ask('/assets', { headers: { host: 'three.example.org' } })).status, 404);
  assert.equal((await ask('/assets', { headers: { host, authorization: 'Basic eDp5' } })).status, 401);
  const of = (slug: string, open: boolean) => tenants.simulatorAddresses.isOf(slug, '127.0.0.1', { open });
  assert.deepEqual([await of('one', true), await of('one', false)], [true, false]);
});

test('a map tile is removed without a credential from where a simulator is known, and only then', async (t) => {
  const installation = await testInstallation(t, ['one', 'two']);
  const { servicesPort: ask } = await serveGrids(t, installation);
  const authorization = await newCredential(installation, 'one', 'sim1');
  const remove = (path: string, from: string) =>
    ask(path, { method: 'POST', body: 'X=1000&Y=1000&SCOPE=00000000-0000-0000-0000-000000000000', from });
  assert.equal((await remove('/map', '127.0.0.5')).status, 401);
  await ask('/assets', { headers: { authorization }, from: '127.0.0.5' });
  for (const path of ['/map', '//map/', '/removemap']) {
    const reply = await remove(path, '127.0.0.5');
    assert.equal(reply.status, 200, path);
    assert.match(reply.body.toString(), /<Result>Success<\/Result>/);
  }
  assert.equal((await remove('/map', '127.0.0.6')).status, 401);
  const upload = { method: 'POST', body: 'X=1000&Y=1000&DATA=AAAAAAAAAAAAAAAA', from: '127.0.0.5' };
  assert.equal((await ask('/map', upload)).status, 401);
  const other = { method: 'POST', body: 'METHOD=get_default_regions', from: '127.0.0.5' };
  assert.equal((await ask('/grid', other)).status, 401);
});
