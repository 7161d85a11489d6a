import assert from 'node:assert/strict';
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { Database } from '@gridkeep/storage/database/database';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { testGrid, testItem } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import type { InventoryFolder } from './inventory-records.ts';

interface Residence {
  readonly grid: TestGrid;
  readonly owner: Uuid;
  readonly root: InventoryFolder;
}

async function residence(database: Database): Promise<Residence> {
  const grid = await testGrid(database);
  const owner = randomUuid();
  await grid.inventory.createForResident(owner);
  const root = await grid.inventory.rootFolder(owner);
  assert.ok(root);
  return { grid, owner, root };
}

async function folderOfType({ grid, owner }: Residence, type: number): Promise<InventoryFolder> {
  const folder = await grid.inventory.folderForType(owner, type);
  assert.ok(folder);
  return folder;
}

async function addFolder(home: Residence, parentId: Uuid, name: string): Promise<Uuid> {
  const folder = { id: randomUuid(), ownerId: home.owner, parentId, name, type: -1 };
  assert.equal(await home.grid.inventory.addFolder(folder), 'done');
  return folder.id;
}

async function versionOf({ grid }: Residence, id: Uuid): Promise<number | undefined> {
  return (await grid.inventory.folder(id))?.version;
}

forEachDatabase('a new resident gets root and system folders, once', async (_test, database) => {
  const home = await residence(database);
  const { grid, owner, root } = home;
  assert.deepEqual(
    { ...root, id: '' },
    { id: '', ownerId: owner, parentId: zeroUuid, name: 'My Inventory', type: 8, version: 19 },
  );
  const skeleton = await grid.inventory.skeleton(owner);
  const shown = skeleton
    .filter((folder) => folder.parentId === root.id)
    .map(({ type, name, version }) => `${type} ${name} ${version}`);
  assert.deepEqual(
    shown.sort(),
    [
      '0 Textures 1',
      '1 Sounds 1',
      '10 Scripts 1',
      '13 Body Parts 1',
      '14 Trash 1',
      '15 Photo Album 1',
      '16 Lost And Found 1',
      '2 Calling Cards 2',
      '20 Animations 1',
      '21 Gestures 1',
      '23 Favorites 1',
      '3 Landmarks 1',
      '46 Current Outfit 1',
      '5 Clothing 1',
      '56 Settings 1',
      '57 Materials 1',
      '6 Objects 1',
      '7 Notecards 1',
    ].sort(),
  );
  const cards = await folderOfType(home, FolderTypes.callingCard);
  const friends = skeleton.find((folder) => folder.parentId === cards.id);
  assert.deepEqual([friends?.name, friends?.type, friends?.version], ['Friends', 2, 2]);
  const all = skeleton.find((folder) => folder.parentId === friends?.id);
  assert.deepEqual([all?.name, all?.type, all?.version], ['All', 2, 1]);
  assert.equal(skeleton.length, 21);

  assert.equal(await grid.inventory.createForResident(owner), false);
  assert.deepEqual(await grid.inventory.skeleton(owner), skeleton);
  assert.deepEqual(await grid.inventory.counts(owner), { folders: 21, items: 0 });
  assert.deepEqual(await folderOfType(home, FolderTypes.root), root);
  assert.equal(await grid.inventory.folderForType(owner, FolderTypes.suitcase), undefined);
  assert.equal(await grid.inventory.folderForType(randomUuid(), FolderTypes.trash), undefined);
});

forEachDatabase('missing system folders are added to an old inventory', async (_test, database) => {
  const grid = await testGrid(database);
  const owner = randomUuid();
  const { inventory } = grid;
  await inventory.createForResident(owner);
  const root = await inventory.rootFolder(owner);
  const sounds = await inventory.folderForType(owner, FolderTypes.sound);
  const trash = await inventory.folderForType(owner, FolderTypes.trash);
  assert.ok(root && sounds && trash);
  assert.equal(await inventory.moveFolder(owner, sounds.id, trash.id), 'done');
  assert.equal(await inventory.deleteFolders(owner, [sounds.id]), 1);
  assert.equal(await inventory.createForResident(owner), false);
  const restored = await inventory.folderForType(owner, FolderTypes.sound);
  assert.equal(restored?.name, 'Sounds');
  assert.notEqual(restored.id, sounds.id);
});

