import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { liveBlobs, recountContent } from '../grid-services.ts';
import { blobIdOf } from '../test-support/memory-blobs.ts';
import { bytesOf, collect, testGrid, testObject, testRegion } from '../test-support/test-grid.ts';
import { QuotaExceededError } from '../usage/content-usage.ts';
import { RegionContentError } from './content-changes.ts';
import { RegionChangedError } from './content-reader.ts';
import type { RegionContent, RegionParcel } from './region-records.ts';
import { RegionOverlapError, RegionRefusedError, UnknownRegionError } from './region-rules.ts';

function testParcel(name: string): RegionParcel {
  return {
    id: randomUuid(),
    name,
    ownerId: randomUuid(),
    groupId: randomUuid(),
    area: 65_536,
    bitmap: new Uint8Array(512).fill(255),
    document: `<LandData><Name>${name}</Name></LandData>`,
  };
}

function testContent(changes: Partial<RegionContent> = {}): RegionContent {
  return { objects: [], accompanyingAssets: [], loadedFrom: 'test.oar', ...changes };
}

function byId<T extends { readonly id: Uuid }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.id < b.id ? -1 : 1));
}

forEachDatabase('a region is made, found, changed and deleted', async (_test, database) => {
  const { regions } = await testGrid(database);
  const plaza = await regions.create(testRegion(' Plaza ', 1000, 1000, { sizeX: 512, sizeY: 512 }));
  assert.equal(plaza.name, 'Plaza');
  assert.equal(plaza.contentRevision, 0);
  assert.deepEqual(await regions.find(plaza.id), plaza);
  assert.deepEqual(await regions.findNamed('PLAZA'), plaza);
  const moved = await regions.update(plaza.id, { name: 'Square', locationX: 1001 });
  assert.deepEqual(moved, { ...plaza, name: 'Square', locationX: 1001 });
  assert.equal(await regions.findNamed('Plaza'), undefined);
  const annex = await regions.create(testRegion('Annex', 900, 900));
  assert.deepEqual(await regions.list(1), [annex]);
  assert.deepEqual(await regions.list(10, 'Annex'), [moved]);
  await regions.delete(plaza.id);
  assert.equal(await regions.find(plaza.id), undefined);
  await assert.rejects(regions.delete(plaza.id), UnknownRegionError);
  await assert.rejects(regions.update(plaza.id, {}), UnknownRegionError);
});

forEachDatabase('no two regions share ground or name', async (_test, database) => {
  const { regions } = await testGrid(database);
  const wide = await regions.create(testRegion('Wide', 1000, 1000, { sizeX: 1024, sizeY: 512 }));
  for (const [x, y] of [
    [1000, 1000],
    [1003, 1001],
    [999, 999],
  ] as const)
    await assert.rejects(
      regions.create(testRegion('Other', x, y, { sizeX: 512, sizeY: 512 })),
      RegionOverlapError,
    );
  const neighbours = [
    [1004, 1000],
    [1000, 1002],
    [999, 1000],
    [1000, 999],
  ] as const;
  for (const [index, [x, y]] of neighbours.entries()) await regions.create(testRegion(`N${index}`, x, y));
  await assert.rejects(regions.create(testRegion('WIDE', 50, 50)), /named Wide exists already/);
  await assert.rejects(regions.create(testRegion('New', 50, 50, { id: wide.id })), RegionRefusedError);
  await assert.rejects(regions.update(wide.id, { locationX: 1001 }), RegionOverlapError);
  await regions.update(wide.id, { sizeX: 512 });
  await regions.update(wide.id, { locationX: 1002 });
});

forEachDatabase('a region that no simulator could run is refused', async (_test, database) => {
  const { regions } = await testGrid(database);
  const bad = [
    testRegion('', 1000, 1000),
    testRegion('a/b', 1000, 1000),
    testRegion('a\u0007b', 1000, 1000),
    testRegion('x'.repeat(129), 1000, 1000),
    testRegion('A', -1, 1000),
    testRegion('A', 1000, 16),
    testRegion('A', 1000.5, 1000),
    testRegion('A', 2 ** 24, 1000),
    testRegion('A', 1000, 1000, { sizeX: 300 }),
    testRegion('A', 1000, 1000, { sizeY: 0 }),
    testRegion('A', 1000, 1000, { sizeX: 4352 }),
  ];
  for (const region of bad)
    await assert.rejects(regions.create(region), RegionRefusedError, JSON.stringify(region));
});

