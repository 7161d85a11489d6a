/** Whatever changes: a backup of what changed gives the same tree as one that looks at everything. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { storedBlobId } from '@gridkeep/storage/database/stored-ids';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { insertMany } from '@gridkeep/storage/database/insert-many';
import { forEachDatabase } from '@gridkeep/testing/databases';
import type { Uuid } from '@gridkeep/wire/uuid';
import { parseUuid, randomUuid, uuidFromBytes, zeroUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { sql } from 'kysely';
import { backUp, filesOf, linesOf, makeVault } from '../test-support/backed-up-grid.ts';
import { makeRegion, scratchGrid } from '../test-support/scratch-grid.ts';
import type { ScratchGrid } from '../test-support/scratch-grid.ts';
import { placeFolders } from './folder-places.ts';

interface Tables {
  asset: Record<string, unknown>;
  inventory_folder: Record<string, unknown>;
  inventory_item: Record<string, unknown>;
  region_object: Record<string, unknown>;
}

const day = 86_400_000;
/** Few folders, owners and days, so that changes meet. */
const ids = Array.from({ length: 40 }, (_, value) =>
  uuidFromBytes(Buffer.from([(value * 61) & 255, ...Buffer.alloc(14), value])),
);
const idAt = (at: number): Uuid => ids[at % ids.length] ?? zeroUuid;

async function addAssets(
  grid: ScratchGrid,
  assets: Iterable<readonly [Uuid, number]>,
  blob: BlobId,
  size: number,
) {
  const { database } = grid.services;
  const rows = [...assets].map(([id, createdAt]) => ({
    ...{ id: database.uuid(id), blob: storedBlobId(blob), size, type: 0, name: 'a', description: '' },
    ...{ creator: '', flags: 0, temporary: 0, local: 0, created_at: createdAt },
  }));
  await insertMany(database.tables<Tables>(), 'asset', rows, { skipExisting: true });
}

async function addFolder(
  grid: ScratchGrid,
  id: Uuid,
  owner: Uuid,
  parent: Uuid,
  name: string,
): Promise<void> {
  const { database } = grid.services;
  const row = { id: database.uuid(id), owner: database.uuid(owner), parent: database.uuid(parent) };
  const rows = [{ ...row, name, type: -1, version: 1 }];
  await insertMany(database.tables<Tables>(), 'inventory_folder', rows, { skipExisting: true });
}

async function addItem(grid: ScratchGrid, id: Uuid, owner: Uuid, folder: Uuid, asset: Uuid): Promise<void> {
  const { database } = grid.services;
  const row = {
    ...{ id: database.uuid(id), owner: database.uuid(owner), folder: database.uuid(folder) },
    ...{ asset: database.uuid(asset), asset_type: 0, inventory_type: 0, name: 'thing', description: '' },
    ...{ base_permissions: 1, current_permissions: 1, everyone_permissions: 0, group_permissions: 0 },
    ...{ next_permissions: 0, creator: database.uuid(owner), creator_data: '', creator_claim: '', flags: 0 },
    ...{ sale_type: 0, sale_price: 0, group_id: database.uuid(zeroUuid), group_owned: 0, creation_date: 1 },
  };
  await insertMany(database.tables<Tables>(), 'inventory_item', [row], { skipExisting: true });
}

type Change = readonly [kind: number, a: number, b: number, c: number];

/** One random change, straight in the tables: also such as the services do not allow. */
async function change(grid: ScratchGrid, blob: BlobId, [kind, a, b, c]: Change): Promise<void> {
  const { database } = grid.services;
  const [one, owner, other] = [database.uuid(idAt(a)), idAt(b % 4), idAt(c)];
  const run = async (query: ReturnType<typeof sql>): Promise<void> => {
    await query.execute(database.tables<unknown>());
  };
  switch (kind) {
    case 0:
      return addAssets(grid, [[idAt(a), (b % 3) * 40 * day]], blob, 5);
    case 1:
      return run(sql`delete from asset where id = ${one}`);
    case 2:
      return run(sql`update asset set flags = ${b} where id = ${one}`);
    case 3:
      return addFolder(grid, idAt(a), owner, other, 'Folder / ' + String(a));
    case 4:
      return run(sql`update inventory_folder set parent = ${database.uuid(other)} where id = ${one}`);
    case 5:
      return run(sql`update inventory_folder set name = ${'renamed ' + String(b)} where id = ${one}`);
    case 6:
      return run(sql`delete from inventory_folder where id = ${one}`);
    case 7:
      return addItem(grid, idAt(a), owner, other, idAt(a + b));
    case 8:
      return run(sql`update inventory_item set folder = ${database.uuid(other)} where id = ${one}`);
    case 9:
      return run(sql`delete from inventory_item where id = ${one}`);
    case 10:
      return run(sql`update inventory_folder set owner = ${database.uuid(owner)} where id = ${one}`);
    case 11:
      return run(sql`update account set last_name = ${'Name' + String(a)}`);
    case 12:
      return run(sql`update region set name = ${'Region ' + String(a)}`);
    case 13:
      return run(sql`update inventory_folder set version = version + 1 where id = ${one}`);
    default:
      return run(sql`delete from friend`);
  }
}

