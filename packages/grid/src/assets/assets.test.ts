import assert from 'node:assert/strict';
import type { Database } from '@gridkeep/storage/database/database';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { randomUuid } from '@gridkeep/wire/uuid';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { liveBlobs, recountContent } from '../grid-services.ts';
import { blobIdOf } from '../test-support/memory-blobs.ts';
import { bytesOf, collect, testAsset, testGrid, testRecord } from '../test-support/test-grid.ts';
import { QuotaExceededError } from '../usage/content-usage.ts';
import type { AssetConflict } from './asset-record.ts';
import { AssetRefusedError, Assets } from './assets.ts';
import { conflictsKeptPerAsset } from './insert-records.ts';

forEachDatabase('an asset is stored once, found and read', async (_test, database) => {
  const { assets } = await testGrid(database);
  const asset = testAsset('hello', { name: 'a'.repeat(70), creator: 'someone', flags: 15, local: true });
  const created = await assets.create(asset, 'test');
  assert.equal(created.outcome, 'created');
  assert.deepEqual(await assets.find(asset.id), {
    id: asset.id,
    blobId: blobIdOf(asset.data),
    size: 5,
    type: 7,
    name: 'a'.repeat(64),
    description: '',
    creator: 'someone',
    flags: 7,
    temporary: false,
    local: true,
    createdAt: 1_700_000_000_000,
  });
  assert.deepEqual(await assets.read(asset.id), asset.data);
  assert.equal((await assets.create(asset, 'test')).outcome, 'exists');
  assert.equal(await assets.find(randomUuid()), undefined);
  assert.equal(await assets.read(randomUuid()), undefined);
  assert.deepEqual(await assets.kinds(), [{ type: 7, assets: 1, bytes: 5 }]);
});

forEachDatabase('an id keeps its bytes, and other bytes are a conflict', async (_test, database) => {
  const reported: AssetConflict[] = [];
  const grid = await testGrid(database, { onAssetConflict: (conflict) => reported.push(conflict) });
  const asset = testAsset('first');
  await grid.assets.create(asset, 'simulator A');
  const second = await grid.assets.create({ ...asset, data: bytesOf('second') }, 'simulator B');
  assert.equal(second.outcome, 'conflict');
  assert.equal(second.record.blobId, blobIdOf(bytesOf('first')));
  await grid.assets.create({ ...asset, data: bytesOf('second') }, 'simulator C');
  assert.deepEqual(await grid.assets.read(asset.id), bytesOf('first'));
  assert.deepEqual(
    (await grid.assets.conflicts(10)).map(({ source, offeredBlobId }) => [source, offeredBlobId]),
    [['simulator B', blobIdOf(bytesOf('second'))]],
  );
  assert.deepEqual(
    reported.map(({ source }) => source),
    ['simulator B', 'simulator C'],
  );
  const live = new Set(await collect(liveBlobs(grid)));
  assert.deepEqual(live, new Set([blobIdOf(bytesOf('first')), blobIdOf(bytesOf('second'))]));
  assert.deepEqual(await grid.usage.totals(database), { blobs: 2, bytes: 11 });
});

forEachDatabase('an asset that is deleted while it is read is not remembered', async (_test, database) => {
  const grid = await testGrid(database);
  const asset = testAsset('gone soon');
  await grid.assets.create(asset, 'test');
  const listeners: ((topic: string | undefined) => void)[] = [];
  const quiet: Database = {
    ...{ dialect: database.dialect, hearsOthers: true },
    tables: () => database.tables(),
    uuid: (id) => database.uuid(id),
    announce: (topic) => database.announce(topic),
    transaction: (work, options) => database.transaction(work, options),
    onChange: (listener) => {
      listeners.push(listener);
      return () => undefined;
    },
    snapshot: (work) => database.snapshot(work),
    migrate: (migrations) => database.migrate(migrations),
    close: () => database.close(),
  };
  const assets = new Assets({ database: quiet, blobs: grid.blobs, usage: grid.usage });
  const reading = assets.find(asset.id);
  for (const tell of listeners) tell(`asset-deleted:${asset.id}`);
  assert.equal((await reading)?.id, asset.id);
  await grid.assets.delete(asset.id);
  assert.equal(await assets.find(asset.id), undefined);
});

forEachDatabase('only so many conflicts are kept for one asset', async (_test, database) => {
  const { assets } = await testGrid(database);
  const asset = testAsset('first');
  await assets.create(asset, 'test');
  for (let offer = 0; offer < conflictsKeptPerAsset + 3; offer++)
    await assets.create({ ...asset, data: bytesOf(`offer ${offer}`) }, 'test');
  assert.equal((await assets.conflicts(100)).length, conflictsKeptPerAsset);
});

