import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { randomUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { liveBlobs } from '../grid-services.ts';
import { handlerIn } from '../test-support/form-client.ts';
import { strictLog } from '../test-support/garbage-forms.ts';
import { blobIdOf } from '../test-support/memory-blobs.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { bytesOf, collect, testGrid } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import { silentLog } from '../service-log.ts';
import { bakesRobust } from './bakes-robust.ts';
import { Bakes, BakeTooLargeError, bakeBytesMax } from './bakes.ts';

const html = 'text/html;charset=UTF-8';

function handlerOf({ bakes }: TestGrid, log = strictLog) {
  return handlerIn(bakesRobust(bakes, log), 'bakes');
}

forEachDatabase('bakes are kept, replaced, found by the sweep, and cleaned', async (_test, database) => {
  const grid = await testGrid(database);
  let now = 1_700_000_000_000;
  const bakes = new Bakes({ ...grid, now: () => now });
  const ids = Array.from({ length: 101 }, () => randomUuid());
  for (const id of ids) await bakes.store(id, bytesOf(id));
  const [first = randomUuid(), second = randomUuid()] = ids;
  assert.deepEqual(await bakes.find(first), bytesOf(first));
  assert.equal(await bakes.find(randomUuid()), undefined);
  await bakes.store(first, bytesOf('new'));
  assert.deepEqual(await bakes.find(first), bytesOf('new'));
  await bakes.store(second, new Uint8Array(0));
  assert.equal(await bakes.find(second), undefined);
  const expected = ['new', ...ids.slice(2)].map((text) => blobIdOf(bytesOf(text)));
  assert.deepEqual((await collect(liveBlobs(grid))).sort(), expected.sort());
  await assert.rejects(bakes.store(first, new Uint8Array(bakeBytesMax + 1)), BakeTooLargeError);
  now += 60 * 24 * 3_600_000;
  await bakes.store(first, bytesOf('later'));
  now += 40 * 24 * 3_600_000;
  assert.equal(await bakes.cleanOld(), 99);
  assert.deepEqual(await collect(bakes.liveBlobs()), [blobIdOf(bytesOf('later'))]);
});

forEachDatabase('recorded bakes are answered', async (context, database) => {
  const lack = missing('fixtures');
  if (lack !== false) return context.skip(lack);
  const handler = handlerOf(await testGrid(database));
  for (const file of ['10-client-login', '10-second-client-login', '23-rez-large-object'])
    for (const { method, path, sent, status, received, contentType } of recordedTexts(
      file,
      '/bakes/',
      'robust-private',
    )) {
      const reply = await handler(robustRequest(method, path, sent));
      assert.deepEqual([reply.status, reply.contentType, bodyText(reply)], [status, contentType, received]);
    }
});

forEachDatabase('what one region stored the next one gets', async (_test, database) => {
  const handler = handlerOf(await testGrid(database));
  const path = `/bakes/${randomUuid()}`;
  const xml = '<BakedAppearance><BakedTexture TextureIndex="8"/></BakedAppearance>';
  const get = () => handler(robustRequest('GET', path));
  const shown = async (reply: ReturnType<typeof handler>) => {
    const { status, contentType, body } = await reply;
    return [status, contentType, Buffer.from(body).toString('utf8')];
  };
  assert.deepEqual(await shown(get()), [200, html, '']);
  assert.deepEqual(await shown(handler(robustRequest('POST', path, xml))), [200, html, '']);
  assert.deepEqual(await shown(get()), [200, html, xml]);
  assert.deepEqual(await shown(handler(robustRequest('GET', `/${path.toUpperCase()}/`))), [200, html, xml]);
  for (const method of ['PUT', 'DELETE', 'HEAD', 'x'])
    assert.equal((await handler(robustRequest(method, path))).status, 405);
  for (const bad of ['/bakes', '/bakes/', '/bakes/x', '/bakes/../../etc/passwd'])
    assert.equal((await handler(robustRequest('GET', bad))).status, 404);
});

forEachDatabase('bakes answer whatever is sent', async (_test, database) => {
  const handler = handlerOf(await testGrid(database), silentLog);
  const method = fc.oneof(fc.constantFrom('GET', 'POST'), fc.string());
  const path = fc.oneof(fc.uuid(), fc.string({ unit: 'binary' })).map((id) => `/bakes/${id}`);
  await fc.assert(
    fc.asyncProperty(method, path, fc.uint8Array(), async (verb, target, body) => {
      const { status } = await handler(robustRequest(verb, target, body));
      assert.ok([200, 404, 405].includes(status), `${status}`);
    }),
  );
  const large = new Uint8Array(bakeBytesMax + 1);
  assert.equal((await handler(robustRequest('POST', `/bakes/${randomUuid()}`, large))).status, 413);
});