const changes = fc.array(
  fc.tuple(fc.nat({ max: 14 }), fc.nat({ max: 39 }), fc.nat({ max: 39 }), fc.nat({ max: 39 })),
  { minLength: 1, maxLength: 25 },
);

forEachDatabase('what changed gives the same tree as everything', async (test, database) => {
  const grid = await scratchGrid(test, database);
  await makeRegion(grid, 'Somewhere');
  for (const name of ['Ada', 'Bob'])
    await createResident(grid.services, { firstName: name, lastName: 'Other', password: 'a long password' });
  const { id: blob } = await grid.packs.put(Buffer.from('bytes'));
  const repository = await makeVault(test, grid);
  let last = await backUp(grid, repository);
  await fc.assert(
    fc.asyncProperty(changes, async (some) => {
      for (const one of some) await change(grid, blob, one);
      const next = await backUp(grid, repository);
      assert.equal(next.parent, last.snapshot);
      last = await backUp(grid, repository, { everything: true });
      assert.equal(next.tree, last.tree, JSON.stringify(some));
      assert.equal(next.missing, last.missing);
    }),
    { numRuns: database.dialect === 'sqlite' ? 8 : 4 },
  );
});

forEachDatabase('a large day is split, and together again when it shrinks', async (test, database) => {
  const grid = await scratchGrid(test, database);
  const { id: blob } = await grid.packs.put(Buffer.from('bytes'));
  const repository = await makeVault(test, grid);
  const assets = Array.from({ length: 1400 }, () => randomUuid());
  const at = Date.UTC(2026, 10, 22, 12);
  await addAssets(
    grid,
    assets.slice(0, 900).map((id) => [id, at] as const),
    blob,
    5,
  );
  const first = await backUp(grid, repository);
  const names = async (tree: BlobId): Promise<readonly string[]> =>
    [...(await filesOf(repository, tree)).keys()].filter((name) => name.startsWith('assets/2026/11/22/'));
  assert.ok((await names(first.tree)).includes(`assets/2026/11/22/${assets[0]}.jp2`));

  await addAssets(
    grid,
    assets.map((id) => [id, at] as const),
    blob,
    5,
  );
  const split = await backUp(grid, repository);
  const prefix = (assets[0] ?? '').slice(0, 2);
  assert.ok((await names(split.tree)).includes(`assets/2026/11/22/${prefix}/${assets[0]}.jp2`));
  assert.equal((await backUp(grid, repository, { everything: true })).tree, split.tree);

  // A change of one asset looks at those beside it only.
  await sql`update asset set flags = 1 where id = ${database.uuid(assets[0] ?? zeroUuid)}`.execute(
    database.tables<unknown>(),
  );
  const small = await backUp(grid, repository);
  assert.ok(small.records < 100, `${small.records} records for one change`);
  assert.equal((await backUp(grid, repository, { everything: true })).tree, small.tree);

  for (const id of assets.slice(0, 600))
    await sql`delete from asset where id = ${database.uuid(id)}`.execute(database.tables<unknown>());
  const joined = await backUp(grid, repository);
  assert.ok((await names(joined.tree)).includes(`assets/2026/11/22/${assets[700]}.jp2`));
  assert.equal((await backUp(grid, repository, { everything: true })).tree, joined.tree);
});