forEachDatabase('many records go into one transaction, with a report', async (_test, database) => {
  const grid = await testGrid(database);
  const known = testAsset('known');
  const contested = testAsset('mine');
  await grid.assets.create(known, 'test');
  await grid.assets.create(contested, 'test');
  const fresh = Array.from({ length: 1200 }, (_, index) => testRecord(`content ${index % 300}`, { type: 0 }));
  const theirs = testRecord('theirs', { id: contested.id });
  const report = await database.transaction((queries) =>
    grid.assets.insertMany(
      queries,
      [...fresh, testRecord('known', { id: known.id }), theirs, ...fresh.slice(0, 1)],
      'archive.oar',
    ),
  );
  assert.equal(report.created, 1200);
  assert.equal(report.existing, 2);
  assert.equal(report.conflicting, 1);
  assert.equal(report.conflicts[0]?.source, 'archive.oar');
  const unique = new Set(fresh.map((record) => record.blobId));
  const bytes = [...new Map(fresh.map((record) => [record.blobId, record.size])).values()];
  const expected = bytes.reduce((sum, size) => sum + size, 'known'.length + 'mine'.length + 'theirs'.length);
  assert.deepEqual(await grid.usage.totals(database), { blobs: unique.size + 3, bytes: expected });
  assert.deepEqual((await grid.assets.kinds()).find(({ type }) => type === 0)?.assets, 1200);

  const ids = [...fresh.map((record) => record.id), randomUuid(), known.id];
  const existing = await grid.assets.existing(ids);
  assert.equal(existing.size, 1201);
  assert.equal((await grid.assets.findMany(ids)).size, 1201);
  assert.equal((await collect(grid.assets.all())).length, 1202);
  assert.equal((await collect(grid.assets.liveBlobs())).length, unique.size + 3);
  const shared = await grid.assets.withBlob(fresh[0]?.blobId ?? theirs.blobId, 100);
  assert.equal(shared.length, 4);

  const before = await grid.usage.totals(database);
  assert.deepEqual(await recountContent(grid), before);
  assert.deepEqual((await grid.assets.kinds()).find(({ type }) => type === 0)?.assets, 1200);
});

forEachDatabase('a transaction that is not committed leaves nothing', async (_test, database) => {
  const grid = await testGrid(database);
  const record = testRecord('gone');
  const broken = database.transaction(async (queries) => {
    await grid.assets.insertMany(queries, [record], 'archive');
    throw new Error('stopped');
  });
  await assert.rejects(broken, /stopped/);
  assert.equal(await grid.assets.find(record.id), undefined);
  assert.deepEqual(await grid.usage.totals(database), { blobs: 0, bytes: 0 });
  assert.deepEqual(await grid.assets.kinds(), []);
});

forEachDatabase('the quota is exact however many write at once', async (_test, database) => {
  const quotaBytes = 1000;
  const grid = await testGrid(database, { quotaBytes });
  // 40 contents of 100 bytes each, three assets of every one: exactly ten contents fit.
  const offers = Array.from({ length: 120 }, (_, index) =>
    testAsset(String(index % 40).padStart(100, '.'), { name: String(index % 40) }),
  );
  const results = await Promise.allSettled(offers.map((offer) => grid.assets.create(offer, 'test')));
  for (const result of results)
    if (result.status === 'rejected') assert.ok(result.reason instanceof QuotaExceededError);
  assert.deepEqual(await grid.usage.totals(database), { blobs: 10, bytes: quotaBytes });
  const stored = await collect(grid.assets.all());
  assert.equal(new Set(stored.map((record) => record.blobId)).size, 10);
  assert.equal(stored.length, results.filter((result) => result.status === 'fulfilled').length);
  const again = offers.find((offer) => offer.name === stored[0]?.name);
  assert.ok(again);
  // What is there already needs no room, also under another id.
  assert.equal((await grid.assets.create({ ...again, id: randomUuid() }, 'test')).outcome, 'created');
  await assert.rejects(
    grid.assets.create(testAsset('one more'), 'test'),
    /quota of 1000 bytes.*8 bytes too many/,
  );
  assert.equal((await grid.blobs.has([blobIdOf(bytesOf('one more'))])).size, 0, 'nothing was written');
});

forEachDatabase('two programs writing at once count exactly', async (_test, database, location) => {
  const other = await openDatabase(location);
  try {
    const [one, two] = [await testGrid(database), await testGrid(other)];
    const offers = Array.from({ length: 60 }, (_, index) => testAsset(`content ${index % 20}`));
    await Promise.all(
      offers.flatMap((offer) => [one.assets.create(offer, 'one'), two.assets.create(offer, 'two')]),
    );
    const totals = await one.usage.totals(database);
    assert.equal(totals.blobs, 20);
    assert.deepEqual(await recountContent(one), totals);
  } finally {
    await other.close();
  }
});

forEachDatabase(
  'a deleted asset gives its room back when nobody else has its bytes',
  async (_test, database) => {
    const grid = await testGrid(database);
    const [one, two] = [testAsset('same'), testAsset('same')];
    await grid.assets.create(one, 'test');
    await grid.assets.create(two, 'test');
    assert.equal(await grid.assets.delete(one.id), true);
    assert.equal(await grid.assets.delete(one.id), false);
    assert.deepEqual(await grid.usage.totals(database), { blobs: 1, bytes: 4 });
    assert.equal(await grid.assets.delete(two.id), true);
    assert.deepEqual(await grid.usage.totals(database), { blobs: 0, bytes: 0 });
    assert.equal(await grid.assets.find(two.id), undefined);
    assert.deepEqual(await grid.assets.kinds(), []);
  },
);

forEachDatabase('what cannot be an asset is refused by name and rule', async (_test, database) => {
  const { assets, blobs } = await testGrid(database);
  await assert.rejects(assets.create(testAsset('x', { type: 128 }), 'test'), AssetRefusedError);
  await assert.rejects(assets.create(testAsset('x', { type: 1.5 }), 'test'), /type 1.5 is not in -128…127/);
  const large = testAsset('', { data: new Uint8Array(300 * 1024) });
  await assert.rejects(assets.create(large, 'test'), /type 7 may have at most 262144/);
  assert.equal(blobs.content.size, 0);
});

forEachDatabase('a lost blob comes back with the next upload of the asset', async (_test, database) => {
  const { assets, blobs } = await testGrid(database);
  const asset = testAsset('precious');
  await assets.create(asset, 'test');
  blobs.content.clear();
  assert.equal(await assets.read(asset.id), undefined);
  assert.equal((await assets.create(asset, 'test')).outcome, 'exists');
  assert.deepEqual(await assets.read(asset.id), asset.data);
});