forEachDatabase('folders are added by the rules', async (_test, database) => {
  const home = await residence(database);
  const { grid, owner, root } = home;
  const folder = { id: randomUuid(), ownerId: owner, parentId: root.id, name: 'New', type: -1 };
  assert.equal(await grid.inventory.addFolder(folder), 'done');
  assert.deepEqual(await grid.inventory.folder(folder.id), { ...folder, version: 1 });
  assert.equal(await versionOf(home, root.id), root.version + 1);
  assert.equal(await grid.inventory.addFolder(folder), 'exists');
  const outcomes: [Partial<typeof folder>, string][] = [
    [{ type: FolderTypes.trash }, 'exists'],
    [{ type: FolderTypes.inbox }, 'done'],
    [{ type: FolderTypes.trash, parentId: folder.id }, 'done'],
    [{ parentId: randomUuid() }, 'unknown-parent'],
    [{ parentId: zeroUuid }, 'unknown-parent'],
    [{ ownerId: randomUuid() }, 'other-owner'],
    [{ ownerId: randomUuid(), type: FolderTypes.trash }, 'no-root'],
  ];
  for (const [changes, outcome] of outcomes)
    assert.equal(
      await grid.inventory.addFolder({ ...folder, ...changes, id: randomUuid() }),
      outcome,
      JSON.stringify(changes),
    );
});

forEachDatabase('folders are updated by the rules', async (_test, database) => {
  const home = await residence(database);
  const { grid, root } = home;
  const id = await addFolder(home, root.id, 'Box');
  const folder = await grid.inventory.folder(id);
  assert.ok(folder);
  assert.equal(await grid.inventory.updateFolder({ ...folder, name: 'Crate', version: 7 }), 'done');
  assert.equal(await grid.inventory.updateFolder({ ...folder, name: 'Chest', version: 3 }), 'done');
  assert.deepEqual(await grid.inventory.folder(id), { ...folder, name: 'Chest', version: 7 });
  const trash = await folderOfType(home, FolderTypes.trash);
  assert.equal(await grid.inventory.updateFolder({ ...trash, name: 'Mine', version: 9 }), 'done');
  assert.deepEqual(await grid.inventory.folder(trash.id), { ...trash, version: 9 });
  assert.equal(await grid.inventory.updateFolder({ ...trash, version: 8 }), 'stale-version');
  assert.equal(
    await grid.inventory.updateFolder({ ...folder, type: FolderTypes.trash, name: 'X', version: 8 }),
    'done',
  );
  assert.deepEqual(await grid.inventory.folder(id), { ...folder, name: 'Chest', version: 8 });
  const fresh = { ...folder, id: randomUuid(), version: 5 };
  assert.equal(await grid.inventory.updateFolder(fresh), 'done');
  assert.equal(await versionOf(home, fresh.id), 1);
  const inside = await addFolder(home, id, 'Inside');
  assert.equal(await grid.inventory.updateFolder({ ...folder, parentId: inside, version: 9 }), 'bad-place');
});

forEachDatabase('folders move by the rules', async (_test, database) => {
  const home = await residence(database);
  const { grid, owner, root } = home;
  const one = await addFolder(home, root.id, 'One');
  const two = await addFolder(home, one, 'Two');
  const three = await addFolder(home, root.id, 'Three');
  const before = await versionOf(home, one);
  assert.equal(await grid.inventory.moveFolder(owner, two, three), 'done');
  assert.equal(await versionOf(home, one), (before ?? 0) + 1);
  assert.equal(await versionOf(home, three), 2);
  assert.equal((await grid.inventory.folder(two))?.parentId, three);
  assert.equal(await grid.inventory.moveFolder(owner, three, two), 'bad-place');
  assert.equal(await grid.inventory.moveFolder(owner, three, three), 'bad-place');
  assert.equal(await grid.inventory.moveFolder(owner, root.id, three), 'system-folder');
  assert.equal(await grid.inventory.moveFolder(owner, randomUuid(), three), 'unknown-folder');
  assert.equal(await grid.inventory.moveFolder(owner, three, randomUuid()), 'unknown-parent');
  assert.equal(await grid.inventory.moveFolder(randomUuid(), three, one), 'other-owner');
  const other = randomUuid();
  await grid.inventory.createForResident(other);
  const theirs = await grid.inventory.rootFolder(other);
  assert.ok(theirs);
  assert.equal(await grid.inventory.moveFolder(owner, three, theirs.id), 'other-owner');
  assert.deepEqual(
    (await grid.inventory.trail(two)).map((folder) => folder.id),
    [two, three, root.id],
  );
});

