import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { SqliteThreads } from '@gridkeep/storage/database/sqlite-threads';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { testGrid, testItem } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import { transact } from '../transactions.ts';
import { FolderReplies } from './folder-replies.ts';
import type { FolderReply } from './folder-replies.ts';

function textOf(replies: ReadonlyMap<Uuid, FolderReply>): string {
  return [...replies]
    .map(
      ([id, { folder, foldersXml, itemsXml }]) =>
        `${id} ${JSON.stringify(folder)} ${Buffer.from(foldersXml).toString()} ${Buffer.from(itemsXml).toString()}`,
    )
    .sort()
    .join('\n');
}

/** What somebody answers who keeps nothing. */
async function fresh(grid: TestGrid, ids: readonly Uuid[]): Promise<string> {
  const { inventory } = grid;
  const deaf = { onChange: () => () => undefined, hearsOthers: false };
  return textOf(await new FolderReplies({ database: deaf, inventory }).of(ids));
}

/** Counts how often folders are read from the database. */
function counting(grid: TestGrid) {
  const read: Uuid[] = [];
  const inventory = {
    contents: async (ids: Iterable<Uuid>) => {
      read.push(...ids);
      return grid.inventory.contents(ids);
    },
  };
  return { read, replies: new FolderReplies({ database: grid.database, inventory }) };
}

forEachDatabase('folders are read once, also by many at the same time', async (_test, database) => {
  const grid = await testGrid(database);
  const { read, replies } = counting(grid);
  const owner = randomUuid();
  await grid.inventory.createForResident(owner);
  const root = await grid.inventory.rootFolder(owner);
  assert.ok(root);
  const [unknown, asked] = [randomUuid(), [root.id]];
  // Its own announcements may come back from PostgreSQL later, and nothing is kept before they do.
  while ((await replies.of(asked)).get(root.id) !== (await replies.of(asked)).get(root.id)) await sleep(10);
  read.length = 0;
  const all = await Promise.all(Array.from({ length: 5 }, () => replies.of([root.id, unknown])));
  assert.deepEqual(read, [unknown]);
  assert.equal(new Set(all.map((one) => one.get(root.id))).size, 1);
  assert.ok(all.every((one) => one.size === 1));
});

type Step = { readonly what: number; readonly a: number; readonly b: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ what: fc.nat({ max: 9 }), a: fc.nat({ max: 5 }), b: fc.nat({ max: 5 }) }),
  { maxLength: 25 },
);

forEachDatabase('what is kept is what is stored, after any changes', async (_test, database) => {
  const grid = await testGrid(database);
  const { inventory } = grid;
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const owner = randomUuid();
      await inventory.createForResident(owner);
      const root = await inventory.rootFolder(owner);
      const trash = await inventory.folderForType(owner, FolderTypes.trash);
      assert.ok(root !== undefined && trash !== undefined);
      const folders = [root.id, trash.id, ...Array.from({ length: 4 }, () => randomUuid())];
      const items = Array.from({ length: 6 }, () => randomUuid());
      const replies = new FolderReplies(grid);
      const pick = (list: readonly Uuid[], index: number): Uuid => list[index] ?? root.id;
      for (const { what, a, b } of all) {
        const [folder, place, item] = [pick(folders, a), pick(folders, b), pick(items, a)];
        const named = { id: folder, ownerId: owner, parentId: place, name: `n${what}${b}`, type: -1 };
        if (what === 0) await inventory.addFolder(named);
        if (what === 1) await inventory.moveFolder(owner, folder, place);
        if (what === 2) await inventory.updateFolder({ ...named, version: b });
        if (what === 3) await inventory.deleteFolders(owner, [folder, place]);
        if (what === 4) await inventory.purgeFolder(folder);
        if (what === 5) await inventory.addItem(testItem(owner, place, { id: item }));
        if (what === 6) await inventory.updateItem(testItem(owner, place, { id: item, name: `x${b}` }));
        if (what === 7) await inventory.moveItems(owner, [{ itemId: item, folderId: place }]);
        if (what === 8) await inventory.deleteItems(owner, [item]);
        if (what === 9)
          await transact(database, async (queries) => {
            const id = randomUuid();
            if ((await inventory.folder(place, queries)) === undefined) return;
            const made = { id, ownerId: owner, parentId: place, name: 'loaded', type: -1 };
            await inventory.insertTree(queries, owner, [
              { kind: 'folder', folder: made },
              { kind: 'item', item: testItem(owner, id) },
            ]);
          });
        assert.equal(textOf(await replies.of(folders)), await fresh(grid, folders));
      }
    }),
    { numRuns: 15 },
  );
});

forEachDatabase('a reading that overlaps a change is not kept', async (_test, database) => {
  const grid = await testGrid(database);
  const owner = randomUuid();
  await grid.inventory.createForResident(owner);
  const notes = await grid.inventory.folderForType(owner, FolderTypes.notecard);
  const root = await grid.inventory.rootFolder(owner);
  assert.ok(notes !== undefined && root !== undefined);
  let overlap: (() => Promise<unknown>) | undefined = () => grid.inventory.addItem(testItem(owner, notes.id));
  const inventory = {
    contents: async (ids: Iterable<Uuid>) => {
      const content = await grid.inventory.contents(ids);
      await overlap?.();
      return content;
    },
  };
  const replies = new FolderReplies({ database, inventory });
  const ids = [root.id, notes.id];
  const before = textOf(await replies.of(ids));
  overlap = undefined;
  const after = textOf(await replies.of(ids));
  assert.notEqual(before, after);
  assert.equal(after, await fresh(grid, ids));
});

forEachDatabase('another process hears of changes', async (_test, database, location) => {
  const grid = await testGrid(database);
  const threads = new SqliteThreads();
  const other = await openDatabase(location, threads);
  try {
    const far = { ...(await testGrid(other)), database: other };
    const owner = randomUuid();
    await grid.inventory.createForResident(owner);
    const notes = await grid.inventory.folderForType(owner, FolderTypes.notecard);
    assert.ok(notes);
    const replies = new FolderReplies(far);
    await replies.of([notes.id]);
    await grid.inventory.addItem(testItem(owner, notes.id));
    const expected = await fresh(grid, [notes.id]);
    // SQLite files belong to one process; announcements between several exist on PostgreSQL only.
    if (location.dialect === 'sqlite') return;
    for (let tries = 0; textOf(await replies.of([notes.id])) !== expected; tries++) {
      assert.ok(tries < 500, 'the change did not arrive');
      await sleep(10);
    }
  } finally {
    await other.close();
    await threads.close();
  }
});
