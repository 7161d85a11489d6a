import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { testGrid, testRegion } from '../test-support/test-grid.ts';
import { addressNotice } from './region-address.ts';
import { RegionIndex } from './region-map.ts';
import { aliveFirst } from './region-choice.ts';
import type { RegionRegistry } from './region-registry.ts';
import { parseRegionUri } from './region-uri.ts';
import { RegistrationRefusedError } from './registered-region.ts';
import type { RegisteredRegion, Registration } from './registered-region.ts';
import { testRegistration, testSimulator } from './test-support.ts';

async function refuses(registry: RegionRegistry, registration: Registration, reason: RegExp): Promise<void> {
  await assert.rejects(registry.register(registration, testSimulator), (error) => {
    assert.ok(error instanceof RegistrationRefusedError, String(error));
    assert.match(error.message, reason);
    return true;
  });
}

const names = (regions: readonly RegisteredRegion[]) => regions.map(({ name }) => name);

forEachDatabase('a region registers, is found every way, and goes', async (_, database) => {
  const { registry } = await testGrid(database);
  const bay = testRegistration('Big Bäy', 1000, 1001, { sizeX: 512, sizeY: 768 });
  assert.equal(await registry.find(bay.id), undefined);
  await registry.register(bay, testSimulator);
  const { registeredAt, lastSeen, ...found } = (await registry.find(bay.id)) ?? assert.fail();
  assert.deepEqual(found, { ...bay, flags: 4, simulator: 'sim1' });
  assert.equal(registeredAt, lastSeen);
  assert.equal((await registry.findNamed('bIG bÄY'))?.id, bay.id);
  assert.equal((await registry.at(256_511, 257_023))?.id, bay.id);
  for (const [x, y] of [
    [256_512, 257_000],
    [256_000, 257_024],
    [255_999, 256_256],
    [256_000, 256_255],
  ] as const)
    assert.equal(await registry.at(x, y), undefined);
  await registry.register({ ...bay, name: 'Small Bay' }, testSimulator);
  assert.equal(await registry.findNamed('Big Bäy'), undefined);
  assert.equal((await registry.findNamed('Small Bay'))?.id, bay.id);
  assert.equal(await registry.deregister(bay.id, testSimulator), true);
  assert.equal(await registry.deregister(bay.id, testSimulator), false);
  assert.equal(await registry.find(bay.id), undefined);
  assert.equal(await registry.at(256_000, 256_256), undefined);
});

forEachDatabase('registrations are refused with a reason that says what to do', async (_, database) => {
  const { registry, regions } = await testGrid(database);
  await registry.register(testRegistration('Plaza', 1000, 1000, { sizeX: 512, sizeY: 512 }), testSimulator);
  await refuses(
    registry,
    testRegistration('New', 1001, 1001),
    /Plaza .*registered at 1000,1000 with 512 x 512/,
  );
  await refuses(registry, testRegistration('New', 999, 1001, { sizeX: 512 }), /cannot be at 999,1001/);
  await refuses(registry, testRegistration('New', 5, 16), /location y is 16/);
  await refuses(registry, testRegistration('New', 5, 2000, { id: zeroUuid }), /RegionUUID/);
  await refuses(registry, testRegistration('New', 5, 2000, { sizeX: 100 }), /SizeX is 100/);
  await refuses(registry, testRegistration('New', 5, 2000, { x: 1281 }), /1281 m/);
  await refuses(registry, testRegistration('New', 5, 2000, { serverUri: 'ftp://a/' }), /server address/);
  await refuses(registry, testRegistration('New', 5, 2000, { httpPort: 0 }), /HTTP port/);
  await refuses(registry, testRegistration(' \0 ', 5, 2000), /no name/);
  await refuses(registry, testRegistration('PLAZA', 5, 2000), /named Plaza at 1000,1000 already/);
  const stored = await regions.create(testRegion('Kept', 1010, 1010));
  await refuses(registry, testRegistration('New', 1010, 1010), new RegExp(`RegionUUID = ${stored.id}`));
  await refuses(registry, testRegistration('kept', 1020, 1010), new RegExp(`RegionUUID = ${stored.id}`));
  const { reports } = await registry.survey();
  assert.equal(reports.filter(({ kind }) => kind === 'refused').length, 12);
});

forEachDatabase('a stored region of the same id follows its registration', async (_, database) => {
  const { registry, regions } = await testGrid(database);
  const stored = await regions.create(testRegion('Kept', 1010, 1010));
  await regions.create(testRegion('Other', 1020, 1010));
  const moved = testRegistration('Renamed', 1011, 1012, { id: stored.id, sizeX: 512, sizeY: 512 });
  await refuses(registry, { ...moved, x: 1019 * 256, y: 1010 * 256 }, /keeps region Other/);
  await registry.register(moved, testSimulator);
  const { name, locationX, locationY, sizeX, sizeY } = (await regions.find(stored.id)) ?? assert.fail();
  assert.deepEqual([name, locationX, locationY, sizeX, sizeY], ['Renamed', 1011, 1012, 512, 512]);
});