forEachDatabase('only what is thrown away can be deleted', async (_test, database) => {
  const home = await residence(database);
  const { grid, owner, root } = home;
  const trash = await folderOfType(home, FolderTypes.trash);
  const kept = await addFolder(home, root.id, 'Kept');
  const gone = await addFolder(home, trash.id, 'Gone');
  const below = await addFolder(home, gone, 'Below');
  const item = testItem(owner, below);
  assert.equal(await grid.inventory.addItem(item), 'done');
  await database.transaction((queries) => grid.accompanying.add(queries, below, [randomUuid()]));
  assert.equal(await grid.inventory.deleteFolders(randomUuid(), [gone]), 0);
  assert.equal(await grid.inventory.purgeFolder(kept), 'not-in-trash');
  assert.equal(await grid.inventory.purgeFolder(randomUuid()), 'unknown-folder');
  const before = await versionOf(home, trash.id);
  assert.equal(await grid.inventory.deleteFolders(owner, [kept, gone, trash.id, randomUuid()]), 1);
  assert.equal(await versionOf(home, trash.id), before);
  assert.equal(await grid.inventory.folder(below), undefined);
  assert.equal(await grid.inventory.item(item.id), undefined);
  assert.equal(await grid.accompanying.count(below), 0);
  await grid.inventory.addItem(testItem(owner, trash.id));
  await addFolder(home, trash.id, 'More');
  assert.equal(await grid.inventory.purgeFolder(trash.id), 'done');
  assert.deepEqual(await grid.inventory.content(trash.id), { folders: [], items: [] });
  assert.ok(await grid.inventory.folder(kept));
});

forEachDatabase('items keep all their fields', async (_test, database) => {
  const home = await residence(database);
  const { grid, owner, root } = home;
  const item = testItem(owner, root.id, {
    name: 'Ünï 🎈',
    description: 'x\ny',
    creatorId: randomUuid(),
    creatorData: 'http://other.grid:8002/;Ann Bee',
    creatorClaim: 'ospa:n=Ann Bee',
    flags: 0xffffffff,
    saleType: 2,
    salePrice: -1,
    groupId: randomUuid(),
    groupOwned: true,
    creationDate: -5,
  });
  assert.equal(await grid.inventory.addItem(item), 'done');
  assert.deepEqual(await grid.inventory.item(item.id), item);
  assert.equal(await versionOf(home, root.id), root.version + 1);
  const long = testItem(owner, root.id, { name: 'n'.repeat(300), description: `a\0${'b'.repeat(2000)}` });
  await grid.inventory.addItem(long);
  const cut = await grid.inventory.item(long.id);
  assert.equal(cut?.name.length, 255);
  assert.equal(cut.description, `a${'b'.repeat(1022)}`);
});

forEachDatabase('items are added, updated, moved and deleted by the rules', async (_test, database) => {
  const home = await residence(database);
  const { grid, owner, root } = home;
  const [here, there] = [await addFolder(home, root.id, 'Here'), await addFolder(home, root.id, 'There')];
  const item = testItem(owner, here, { creatorId: randomUuid(), creatorData: 'home;Name' });
  assert.equal(await grid.inventory.addItem(item), 'done');
  assert.equal(await grid.inventory.addItem({ ...item, name: 'again' }), 'done');
  assert.equal(await versionOf(home, here), 3);
  assert.equal(await grid.inventory.addItem({ ...item, folderId: randomUuid() }), 'unknown-parent');
  assert.equal(await grid.inventory.addItem({ ...item, ownerId: randomUuid() }), 'other-owner');
  assert.equal(await grid.inventory.updateItem(testItem(owner, here)), 'unknown-item');
  assert.equal(await grid.inventory.updateItem({ ...item, ownerId: randomUuid() }), 'other-owner');
  const update = { ...item, name: 'new', assetId: randomUuid(), nextPermissions: 1 };
  const forged = {
    folderId: there,
    assetType: 1,
    inventoryType: 1,
    creatorId: randomUuid(),
    creatorData: '',
  };
  assert.equal(await grid.inventory.updateItem({ ...update, ...forged }), 'done');
  assert.deepEqual(await grid.inventory.item(item.id), update);
  assert.equal(await versionOf(home, here), 4);

  const foreign = randomUuid();
  const moves = [
    { itemId: item.id, folderId: there },
    { itemId: randomUuid(), folderId: there },
    { itemId: item.id, folderId: randomUuid() },
  ];
  assert.equal(await grid.inventory.moveItems(foreign, moves), 0);
  assert.equal(await grid.inventory.moveItems(owner, moves), 1);
  assert.equal(await grid.inventory.moveItems(owner, []), 0);
  assert.deepEqual([await versionOf(home, here), await versionOf(home, there)], [5, 2]);
  assert.equal(await grid.inventory.deleteItems(foreign, [item.id]), 0);
  assert.equal(await grid.inventory.deleteItems(owner, [item.id, item.id, randomUuid()]), 1);
  assert.equal(await versionOf(home, there), 3);
});