forEachDatabase('what is missing is said loudly until it is there', async (test, database) => {
  const grid = await scratchGrid(test, database);
  const repository = await makeVault(test, grid);
  const lost = Buffer.from('a texture that is lost');
  const { id: blob } = await grid.packs.put(Buffer.from('bytes'));
  const lostId = parseBlobId(createHash('sha256').update(lost).digest('hex'));
  const [asset, absent, item] = [randomUuid(), randomUuid(), randomUuid()];
  await addAssets(grid, [[asset, day * 20_000]], lostId, lost.length);
  await addAssets(grid, [[randomUuid(), day * 20_000]], blob, 5);
  await addItem(grid, item, grid.ownerId, grid.ownerId, absent);
  for (let night = 0; night < 2; night += 1) {
    const report = await backUp(grid, repository);
    assert.equal(report.missing, 2);
    const files = await filesOf(repository, report.tree);
    const records = await linesOf(repository, files.get('missing/records.jsonl'));
    assert.deepEqual(new Set(records.map(({ needs }) => needs)), new Set([lostId, absent]));
    assert.ok(![...files.keys()].some((name) => name.endsWith(`${asset}.jp2`)));
    const snapshot = await repository.readSnapshot(report.snapshot);
    assert.ok(snapshot.tags.includes('missing:2'));
  }
  await grid.packs.put(lost);
  await addAssets(grid, [[absent, day * 20_001]], blob, 5);
  const report = await backUp(grid, repository);
  assert.equal(report.missing, 0);
  const files = await filesOf(repository, report.tree);
  assert.ok([...files.keys()].some((name) => name.endsWith(`${asset}.jp2`)));
  assert.equal((await backUp(grid, repository, { everything: true })).tree, report.tree);
});

forEachDatabase('a backup is of one moment while others write', async (test, database) => {
  const grid = await scratchGrid(test, database);
  const repository = await makeVault(test, grid);
  const folders = ids.slice(0, 8);
  for (const id of folders) await addFolder(grid, id, grid.ownerId, zeroUuid, 'F');
  const items = Array.from({ length: 200 }, () => randomUuid());
  for (const id of items) await addItem(grid, id, grid.ownerId, folders[0] ?? zeroUuid, zeroUuid);
  // Every transaction moves an item and counts it in the name of a folder: both or neither.
  let isOver = false;
  let moved = 0;
  const writing = (async () => {
    while (!isOver) {
      const [item, to] = [items[moved % items.length], folders[moved % folders.length]];
      if (item === undefined || to === undefined) return;
      const name = `moved ${moved + 1}`;
      await database.transaction(
        async (queries) => {
          const tables = queries.tables<unknown>();
          await sql`update inventory_item set folder = ${queries.uuid(to)}, description = ${name}
            where id = ${queries.uuid(item)}`.execute(tables);
          await sql`update inventory_folder set name = ${name} where id = ${queries.uuid(idAt(0))}`.execute(
            tables,
          );
        },
        { retries: 20 },
      );
      moved += 1;
    }
  })();
  for (let night = 0; night < 4; night += 1) {
    const report = await backUp(grid, repository);
    const files = await filesOf(repository, report.tree);
    const rows = [];
    let count = '';
    for (const [path, node] of files) {
      if (path.startsWith('inventories/') && path.endsWith('items/records.jsonl'))
        rows.push(...(await linesOf(repository, node)));
      if (path.endsWith(`__${idAt(0)}/folder.json`))
        count = String((await linesOf(repository, node))[0]?.['name']);
    }
    assert.equal(new Set(rows.map(({ id }) => id)).size, items.length);
    assert.equal(rows.length, items.length, 'an item stands twice');
    const newest = Math.max(0, ...rows.map(({ description }) => Number(String(description).slice(6))));
    assert.equal(count, newest === 0 ? 'F' : `moved ${newest}`);
  }
  isOver = true;
  await writing;
  const last = await backUp(grid, repository);
  assert.equal((await backUp(grid, repository, { everything: true })).tree, last.tree);
});

test('folders in circles and too deep ones have their place', () => {
  const row = (id: string, parent: string) => ({ id: parseUuid(id), parent: parseUuid(parent) });
  const uuid = (value: number): string => `00000000-0000-4000-8000-${String(value).padStart(12, '0')}`;
  const rows = [
    // 1 and 2 hold one another; 3 hangs on 2; 4 is its own parent; 5 is an orphan.
    ...[row(uuid(1), uuid(2)), row(uuid(2), uuid(1)), row(uuid(3), uuid(2))],
    ...[row(uuid(4), uuid(4)), row(uuid(5), uuid(99))],
    ...Array.from({ length: 60 }, (_, at) => row(uuid(100 + at), at === 0 ? zeroUuid : uuid(99 + at))),
  ];
  const roots = placeFolders(
    rows,
    ({ id }) => id,
    ({ parent }) => parent,
  );
  assert.deepEqual(
    roots.map(({ id }) => id),
    [1, 4, 5, 100, 124, 148].map(uuid),
  );
  const count = (folders: typeof roots): number =>
    folders.reduce((sum, { children }) => sum + 1 + count(children), 0);
  assert.equal(count(roots), rows.length);
});