forEachDatabase('flags of the operator outlive a registration and rule over it', async (_, database) => {
  const { registry } = await testGrid(database);
  const plaza = testRegistration('Plaza', 1000, 1000);
  await registry.register(plaza, testSimulator);
  const set = await registry.setFlags('plaza', { set: ['default', 'default-hypergrid', 'fallback'] });
  assert.deepEqual(set, { regionId: plaza.id, flags: 1 + 2 + 1024 });
  assert.equal(await registry.flagsOf(plaza.id), 1031);
  assert.deepEqual(names(await registry.defaults()), ['Plaza']);
  assert.deepEqual(names(await registry.defaultsForHypergrid()), ['Plaza']);
  await registry.deregister(plaza.id);
  assert.deepEqual(await registry.defaults(), []);
  await registry.register(plaza, testSimulator);
  assert.equal(await registry.flagsOf(plaza.id), 1031);

  await registry.setFlags(plaza.id, {
    clear: ['default', 'fallback', 'default-hypergrid'],
    set: ['persistent', 'no-move'],
  });
  await refuses(registry, { ...plaza, x: 256_256 }, /may not move from 1000,1000 to 1001,1000/);
  await registry.deregister(plaza.id);
  assert.equal(await registry.flagsOf(plaza.id), 16 + 64);
  await refuses(registry, testRegistration('Other', 1000, 1000), /region deregister/);
  assert.equal(await registry.setFlags('nowhere', { set: ['default'] }), undefined);
});