forEachDatabase(
  'content comes out as it went in, and a replacement leaves nothing',
  async (_test, database) => {
    const grid = await testGrid(database);
    const { id } = await grid.regions.create(testRegion('Plaza', 1000, 1000));
    const objects = Array.from({ length: 1100 }, (_, index) =>
      testObject(`<object>${index % 900}</object>`, { name: `object ${index}`, x: index, z: Number.NaN }),
    );
    const parcels = Array.from({ length: 45 }, (_, index) => testParcel(`parcel ${index}`));
    const terrain = { blobId: blobIdOf(bytesOf('heights')), size: 7 };
    const accompanyingAssets = [randomUuid(), randomUuid()];
    const report = await database.transaction((queries) =>
      grid.regions.replaceContent(
        queries,
        id,
        testContent({ objects, parcels, terrain, accompanyingAssets, settings: '<RegionSettings/>' }),
      ),
    );
    assert.deepEqual(report, { revision: 1, objects: 1100, skipped: 0, parcels: 45 });
    assert.deepEqual(
      await collect(grid.regions.objects(id)),
      byId(objects.map((object) => ({ ...object, z: 0 }))),
    );
    const stored = await collect(grid.regions.parcels(id));
    assert.deepEqual(
      stored.map((parcel) => ({ ...parcel, bitmap: Uint8Array.from(parcel.bitmap) })),
      byId(parcels),
    );
    assert.deepEqual(await grid.regions.settings(id), { document: '<RegionSettings/>', revision: 1 });
    assert.deepEqual(await grid.regions.terrain(id), terrain);
    assert.deepEqual(await collect(grid.accompanying.list(id)), [...accompanyingAssets].sort());
    const bytes = objects.reduce((sum, object) => sum + object.size, 7);
    assert.deepEqual(await grid.regions.summary(id), {
      objects: 1100,
      parts: 2200,
      scripts: 1100,
      parcels: 45,
      bytes,
      accompanyingAssets: 2,
      hasTerrain: true,
      hasSettings: true,
    });
    const region = await grid.regions.find(id);
    assert.equal(region?.loadedFrom, 'test.oar');
    assert.equal(region.contentRevision, 1);
    const used = await grid.usage.totals(database);
    assert.equal(used.blobs, 901);
    assert.deepEqual(new Set(await collect(liveBlobs(grid))).size, 901);
    assert.deepEqual(await recountContent(grid), used);

    await database.transaction((queries) => grid.regions.replaceContent(queries, id, testContent()));
    assert.deepEqual(await grid.usage.totals(database), { blobs: 0, bytes: 0 });
    assert.deepEqual(await collect(liveBlobs(grid)), []);
    assert.equal((await grid.regions.summary(id)).bytes, 0);
    assert.equal(await grid.accompanying.count(id), 0);
    assert.equal((await grid.regions.find(id))?.contentRevision, 2);
  },
);

forEachDatabase('a merge adds, and skips or replaces what has the same id', async (_test, database) => {
  const grid = await testGrid(database);
  const { id } = await grid.regions.create(testRegion('Plaza', 1000, 1000));
  const old = testObject('<old/>');
  const terrain = { blobId: blobIdOf(bytesOf('heights')), size: 7 };
  await database.transaction((queries) =>
    grid.regions.replaceContent(queries, id, testContent({ objects: [old], terrain, settings: '<a/>' })),
  );
  const fresh = testObject('<fresh/>');
  const newer = testObject('<newer/>', { id: old.id });
  const merge = (existing: 'skip' | 'replace') =>
    database.transaction((queries) =>
      grid.regions.mergeContent(queries, id, testContent({ objects: [newer, fresh] }), existing),
    );
  assert.deepEqual(await merge('skip'), { revision: 2, objects: 1, skipped: 1, parcels: 0 });
  assert.deepEqual(await collect(grid.regions.objects(id)), byId([old, fresh]));
  assert.deepEqual(await merge('replace'), { revision: 3, objects: 2, skipped: 0, parcels: 0 });
  assert.deepEqual(await collect(grid.regions.objects(id)), byId([newer, fresh]));
  assert.deepEqual(await grid.regions.terrain(id), terrain);
  assert.deepEqual(await grid.regions.settings(id), { document: '<a/>', revision: 1 });
  const bytes = newer.size + fresh.size + terrain.size;
  assert.deepEqual(await grid.usage.totals(database), { blobs: 3, bytes });
});

forEachDatabase('content that cannot be stored leaves the old content', async (_test, database) => {
  const grid = await testGrid(database, { quotaBytes: 100 });
  const { id } = await grid.regions.create(testRegion('Plaza', 1000, 1000));
  const old = testObject('<old/>');
  const put = (content: RegionContent, region = id) =>
    database.transaction((queries) => grid.regions.replaceContent(queries, region, content));
  await put(testContent({ objects: [old] }));
  const twin = testObject('<twin/>');
  await assert.rejects(put(testContent({ objects: [twin, twin] })), (error) => {
    assert.ok(error instanceof RegionContentError);
    assert.match(error.message, new RegExp(twin.id));
    return true;
  });
  const parcel = testParcel('twice');
  await assert.rejects(put(testContent({ parcels: [parcel, parcel] })), RegionContentError);
  await assert.rejects(put(testContent({ objects: [testObject('x'.repeat(101))] })), QuotaExceededError);
  await assert.rejects(put(testContent(), randomUuid()), UnknownRegionError);
  assert.deepEqual(await collect(grid.regions.objects(id)), [old]);
  assert.deepEqual(await grid.usage.totals(database), { blobs: 1, bytes: old.size });
  // What goes makes room for what comes.
  await put(testContent({ objects: [testObject('x'.repeat(100))] }));
});

forEachDatabase('who reads content notices that it changed', async (_test, database) => {
  const grid = await testGrid(database);
  const { id } = await grid.regions.create(testRegion('Plaza', 1000, 1000));
  const objects = Array.from({ length: 600 }, (_, index) => testObject(`<object>${index}</object>`));
  const put = () =>
    database.transaction((queries) => grid.regions.replaceContent(queries, id, testContent({ objects })));
  await put();
  let read = 0;
  await assert.rejects(async () => {
    for await (const object of grid.regions.objects(id)) {
      read += 1;
      if (object.id !== '' && read === 1) await put();
    }
  }, RegionChangedError);
  assert.equal(read, 500);
  await assert.rejects(collect(grid.regions.objects(randomUuid())), UnknownRegionError);
});
