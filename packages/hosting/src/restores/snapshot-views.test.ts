/** Looking into snapshots, comparing two of them, and drills, on a grid with real archives. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { InventoryItem } from '@gridkeep/grid/inventory/inventory-records';
import type { RegionObject } from '@gridkeep/grid/regions/region-records';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { freshLocation } from '@gridkeep/testing/databases';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { loadInventoryArchive } from '../ingress/load-inventory.ts';
import { loadRegionArchive } from '../ingress/load-region.ts';
import { backUp, makeVault } from '../test-support/backed-up-grid.ts';
import { loadContext, makeRegion, scratchGrid } from '../test-support/scratch-grid.ts';
import { browseSnapshot, findInSnapshot } from './browse-snapshot.ts';
import { diffSnapshots } from './diff-snapshots.ts';
import type { SnapshotDifference } from './snapshot-difference.ts';
import { drillSnapshot } from './drill.ts';

test(
  'a snapshot is looked into, compared with the next, and drilled',
  { skip: missing('fixtures') },
  async (context) => {
    const database = await openDatabase(await freshLocation(context, 'sqlite'));
    context.after(() => database.close());
    const grid = await scratchGrid(context, database);
    const { inventory, regions, accounts } = grid.services;
    const region = await makeRegion(grid, 'Harbour');
    await loadRegionArchive(
      grid.services,
      {
        ...{ source: fixture('oar', 'plaza-objects.oar'), regionId: region, mode: 'replace' },
        ...{ existing: 'skip', mergeTerrain: false, displacement: undefined },
        ...{ createMissing: true, resize: true, strict: false },
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
    const first = await repository.readSnapshot((await backUp(grid, repository)).snapshot);

    const residents = await browseSnapshot(repository, first, 'inventories');
    const resident = residents?.entries.find((entry) => entry.name === 'Olive Owner');
    assert.deepEqual(resident?.scope, { kind: 'inventory', residentId: grid.ownerId });
    const cameIn = await browseSnapshot(repository, first, 'inventories/Olive Owner/My Inventory/Came in');
    assert.equal(cameIn?.here.kind, 'inventory-folder');
    const target = await inventory.findByPath(grid.ownerId, '/Came in');
    assert.ok(target?.kind === 'folder');
    assert.equal(cameIn.here.id, target.folder.id);
    const items: InventoryItem[] = [];
    for await (const entry of inventory.walk(target.folder.id))
      if (entry.kind === 'item') items.push(entry.item);
    const item = items[0] ?? assert.fail('there is an item');
    const found = await findInSnapshot(repository, first, item.id);
    assert.deepEqual(found?.scope, { kind: 'item', residentId: grid.ownerId, itemId: item.id });
    assert.equal(found.name, item.name);
    const objects = await browseSnapshot(repository, first, 'regions/harbour/objects', { limit: 2 });
    assert.equal(objects?.entries.length, 2);
    assert.ok(objects.next !== undefined);
    assert.equal(objects.entries[0]?.scope?.kind, 'object');
    const more = await browseSnapshot(repository, first, 'regions/harbour/objects', { after: objects.next });
    const all = await browseSnapshot(repository, first, 'regions/harbour/objects');
    assert.equal((more?.entries.length ?? 0) + 2, all?.entries.length);
    assert.equal(await browseSnapshot(repository, first, 'regions/Nowhere'), undefined);

    const drill = await drillSnapshot(
      repository,
      first,
      grid.services,
      { seed: '2026-11-22' },
      {
        ...{ temporaryFolder: join(grid.folder, 'drills'), signal: new AbortController().signal },
        progress: () => undefined,
      },
    );
    assert.deepEqual(drill.differences, []);
    assert.ok(drill.passed && drill.items > 0 && drill.objects > 0 && drill.assets > 0);
    assert.ok(drill.comparedLive >= 2, `compared ${drill.comparedLive} with the live grid`);
    assert.ok(existsSync(join(grid.folder, 'drills')));
    assert.deepEqual(readdirSync(join(grid.folder, 'drills')), []);

    const away = items[1] ?? assert.fail('there are two items');
    const lostAndFound = await inventory.folderForType(grid.ownerId, FolderTypes.lostAndFound);
    assert.ok(lostAndFound !== undefined);
    await inventory.moveItems(grid.ownerId, [{ itemId: away.id, folderId: lostAndFound.id }]);
    await inventory.updateItem({ ...item, name: 'Another name' });
    const object = all?.entries[0] ?? assert.fail('there is an object');
    const kept: RegionObject[] = [];
    for await (const one of regions.objects(region)) if (one.id !== object.id) kept.push(one);
    await database.transaction((queries) =>
      regions.replaceContent(queries, region, {
        objects: kept,
        accompanyingAssets: [],
        loadedFrom: 'a test',
      }),
    );
    await accounts.update(grid.ownerId, { title: 'Mayor' });
    const second = await repository.readSnapshot((await backUp(grid, repository)).snapshot);
    const told: SnapshotDifference[] = [];
    for await (const one of diffSnapshots(repository, first, second)) told.push(one);
    const [moved, ...others] = told.filter((one) => one.id === away.id);
    assert.deepEqual([moved?.change, moved?.fields, others], ['moved', [], []]);
    assert.match(moved?.from ?? '', /\/Came in__/);
    assert.match(moved?.path ?? '', /\/Lost And Found__/);
    const changed = told.find((one) => one.kind === 'item' && one.id === item.id);
    assert.deepEqual(changed?.fields, [{ field: 'name', before: item.name, after: 'Another name' }]);
    assert.equal(changed.owner, grid.ownerId);
    const gone = told.filter((one) => one.kind === 'object');
    assert.deepEqual(
      gone.map(({ change, id }) => [change, id]),
      [['vanished', object.id]],
    );
    const account = told.find((one) => one.kind === 'row' && one.id.startsWith('account '));
    assert.deepEqual(account?.fields, [{ field: 'title', before: '', after: 'Mayor' }]);
    assert.ok(!told.some((one) => one.kind === 'asset' && one.change !== 'appeared'));
    const part: SnapshotDifference[] = [];
    for await (const one of diffSnapshots(repository, first, second, { path: 'inventories' })) part.push(one);
    assert.deepEqual(
      new Set(part.filter((one) => one.kind === 'item').map((one) => one.id)),
      new Set([item.id, away.id]),
    );
    for await (const one of diffSnapshots(repository, first, first)) assert.fail(one.path);
  },
);