forEachDatabase(
  'a region that moved to another simulator stays when the first one stops',
  async (_, database) => {
    const { registry, settings } = await testGrid(database);
    const plaza = testRegistration('Plaza', 1000, 1000);
    await registry.register(plaza, testSimulator);
    const second = { simulator: 'sim2', address: '127.0.0.1' };
    await registry.register({ ...plaza, serverUri: 'http://sim2.example.org:9000' }, second);
    assert.equal((await registry.find(plaza.id))?.serverUri, 'http://sim2.example.org:9000/');
    assert.equal(await registry.deregister(plaza.id, testSimulator), false);
    const [report] = (await registry.survey()).reports;
    assert.match(report?.text ?? '', /from http:\/\/127.0.0.1:9000\/ to http:\/\/sim2.example.org:9000\//);
    await settings.write('keepDeregisteredRegions', 'true');
    assert.equal(await registry.deregister(plaza.id, second), true);
    assert.equal(await registry.flagsOf(plaza.id), 0);
    await settings.write('allowDuplicateRegionNames', 'true');
    await registry.register(testRegistration('Plaza', 1005, 1000), testSimulator);
  },
);

forEachDatabase('places, names and distances', async (_, database) => {
  const { registry } = await testGrid(database);
  for (const [name, x, y] of [
    ['Plaza', 1000, 1000],
    ['Plaza East', 1001, 1000],
    ['North Plaza', 1000, 1001],
    ['Corner', 1001, 1001],
    ['Far', 1003, 1000],
  ] as const)
    await registry.register(testRegistration(name, x, y), testSimulator);
  const link = await registry.addHyperlink({
    id: randomUuid(),
    name: 'http://other.example.org:8002 Harbour',
    sizeX: 512,
    sizeY: 512,
    remoteHandle: '1099511628032000',
    serverHost: 'other.example.org',
    httpPort: 8002,
    serverUri: 'http://other.example.org:8002/',
    mapTexture: zeroUuid,
  });
  assert.equal(link.flags, 512 + 8 + 4);
  assert.deepEqual([link.x, link.y, link.secret], [0, 0, '1099511628032000']);
  const plaza = (await registry.findNamed('Plaza')) ?? assert.fail();
  assert.deepEqual(names(await registry.neighbours(plaza.id)).toSorted(), [
    'Corner',
    'North Plaza',
    'Plaza East',
  ]);
  assert.deepEqual(names(await registry.range(255_746, 256_510, 255_746, 256_200)).toSorted(), [
    'Plaza',
    'Plaza East',
  ]);
  assert.deepEqual(names(await registry.named('plaza', 20)), ['Plaza', 'North Plaza', 'Plaza East']);
  assert.deepEqual(names(await registry.named('plaza', 1)), ['Plaza']);
  assert.deepEqual(await registry.named('', 20), []);
  assert.deepEqual(names(await registry.online(257_000, 256_000, 2)), ['Far', 'Plaza East']);
  assert.deepEqual(names(await registry.hyperlinks()), [link.name]);
  await registry.setFlags('Far', { set: ['fallback'] });
  await registry.setFlags('Plaza', { set: ['fallback'] });
  assert.deepEqual(names(await registry.fallbacks(256_000, 256_000)), ['Plaza', 'Far']);
  assert.equal(await registry.onlineCells(), 5);
  await assert.rejects(
    registry.addHyperlink({ ...link, id: plaza.id, remoteHandle: '1' }),
    RegistrationRefusedError,
  );
  assert.equal(await registry.deregister(link.id), false);
  assert.equal(await registry.removeHyperlink(link.id), true);
});

forEachDatabase('another process sees what changed', async (context, database, location) => {
  const { registry } = await testGrid(database);
  const other = await openDatabase(location);
  context.after(() => other.close());
  const elsewhere = (await testGrid(other)).registry;
  assert.deepEqual(await elsewhere.online(0, 0, 10), []);
  const plaza = testRegistration('Plaza', 1000, 1000);
  await registry.register(plaza, testSimulator);
  if (database.dialect !== 'postgres') return;
  for (let count = 0; count < 500 && (await elsewhere.find(plaza.id)) === undefined; count++)
    await new Promise((done) => setTimeout(done, 10));
  assert.equal((await elsewhere.find(plaza.id))?.name, 'Plaza');
});

test('the index answers as a search through all regions would', () => {
  const place = fc.record({ x: fc.nat(20), y: fc.nat(20), size: fc.integer({ min: 1, max: 3 }) });
  const rectangle = fc.tuple(fc.nat(6000), fc.nat(6000), fc.nat(6000), fc.nat(6000));
  fc.assert(
    fc.property(fc.array(place, { maxLength: 30 }), rectangle, (places, [x0, y0, width, height]) => {
      const index = new RegionIndex([]);
      const kept: RegisteredRegion[] = [];
      for (const { x, y, size } of places) {
        const region = {
          ...testRegistration(`${x} ${y}`, x, y, { sizeX: size * 256, sizeY: size * 256 }),
          ...{ flags: 4, simulator: '', registeredAt: 0, lastSeen: 0 },
        };
        const free = kept.every(
          (other) =>
            other.x >= region.x + region.sizeX ||
            other.x + other.sizeX <= region.x ||
            other.y >= region.y + region.sizeY ||
            other.y + other.sizeY <= region.y,
        );
        if (!free) continue;
        kept.push(region);
        index.put(region);
      }
      const found = index.within({ minX: x0, minY: y0, maxX: x0 + width, maxY: y0 + height });
      const expected = kept.filter(
        (region) =>
          region.x <= x0 + width &&
          region.x + region.sizeX > x0 &&
          region.y <= y0 + height &&
          region.y + region.sizeY > y0,
      );
      assert.deepEqual(new Set(found), new Set(expected));
      for (const region of kept) assert.equal(index.at(region.x + region.sizeX - 1, region.y), region);
      for (const region of kept) index.delete(region.id);
      assert.deepEqual([...index.all()], []);
    }),
  );
});

test('regions that answer come first, else the order stays', () => {
  const region = (name: string, unreachableSince?: number): RegisteredRegion => ({
    ...testRegistration(name, 0, 0),
    ...{ flags: 4, simulator: '', registeredAt: 0, lastSeen: 0 },
    ...(unreachableSince === undefined ? {} : { unreachableSince }),
  });
  assert.deepEqual(names(aliveFirst([region('a', 1), region('b'), region('c', 1), region('d')])), [
    'b',
    'd',
    'a',
    'c',
  ]);
});

test('addresses that nobody else can reach are noticed', () => {
  const from = (serverHost: string, caller: string) =>
    addressNotice({ serverHost, serverUri: `http://${serverHost}:9000/` }, caller);
  assert.match(from('127.0.0.1', '203.0.113.7') ?? '', /only the machine itself.*203\.0\.113\.7/);
  assert.match(from('localhost', '10.0.0.7') ?? '', /only the machine itself/);
  assert.match(from('192.168.1.5', '203.0.113.7') ?? '', /private network/);
  assert.equal(from('127.0.0.1', '::ffff:127.0.0.1'), undefined);
  assert.equal(from('192.168.1.5', '192.168.1.9'), undefined);
  assert.equal(from('sim.example.org', '203.0.113.7'), undefined);
  assert.equal(from('127.0.0.1', ''), undefined);
});

test('addresses of regions as people write them', () => {
  const cases = new Map([
    ['Big Bay', [undefined, 'Big Bay']],
    ['Big Bay/128/128/25', [undefined, 'Big Bay']],
    ['grid.example.org:8002', ['grid.example.org:8002', '']],
    ['grid.example.org:8002:Big Bay', ['grid.example.org:8002', 'Big Bay']],
    ['grid.example.org:8002/Big Bay/10/20/30', ['grid.example.org:8002', 'Big Bay']],
    ['http://grid.example.org:8002/ Big Bay', ['http://grid.example.org:8002', 'Big Bay']],
    ['http://grid.example.org Big Bay', ['http://grid.example.org', 'Big Bay']],
    ['hop://grid.example.org:80/Big Bay/1/2/3', ['hop://grid.example.org:80', 'Big Bay']],
    ['Studio 5: the end', [undefined, 'Studio 5: the end']],
  ]);
  for (const [text, [grid, name]] of cases) assert.deepEqual(parseRegionUri(text), { grid, name });
  fc.assert(fc.property(fc.string(), (text) => parseRegionUri(text).name.length <= text.length));
});
