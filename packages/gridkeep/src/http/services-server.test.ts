import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readStringDocument } from '@gridkeep/wire/robust/serialized';
import { writeAssetDocument } from '@gridkeep/wire/robust/asset-documents';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { pino } from 'pino';
import type { Installation } from '../installation/installation.ts';
import { gridPorts } from '../server/grid-ports.ts';
import { testInstallation } from '../test-support/installations.ts';

const log = pino({ level: 'silent' });

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

type Ask = (path: string, asked?: Asked) => Promise<Reply>;

async function serve(t: TestContext, installation: Installation): Promise<Ask> {
  const { servicesServer } = gridPorts(installation, log);
  const port = await servicesServer.listen('127.0.0.1', 0);
  t.after(() => servicesServer.stop());
  return (path, { method = 'GET', headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port, path, method, headers, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks),
            }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
}

async function credential(installation: Installation, grid: string, name: string): Promise<string> {
  const tenant = await installation.tenants.tenant(grid);
  const { secret } = await installation.tenants.simulators.add(tenant.grid.slug, name);
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
}

function document(id: Uuid, data: Uint8Array): Uint8Array {
  return writeAssetDocument({
    ...{ fullId: id, id, name: 'a', description: '', type: 10, local: false, temporary: false },
    ...{ creatorId: '', flags: 0, data },
  });
}

test('an asset that a simulator stored comes back with exact length and type', async (t) => {
  const installation = await testInstallation(t);
  const ask = await serve(t, installation);
  const authorization = await credential(installation, 'main', 'sim1');
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
  const ask = await serve(t, installation);
  const authorization = await credential(installation, 'main', 'sim1');
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
  const ask = await serve(t, installation);
  const authorization = await credential(installation, 'main', 'sim1');
  const headers = { authorization, 'X-SecondLife-Shard': 'OpenSim' };
  assert.equal((await ask('/assets', { headers })).status, 403);
});

test('bodies have a limit, announced or not', async (t) => {
  const installation = await testInstallation(t);
  const ask = await serve(t, installation);
  const authorization = await credential(installation, 'main', 'sim1');
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
  const ask = await serve(t, installation);
  const one = await credential(installation, 'one', 'sim-of-one');
  const two = await credential(installation, 'two', 'sim-of-two');
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
