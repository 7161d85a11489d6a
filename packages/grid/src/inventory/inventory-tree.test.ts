import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { collect, testGrid, testItem } from '../test-support/test-grid.ts';
import { InventoryTreeError } from './inventory-tree.ts';
import type { NewTreeEntry } from './inventory-tree.ts';

function folderEntry(ownerId: Uuid, parentId: Uuid, name: string): NewTreeEntry & { kind: 'folder' } {
  return { kind: 'folder', folder: { id: randomUuid(), ownerId, parentId, name, type: -1 } };
}

/** Folders to a depth, with items in each, parents first. */
function tree(ownerId: Uuid, top: Uuid, depth: number, width: number): NewTreeEntry[] {
  const entries: NewTreeEntry[] = [];
  let level = [top];
  for (let step = 0; step < depth; step++) {
    const next: Uuid[] = [];
    for (const parent of level)
      for (let index = 0; index < width; index++) {
        const entry = folderEntry(ownerId, parent, `${step}-${index}`);
        next.push(entry.folder.id);
        entries.push(entry, { kind: 'item', item: testItem(ownerId, entry.folder.id) });
      }
    level = next;
  }
  return entries;
}

forEachDatabase('a tree goes in as if added one by one, and comes out whole', async (_test, database) => {
  const grid = await testGrid(database);
  const owner = randomUuid();
  await grid.inventory.createForResident(owner);
  const root = await grid.inventory.rootFolder(owner);
  assert.ok(root);
  const entries = tree(owner, root.id, 3, 7);
  const counts = await database.transaction((queries) => grid.inventory.insertTree(queries, owner, entries));
  assert.deepEqual(counts, { folders: 399, items: 399 });
  assert.equal((await grid.inventory.folder(root.id))?.version, root.version + 7);
  for (const folder of await grid.inventory.skeleton(owner)) {
    const inside = entries.filter((entry) =>
      entry.kind === 'folder' ? entry.folder.parentId === folder.id : entry.item.folderId === folder.id,
    );
    if (folder.type === -1) assert.equal(folder.version, 1 + inside.length);
  }

  const walked = await collect(grid.inventory.walk(root.id));
  assert.equal(walked.length, 399 + 21 + 399);
  const seen = new Set<Uuid>();
  for (const entry of walked) {
    const holder = entry.trail.at(-1);
    assert.ok(holder);
    if (entry.kind === 'folder') {
      assert.equal(holder.id, entry.folder.id);
      assert.ok(entry.trail.length === 1 || seen.has(entry.folder.parentId));
      seen.add(entry.folder.id);
    } else assert.equal(holder.id, entry.item.folderId);
    for (const [index, folder] of entry.trail.entries())
      if (index > 0) assert.equal(folder.parentId, entry.trail[index - 1]?.id);
  }
  const stored = new Set(walked.map((entry) => (entry.kind === 'folder' ? entry.folder.id : entry.item.id)));
  for (const entry of entries)
    assert.ok(stored.has(entry.kind === 'folder' ? entry.folder.id : entry.item.id));
});

forEachDatabase('a folder of many pages is walked once, folders before items', async (_test, database) => {
  const grid = await testGrid(database);
  const owner = randomUuid();
  await grid.inventory.createForResident(owner);
  const root = await grid.inventory.rootFolder(owner);
  assert.ok(root);
  const top = folderEntry(owner, root.id, 'Top');
  const inside: NewTreeEntry[] = [];
  for (let index = 0; index < 450; index++)
    inside.push(
      { kind: 'item', item: testItem(owner, top.folder.id) },
      folderEntry(owner, top.folder.id, String(index)),
    );
  await database.transaction((queries) => grid.inventory.insertTree(queries, owner, [top, ...inside]));
  const walked = await collect(grid.inventory.walk(top.folder.id));
  assert.deepEqual(
    walked.map((entry) => entry.kind),
    ['folder', ...Array.from({ length: 450 }, () => 'folder'), ...Array.from({ length: 450 }, () => 'item')],
  );
  const ids = walked.map((entry) => (entry.kind === 'folder' ? entry.folder.id : entry.item.id));
  assert.equal(new Set(ids).size, 901);
  assert.deepEqual(await collect(grid.inventory.walk(randomUuid())), []);

  const other = await database.transaction(async (queries) => {
    await grid.inventory.emptyFolder(queries, top.folder.id);
    return grid.inventory.content(top.folder.id);
  });
  assert.equal(other.items.length, 450, 'reads outside do not see what is not committed');
  assert.deepEqual(await grid.inventory.content(top.folder.id), { folders: [], items: [] });
});

forEachDatabase('a tree that does not hold together is refused whole', async (_test, database) => {
  const grid = await testGrid(database);
  const [owner, other] = [randomUuid(), randomUuid()];
  for (const resident of [owner, other]) await grid.inventory.createForResident(resident);
  const root = await grid.inventory.rootFolder(owner);
  const theirs = await grid.inventory.rootFolder(other);
  assert.ok(root && theirs);
  const good = folderEntry(owner, root.id, 'Good');
  const child = folderEntry(owner, good.folder.id, 'Child');
  const bad: NewTreeEntry[][] = [
    [child, good],
    [good, folderEntry(owner, randomUuid(), 'Orphan')],
    [good, folderEntry(owner, theirs.id, 'Theirs')],
    [good, folderEntry(other, good.folder.id, 'Forged')],
    [good, good],
    [good, { kind: 'item', item: testItem(owner, randomUuid()) }],
    [good, { kind: 'item', item: testItem(other, good.folder.id) }],
    [good, folderEntry(owner, root.id, 'x'), { kind: 'folder', folder: { ...root, parentId: root.id } }],
  ];
  for (const entries of bad)
    await assert.rejects(
      database.transaction((queries) => grid.inventory.insertTree(queries, owner, entries)),
      InventoryTreeError,
    );
  assert.equal(await grid.inventory.folder(good.folder.id), undefined);
  assert.deepEqual(await grid.inventory.counts(owner), { folders: 21, items: 0 });
});
