/** Grids with real archives in them are backed up, harmed, and restored at every grain: what comes back is what was there. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import { recountContent } from '@gridkeep/grid/grid-services';
import type { InventoryFolder, InventoryItem } from '@gridkeep/grid/inventory/inventory-records';
import type { RegionObject } from '@gridkeep/grid/regions/region-records';
import type { Database } from '@gridkeep/storage/database/database';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { forEachDatabase, freshLocation } from '@gridkeep/testing/databases';
import { fixture, missing } from '@gridkeep/testing/requirements';
import type { Repository } from '@gridkeep/vault/repository/repository';
import type { StoredSnapshot } from '@gridkeep/vault/format/snapshot';
import type { Uuid } from '@gridkeep/wire/uuid';
import { randomUuid } from '@gridkeep/wire/uuid';
import { loadInventoryArchive } from '../ingress/load-inventory.ts';
import { loadRegionArchive } from '../ingress/load-region.ts';
import { backUp, makeVault } from '../test-support/backed-up-grid.ts';
import { loadContext, makeRegion, scratchGrid } from '../test-support/scratch-grid.ts';
import type { ScratchGrid } from '../test-support/scratch-grid.ts';
import type { RestoreReport } from './restore-report.ts';
import type { RestoreRequest, RestoreScope } from './restore-request.ts';
import { RestoreRefusedError } from './restore-request.ts';
import { restoreIntoGrid } from './restore.ts';

interface World {
  readonly grid: ScratchGrid;
  readonly repository: Repository;
  readonly snapshot: StoredSnapshot;
  readonly region: Uuid;
}

async function world(context: TestContext, database: Database): Promise<World> {
  const grid = await scratchGrid(context, database);
  const region = await makeRegion(grid, 'Harbour');
  await loadRegionArchive(
    grid.services,
    {
      ...{ source: fixture('oar', 'plaza-objects.oar'), regionId: region, mode: 'replace', existing: 'skip' },
      ...{ mergeTerrain: false, displacement: undefined, createMissing: true, resize: true, strict: false },
    },
    loadContext(grid),
  );
  await loadInventoryArchive(
    grid.services,
    {
      ...{ source: fixture('iar', 'ada-inventory.iar'), residentId: grid.ownerId, destination: '/Came in' },
      ...{ createDestination: true, mode: 'merge', strict: false },
    },
    loadContext(grid),
  );
  const repository = await makeVault(context, grid);
  const report = await backUp(grid, repository);
  return { grid, repository, region, snapshot: await repository.readSnapshot(report.snapshot) };
}

async function emptyGrid(context: TestContext, like: Database): Promise<ScratchGrid> {
  const database = await openDatabase(await freshLocation(context, like.dialect));
  context.after(() => database.close());
  return scratchGrid(context, database);
}

function restore(
  { grid, repository, snapshot }: World,
  scope: RestoreScope,
  options: Partial<RestoreRequest> = {},
  into: ScratchGrid = grid,
  jobId = randomUuid(),
): Promise<RestoreReport> {
  const request: RestoreRequest = { scope, placement: 'in-place', dryRun: false, ...options };
  return restoreIntoGrid(repository, snapshot, into.services, request, { ...loadContext(into), jobId });
}

async function inventoryOf(
  grid: ScratchGrid,
  top?: Uuid,
): Promise<{ readonly folders: readonly InventoryFolder[]; readonly items: readonly InventoryItem[] }> {
  const from = top ?? (await grid.services.inventory.rootFolder(grid.ownerId))?.id;
  assert.ok(from !== undefined);
  const folders: InventoryFolder[] = [];
  const items: InventoryItem[] = [];
  for await (const entry of grid.services.inventory.walk(from))
    if (entry.kind === 'folder') folders.push(entry.folder);
    else items.push(entry.item);
  return { folders, items };
}

function withoutVersions(folders: readonly InventoryFolder[]): readonly unknown[] {
  return folders.map(({ version: _, ...rest }) => rest);
}

async function objectsOf(grid: ScratchGrid, region: Uuid): Promise<readonly RegionObject[]> {
  const objects: RegionObject[] = [];
  for await (const object of grid.services.regions.objects(region)) objects.push(object);
  return objects;
}

async function requireCounted(grid: ScratchGrid): Promise<void> {
  const { database, usage, assets } = grid.services;
  const [totals, kinds] = [await usage.totals(database), await assets.kinds()];
  assert.deepEqual(await recountContent(grid.services), totals);
  assert.deepEqual(await assets.kinds(), kinds);
}

async function requireContent(grid: ScratchGrid): Promise<void> {
  for await (const asset of grid.services.assets.all())
    assert.ok(await grid.packs.get(asset.blobId), `asset ${asset.id} without content`);
}

if (missing('fixtures') === false) {
  forEachDatabase('a whole grid comes back as it was', async (context, database) => {
    const here = await world(context, database);
    const fresh = await emptyGrid(context, database);
    const dry = await restore(here, { kind: 'grid' }, { dryRun: true }, fresh);
    assert.equal(dry.counts.item.appear > 0, true);
    assert.equal((await fresh.packs.stats()).blobs, 0, 'a dry run stores nothing');
    const report = await restore(here, { kind: 'grid' }, { removeLaterAssets: true }, fresh);
    assert.deepEqual(report.missing, []);
    assert.deepEqual(report.counts, dry.counts);
    assert.equal(report.newBlobs, dry.newBlobs);
    // The same state gives the same tree: every row and every byte.
    const again = await backUp(fresh, here.repository);
    assert.equal(again.tree, here.snapshot.tree);
    await requireContent(fresh);
    await requireCounted(fresh);
  });

  forEachDatabase(
    'a grid goes back in place, and a second time changes nothing',
    async (context, database) => {
      const here = await world(context, database);
      const { grid } = here;
      const before = await inventoryOf(grid);
      await grid.services.regions.update(here.region, { name: 'Renamed' });
      const cameIn = (await grid.services.inventory.findByPath(grid.ownerId, '/Came in')) ?? assert.fail();
      assert.equal(cameIn.kind, 'folder');
      if (cameIn.kind !== 'folder') return;
      await grid.services.database.transaction((queries) =>
        grid.services.inventory.emptyFolder(queries, cameIn.folder.id),
      );
      const report = await restore(here, { kind: 'grid' });
      assert.equal(report.counts.region.change, 1);
      assert.ok(report.counts.item.appear > 0);
      assert.equal(report.counts.item.change + report.counts.item.vanish, 0);
      assert.equal((await grid.services.regions.find(here.region))?.name, 'Harbour');
      const after = await inventoryOf(grid);
      assert.deepEqual(after.items, before.items);
      assert.deepEqual(withoutVersions(after.folders), withoutVersions(before.folders));
      for (const folder of after.folders) {
        const was = before.folders.find((one) => one.id === folder.id);
        assert.ok(was !== undefined && folder.version >= was.version, 'versions never go back');
      }
      await requireCounted(grid);
      const second = await restore(here, { kind: 'grid' });
      for (const count of Object.values(second.counts))
        assert.equal(count.appear + count.change + count.vanish, 0);
    },
  );

  forEachDatabase(
    'a resident, a folder and an item come back in place and beside',
    async (context, database) => {
      const here = await world(context, database);
      const { grid } = here;
      const { inventory } = grid.services;
      const residentId = grid.ownerId;
      const before = await inventoryOf(grid);
      const target = await inventory.findByPath(residentId, '/Came in');
      if (target?.kind !== 'folder') return assert.fail('the folder is there');
      const folderId = target.folder.id;
      const inside = await inventoryOf(grid, folderId);
      const stored = await grid.services.assets.existing(inside.items.map((one) => one.assetId));
      const item = inside.items.find((one) => stored.has(one.assetId)) ?? assert.fail('there is an item');

      // An item and its asset are gone.
      await grid.services.assets.delete(item.assetId);
      await inventory.deleteItems(residentId, [item.id]);
      const dry = await restore(here, { kind: 'item', residentId, itemId: item.id }, { dryRun: true });
      assert.deepEqual([dry.counts.item.appear, dry.counts.asset.appear], [1, 1]);
      assert.equal(await inventory.item(item.id), undefined);
      const jobId = randomUuid();
      const one = await restore(here, { kind: 'item', residentId, itemId: item.id }, {}, grid, jobId);
      assert.deepEqual(await inventory.item(item.id), item);
      assert.ok(await grid.services.assets.read(item.assetId));
      assert.deepEqual(
        await restore(here, { kind: 'item', residentId, itemId: item.id }, {}, grid, jobId),
        one,
      );

      // Beside: new ids, in a folder of its own.
      const beside = await restore(here, { kind: 'folder', residentId, folderId }, { placement: 'beside' });
      const made = beside.made[0] ?? assert.fail('something was made');
      assert.match(made.name, /^Restored \d{4}-\d\d-\d\d \d\d:\d\d$/);
      const copy = await inventoryOf(grid, made.id);
      assert.equal(copy.items.length, inside.items.length);
      assert.equal(copy.folders.length, inside.folders.length + 1);
      assert.ok(copy.items.every((each) => !inside.items.some((other) => other.id === each.id)));
      assert.deepEqual(
        copy.items.map((each) => each.name).sort(),
        inside.items.map((each) => each.name).sort(),
      );

      // In place: what came since vanishes, what was thrown away or moved is back.
      const extra = { ...item, id: randomUuid(), name: 'Came later', folderId };
      await inventory.addItem(extra);
      const trash = await inventory.folderForType(residentId, FolderTypes.trash);
      const sub = inside.folders.find((folder) => folder.parentId === folderId) ?? assert.fail('a subfolder');
      assert.ok(trash !== undefined);
      await inventory.moveFolder(residentId, sub.id, trash.id);
      const folder = await restore(here, { kind: 'folder', residentId, folderId });
      assert.equal(folder.counts.item.vanish, 1);
      assert.equal(folder.counts.folder.change, 1);
      const back = await inventoryOf(grid, folderId);
      assert.deepEqual(back.items, inside.items);
      assert.deepEqual(withoutVersions(back.folders), withoutVersions(inside.folders));

      const all = await restore(here, { kind: 'inventory', residentId });
      assert.equal(all.counts.folder.vanish, copy.folders.length);
      const whole = await inventoryOf(grid);
      assert.deepEqual(whole.items, before.items);
      assert.deepEqual(withoutVersions(whole.folders), withoutVersions(before.folders));
      await requireCounted(grid);
    },
  );

  forEachDatabase('a region and an object come back in place and beside', async (context, database) => {
    const here = await world(context, database);
    const { grid, region } = here;
    const { regions } = grid.services;
    const before = await objectsOf(grid, region);
    const settings = await regions.settings(region);
    const terrain = await regions.terrain(region);
    const object = before[0] ?? assert.fail('there is an object');
    await grid.services.database.transaction((queries) =>
      regions.replaceContent(queries, region, { objects: [], accompanyingAssets: [], loadedFrom: 'nothing' }),
    );
    const one = await restore(here, { kind: 'object', regionId: region, objectId: object.id });
    assert.equal(one.counts.object.appear, 1);
    assert.deepEqual(await objectsOf(grid, region), [object]);
    const copied = await restore(
      here,
      { kind: 'object', regionId: region, objectId: object.id },
      { placement: 'beside' },
    );
    const copy = (await objectsOf(grid, region)).find((each) => each.id === copied.made[0]?.id);
    assert.equal(copy?.name, object.name);
    const document = Buffer.from(
      (await grid.packs.get(copy.blobId)) ?? assert.fail('no document'),
    ).toString();
    assert.ok(!document.includes(object.id) && document.includes(copy.id));

    const dry = await restore(here, { kind: 'region', regionId: region }, { dryRun: true });
    const report = await restore(here, { kind: 'region', regionId: region });
    assert.deepEqual(report.counts, dry.counts);
    assert.equal(report.counts.object.vanish, 1);
    assert.deepEqual(await objectsOf(grid, region), before);
    assert.equal((await regions.settings(region))?.document, settings?.document);
    assert.deepEqual(await regions.terrain(region), terrain);
    const revision = (await regions.find(region))?.contentRevision ?? 0;

    const second = await restore(here, { kind: 'region', regionId: region }, { placement: 'beside' });
    const place = second.made[0] ?? assert.fail('a region was made');
    assert.match(place.name, /^Harbour restored \d{4}-\d\d-\d\d$/);
    assert.deepEqual(await objectsOf(grid, place.id), before);
    assert.equal((await regions.find(region))?.contentRevision, revision);

    await regions.delete(region);
    await restore(here, { kind: 'region', regionId: region });
    assert.deepEqual(await objectsOf(grid, region), before);
    await requireCounted(grid);
  });

  test('an asset comes back, and an id never gets other content', async (context) => {
    const database = await openDatabase(await freshLocation(context, 'sqlite'));
    context.after(() => database.close());
    const here = await world(context, database);
    const { assets } = here.grid.services;
    const ids: Uuid[] = [];
    for await (const asset of assets.all()) ids.push(asset.id);
    const id = ids[0] ?? assert.fail('there is an asset');
    const [record, bytes] = [await assets.find(id), await assets.read(id)];
    assert.ok(record !== undefined && bytes !== undefined);
    await assets.delete(id);
    const report = await restore(here, { kind: 'asset', assetId: id });
    assert.equal(report.counts.asset.appear, 1);
    assert.deepEqual(await assets.find(id), record);
    const beside = await restore(here, { kind: 'asset', assetId: id }, { placement: 'beside' });
    assert.deepEqual(await assets.read(beside.made[0]?.id ?? assert.fail()), bytes);
    await assets.delete(id);
    const { blobId: _blob, size: _size, ...described } = record;
    await assets.create({ ...described, data: Buffer.from('something else') }, 'a test');
    await assert.rejects(restore(here, { kind: 'asset', assetId: id }), RestoreRefusedError);
    await requireCounted(here.grid);
  });
} else test('restores of real archives', { skip: missing('fixtures') });