forEachDatabase('where deleting is off only links go', async (_test, database) => {
  const grid = await testGrid(database, { allowInventoryDelete: false });
  const owner = randomUuid();
  await grid.inventory.createForResident(owner);
  const trash = await grid.inventory.folderForType(owner, FolderTypes.trash);
  assert.ok(trash);
  const [link, note] = [testItem(owner, trash.id, { assetType: AssetTypes.link }), testItem(owner, trash.id)];
  for (const item of [link, note]) await grid.inventory.addItem(item);
  assert.equal(await grid.inventory.updateItem(link), 'unknown-item');
  assert.equal(await grid.inventory.deleteItems(owner, [link.id, note.id]), 1);
  assert.equal(await grid.inventory.purgeFolder(trash.id), 'not-in-trash');
  assert.ok(await grid.inventory.item(note.id));
});

forEachDatabase('questions about gestures, permissions and many folders', async (_test, database) => {
  const home = await residence(database);
  const { grid, owner, root } = home;
  const folder = await addFolder(home, root.id, 'Folder');
  const assetId = randomUuid();
  const active = testItem(owner, folder, { assetType: 21, flags: 3 });
  const items = [
    active,
    testItem(owner, folder, { assetType: 21, flags: 2 }),
    testItem(owner, folder, { flags: 1, assetId, currentPermissions: 0x8000_0000 }),
    testItem(owner, root.id, { assetId, currentPermissions: 5 }),
  ];
  for (const item of items) await grid.inventory.addItem(item);
  assert.deepEqual(await grid.inventory.activeGestures(owner), [active]);
  assert.equal(await grid.inventory.assetPermissions(owner, assetId), 0x8000_0005);
  assert.equal(await grid.inventory.assetPermissions(owner, randomUuid()), 0);
  const contents = await grid.inventory.contents([folder, root.id, randomUuid()]);
  assert.deepEqual([...contents.keys()].sort(), [folder, root.id].sort());
  assert.equal(contents.get(folder)?.items.length, 3);
  assert.equal(contents.get(root.id)?.folders.length, 19);
  assert.equal((await grid.inventory.folderItems(folder)).length, 3);
  assert.equal((await grid.inventory.items([active.id, randomUuid()])).size, 1);
  assert.equal((await grid.inventory.folders([folder, randomUuid()])).size, 1);
  assert.deepEqual(await grid.inventory.counts(owner), { folders: 22, items: 4 });
});

forEachDatabase('paths lead to folders and items', async (_test, database) => {
  const home = await residence(database);
  const { grid, owner, root } = home;
  const objects = await folderOfType(home, FolderTypes.object);
  const twins = [await addFolder(home, objects.id, 'Twin'), await addFolder(home, objects.id, 'Twin')];
  const inner = await addFolder(home, twins[1] ?? objects.id, 'a/b');
  const item = testItem(owner, inner, { name: 'Box' });
  await grid.inventory.addItem(item);
  const find = (path: string) => grid.inventory.findByPath(owner, path);
  const target = async (path: string) => {
    const found = await find(path);
    return found?.kind === 'folder' ? [found.folder.id, found.contentsOnly] : found?.item.id;
  };
  assert.deepEqual(await target('/'), [root.id, false]);
  assert.deepEqual(await target('*'), [root.id, true]);
  assert.deepEqual(await target('Objects/*'), [objects.id, true]);
  assert.deepEqual(await target('Objects/Twin'), [[...twins].sort()[0], false]);
  assert.deepEqual(await target('Objects/Twin/a\\/b'), [inner, false]);
  assert.equal(await target('Objects/Twin/a\\/b/Box'), item.id);
  assert.equal(await target('Objects/Twin/a\\/b/Box/*'), undefined);
  assert.equal(await target('objects'), undefined);
  assert.equal(await grid.inventory.findByPath(randomUuid(), '/'), undefined);
});
