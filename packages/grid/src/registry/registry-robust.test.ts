import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedExchanges } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { readForm, writeForm } from '@gridkeep/wire/robust/form';
import { readReply } from '@gridkeep/wire/robust/reply';
import type { ReadReply, ReadReplyValue } from '@gridkeep/wire/robust/reply';
import { parseUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { GridInfo } from '../gridinfo/grid-info.ts';
import { OwnAddress } from '../own-address.ts';
import type { RobustHandler } from '../robust-http.ts';
import { silentLog } from '../service-log.ts';
import { PublicAddress } from '../settings/public-address.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { testGrid } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import { operatorFlagNames } from './registered-region.ts';
import { registryRobust } from './registry-robust.ts';
import { testRegistration, testSimulator } from './test-support.ts';

const address = { name: 'Sample Grid', nick: 'samplegrid', publicUrl: 'http://127.0.0.1:8002/' };

function handlerOf({ registry, settings }: TestGrid): RobustHandler {
  const info = new GridInfo({ settings, address: () => address });
  const own = new OwnAddress(settings, new PublicAddress(settings, () => address.publicUrl));
  return registryRobust({ registry, info, own, log: silentLog }).get('grid') ?? assert.fail();
}

async function ask(handle: RobustHandler, fields: Readonly<Record<string, string>>): Promise<ReadReply> {
  const reply = await handle(robustRequest('POST', '/grid', writeForm(Object.entries(fields))));
  assert.equal(reply.status, 200);
  assert.equal(reply.contentType, 'application/xml');
  return readReply(bodyText(reply));
}

const recordings = [
  '01-region-restart',
  '02-bots-login-logout',
  '03-region-stop',
  '10-client-login',
  '10-search-map-names',
  '21-two-region-start',
  '22-var-region-start',
  '23-rez-large-object',
  '24-teleport-back',
  '25-two-region-stop',
  '31-load-oar',
  '34-load-oar-var-merge',
];

for (const file of missing('fixtures') === false ? recordings : [])
  forEachDatabase(`${file} is answered byte for byte`, async (_, database) => {
    const grid = await testGrid(database);
    const exchanges = recordedExchanges(file, /^\/grid$/, 'robust-private');
    // Whatever is not registered in the recording was before it.
    const started = new Set(exchanges.map(({ sent }) => readForm(sent).text('uuid')));
    for (const record of exchanges.flatMap(({ received }) => [
      ...regionRecords(readReply(received.toString())),
    ]))
      if (!started.has(text(record, 'uuid'))) await put(grid, record);
    for (const { sent } of exchanges) {
      const form = readForm(sent);
      const id = form.text('REGIONID');
      if (
        form.text('METHOD') === 'deregister' &&
        id !== undefined &&
        (await grid.registry.find(parseUuid(id))) === undefined
      )
        await grid.registry.register(
          testRegistration(`stops ${id}`, 2000 + started.size, 2000, { id: parseUuid(id) }),
          { simulator: 'test', address: '' },
        );
      started.add(id);
    }
    const handle = handlerOf(grid);
    for (const { sent, received, status, contentType } of exchanges) {
      const form = readForm(sent);
      if (form.text('METHOD') === 'get_region_flags')
        await grid.registry.setFlags(form.text('REGIONID') ?? '', {
          set: operatorFlagNames(Number(text(readReply(received.toString()), 'result'))),
        });
      const reply = await handle(robustRequest('POST', '/grid', sent));
      assert.equal(bodyText(reply), received.toString('utf8'));
      assert.equal(reply.status, status);
      assert.equal(reply.contentType, contentType);
    }
  });

function* regionRecords(value: ReadReplyValue): Generator<ReadReply> {
  if (typeof value === 'string') return;
  if (value.has('locX')) yield value;
  else for (const member of value.values()) yield* regionRecords(member);
}

function text(reply: ReadReply, key: string): string {
  const value = reply.get(key);
  return typeof value === 'string' ? value : '';
}

async function put({ registry }: TestGrid, record: ReadReply): Promise<void> {
  const id = parseUuid(text(record, 'uuid'));
  await registry.register(
    {
      id,
      name: text(record, 'regionName'),
      x: Number(text(record, 'locX')),
      y: Number(text(record, 'locY')),
      sizeX: Number(text(record, 'sizeX')),
      sizeY: Number(text(record, 'sizeY')),
      serverHost: text(record, 'serverIP'),
      httpPort: Number(text(record, 'serverHttpPort')),
      serverUri: text(record, 'serverURI'),
      udpPort: Number(text(record, 'serverPort')),
      mapTexture: parseUuid(text(record, 'regionMapTexture')),
      parcelTexture: parseUuid(text(record, 'parcelMapTexture')),
      access: Number(text(record, 'access')),
      secret: text(record, 'regionSecret'),
      ownerId: parseUuid(text(record, 'owner_uuid')),
      token: text(record, 'Token'),
    },
    { simulator: 'test', address: '' },
  );
  await registry.setFlags(id, { set: operatorFlagNames(Number(text(record, 'flags'))) });
}

forEachDatabase('a refusal tells the simulator why', async (_, database) => {
  const grid = await testGrid(database);
  const handle = handlerOf(grid);
  await grid.registry.register(testRegistration('Plaza', 1000, 1000), testSimulator);
  const fields = {
    METHOD: 'register',
    uuid: '7f0b3d52-91c4-4d4a-a0b7-3f2d8c5e1a01',
    regionName: 'New',
    locX: '256000',
    locY: '256000',
    serverIP: '127.0.0.1',
    serverHttpPort: '9010',
    serverPort: '9010',
    VERSIONMIN: '1',
    VERSIONMAX: '1',
  };
  const refused = await ask(handle, fields);
  assert.equal(refused.get('Result'), 'Failure');
  assert.match(text(refused, 'Message'), /Plaza/);
  assert.match(
    text(await ask(handle, { ...fields, VERSIONMIN: '2', VERSIONMAX: '3' }), 'Message'),
    /version/,
  );
  assert.match(text(await ask(handle, { ...fields, locX: 'x' }), 'Message'), /locX/);
  const moved = { ...fields, locX: '256256' };
  assert.equal((await ask(handle, moved)).get('Result'), 'Success');
  const found = await ask(handle, { METHOD: 'get_region_by_name', NAME: '127.0.0.1:8002/new' });
  const [record] = regionRecords(found);
  assert.equal(record?.get('serverURI'), 'http://127.0.0.1:9010/');
  assert.equal(record.get('sizeY'), '256');
  assert.equal((await ask(handle, { METHOD: 'get_region_flags', REGIONID: 'no id' })).get('result'), '-1');
  assert.equal((await ask(handle, { METHOD: 'get_localregion_by_name', NAME: 'x' })).get('result'), 'null');
  for (const method of [
    'get_default_regions',
    'get_default_hypergrid_regions',
    'get_fallback_regions',
    'get_hyperlinks',
  ])
    assert.equal((await ask(handle, { METHOD: method })).get('result'), 'null');
  assert.deepEqual(
    [...(await ask(handle, { METHOD: 'get_online_regions', MC: '5' })).keys()],
    ['region0', 'region1'],
  );
  assert.equal((await ask(handle, { METHOD: 'get_online_regions', MC: '-5' })).get('result'), 'null');
  assert.deepEqual(
    await ask(handle, { METHOD: 'deregister' }),
    new Map([
      ['Result', 'Failure'],
      ['Message', ''],
    ]),
  );
});

forEachDatabase('whatever is sent gets an answer', async (_, database) => {
  const handle = handlerOf(await testGrid(database));
  const methods = fc.constantFrom(
    ...['register', 'deregister', 'get_neighbours', 'get_region_by_uuid', 'get_region_by_position'],
    ...['get_region_by_name', 'get_regions_by_name', 'get_region_range', 'get_fallback_regions'],
    ...['get_online_regions', 'get_region_flags', 'get_grid_extra_features', '', 'nonsense', '__proto__'],
  );
  const keys = fc.constantFrom(
    ...['uuid', 'locX', 'locY', 'sizeX', 'sizeY', 'regionName', 'serverIP', 'serverHttpPort', 'serverURI'],
    ...['serverPort', 'access', 'REGIONID', 'NAME', 'MAX', 'X', 'Y', 'XMIN', 'XMAX', 'YMIN', 'YMAX', 'MC'],
    'VERSIONMIN',
  );
  const values = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer().map(String),
    fc.constant('http://a.example/'),
  );
  await fc.assert(
    fc.asyncProperty(methods, fc.array(fc.tuple(keys, values)), async (method, fields) => {
      const body = writeForm([['METHOD', method], ...fields]);
      const reply = await handle(robustRequest('POST', '/grid', body));
      assert.equal(reply.status, 200);
      readReply(bodyText(reply));
    }),
    { numRuns: 150 },
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (body) => {
      assert.equal((await handle({ ...robustRequest('POST', '/grid'), body })).status, 200);
    }),
  );
});
