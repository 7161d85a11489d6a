/** Random changes against a plain model: versions, places and what exists agree, and nothing is ever lost or circular. */
import assert from 'node:assert/strict';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { testGrid, testItem } from '../test-support/test-grid.ts';
import type { Inventory } from './inventory.ts';

const folderCount = 6;
const itemCount = 5;

/** Folders by number: 0 root, 1 trash, from 2 the free ones. */
const place = fc.nat({ max: folderCount + 1 });
const free = fc.integer({ min: 2, max: folderCount + 1 });
const itemNumber = fc.nat({ max: itemCount - 1 });

type Change =
  | { do: 'add folder' | 'move folder'; folder: number; to: number }
  | { do: 'update folder'; folder: number; to: number; version: number }
  | { do: 'delete folders'; folders: number[] }
  | { do: 'purge'; folder: number }
  | { do: 'add item'; item: number; to: number }
  | { do: 'update item'; item: number }
  | { do: 'move items'; moves: { item: number; to: number }[] }
  | { do: 'delete items'; items: number[] };

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('add folder' as const), folder: free, to: place }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('move folder' as const), folder: free, to: place }) },
  fc.record({
    do: fc.constant('update folder' as const),
    folder: free,
    to: place,
    version: fc.nat({ max: 9 }),
  }),
  fc.record({ do: fc.constant('delete folders' as const), folders: fc.array(free, { maxLength: 2 }) }),
  fc.record({ do: fc.constant('purge' as const), folder: place }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('add item' as const), item: itemNumber, to: place }) },
  fc.record({ do: fc.constant('update item' as const), item: itemNumber }),
  fc.record({
    do: fc.constant('move items' as const),
    moves: fc.array(fc.record({ item: itemNumber, to: place }), { maxLength: 3 }),
  }),
  fc.record({ do: fc.constant('delete items' as const), items: fc.array(itemNumber, { maxLength: 2 }) }),
);

class Model {
  readonly folders = new Map<number, { parent: number; version: number }>();
  readonly items = new Map<number, number>();

  constructor(rootVersion: number, trashVersion: number) {
    this.folders.set(0, { parent: -1, version: rootVersion });
    this.folders.set(1, { parent: 0, version: trashVersion });
  }

  apply(step: Change): void {
    switch (step.do) {
      case 'add folder':
        return this.#addFolder(step.folder, step.to);
      case 'move folder':
        this.#moveFolder(step.folder, step.to);
        return;
      case 'update folder':
        return this.#updateFolder(step);
      case 'delete folders':
        for (const folder of step.folders)
          if (this.folders.has(folder) && this.#line(folder).slice(1).includes(1)) this.#deleteTree(folder);
        return;
      case 'purge':
        if (this.#line(step.folder).includes(1)) this.#empty(step.folder);
        return;
      case 'add item':
        return this.#addItem(step.item, step.to);
      case 'update item':
        return this.#raise(this.items.get(step.item));
      case 'move items':
        for (const { item, to } of step.moves) {
          const from = this.items.get(item);
          if (from === undefined || !this.folders.has(to)) continue;
          this.items.set(item, to);
          this.#raise(from);
          this.#raise(to);
        }
        return;
      case 'delete items':
        for (const item of step.items) {
          this.#raise(this.items.get(item));
          this.items.delete(item);
        }
    }
  }

  #raise(folder: number | undefined): void {
    const entry = folder === undefined ? undefined : this.folders.get(folder);
    if (entry !== undefined) entry.version += 1;
  }

  #line(folder: number): number[] {
    const line: number[] = [];
    for (let at: number | undefined = folder; at !== undefined; at = this.folders.get(at)?.parent)
      if (this.folders.has(at)) line.push(at);
    return line;
  }

  #addFolder(folder: number, to: number): void {
    if (this.folders.has(folder) || !this.folders.has(to)) return;
    this.folders.set(folder, { parent: to, version: 1 });
    this.#raise(to);
  }

  #moveFolder(folder: number, to: number): boolean {
    const entry = this.folders.get(folder);
    if (entry === undefined || !this.folders.has(to) || this.#line(to).includes(folder)) return false;
    const from = entry.parent;
    entry.parent = to;
    this.#raise(from);
    this.#raise(to);
    return true;
  }

  #updateFolder({ folder, to, version }: { folder: number; to: number; version: number }): void {
    const entry = this.folders.get(folder);
    if (entry === undefined) return this.#addFolder(folder, to);
    if (entry.parent === to) this.#raise(to);
    else if (!this.#moveFolder(folder, to)) return;
    entry.version = Math.max(entry.version, version);
  }

  #deleteTree(folder: number): void {
    for (const [child, entry] of [...this.folders]) if (entry.parent === folder) this.#deleteTree(child);
    for (const [item, at] of [...this.items]) if (at === folder) this.items.delete(item);
    this.folders.delete(folder);
  }

  #empty(folder: number): void {
    const before = this.folders.size + this.items.size;
    for (const [child, entry] of [...this.folders]) if (entry.parent === folder) this.#deleteTree(child);
    for (const [item, at] of [...this.items]) if (at === folder) this.items.delete(item);
    if (this.folders.size + this.items.size !== before) this.#raise(folder);
  }

  #addItem(item: number, to: number): void {
    if (!this.folders.has(to)) return;
    const from = this.items.get(item);
    this.items.set(item, to);
    if (from !== undefined && from !== to) this.#raise(from);
    this.#raise(to);
  }
}

async function apply(
  inventory: Inventory,
  owner: Uuid,
  folders: readonly Uuid[],
  items: readonly Uuid[],
  step: Change,
): Promise<void> {
  const folder = (number: number): Uuid => folders[number] ?? randomUuid();
  const item = (number: number): Uuid => items[number] ?? randomUuid();
  const named = (number: number, to: number) => ({
    ...{ id: folder(number), ownerId: owner, parentId: folder(to) },
    ...{ name: String(number), type: FolderTypes.none },
  });
  switch (step.do) {
    case 'add folder':
      return void (await inventory.addFolder(named(step.folder, step.to)));
    case 'move folder':
      return void (await inventory.moveFolder(owner, folder(step.folder), folder(step.to)));
    case 'update folder':
      return void (await inventory.updateFolder({ ...named(step.folder, step.to), version: step.version }));
    case 'delete folders':
      return void (await inventory.deleteFolders(owner, step.folders.map(folder)));
    case 'purge':
      return void (await inventory.purgeFolder(folder(step.folder)));
    case 'add item':
      return void (await inventory.addItem(testItem(owner, folder(step.to), { id: item(step.item) })));
    case 'update item':
      return void (await inventory.updateItem(testItem(owner, folder(0), { id: item(step.item) })));
    case 'move items':
      return void (await inventory.moveItems(
        owner,
        step.moves.map((move) => ({ itemId: item(move.item), folderId: folder(move.to) })),
      ));
    case 'delete items':
      return void (await inventory.deleteItems(owner, step.items.map(item)));
  }
}

forEachDatabase('random changes leave what the rules say', async (_test, database) => {
  const { inventory } = await testGrid(database);
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 5, maxLength: 40 }), async (steps) => {
      const owner = randomUuid();
      await inventory.createForResident(owner);
      const root = await inventory.rootFolder(owner);
      const trash = await inventory.folderForType(owner, FolderTypes.trash);
      assert.ok(root && trash);
      const folders = [root.id, trash.id, ...Array.from({ length: folderCount }, () => randomUuid())];
      const items = Array.from({ length: itemCount }, () => randomUuid());
      const model = new Model(root.version, trash.version);
      for (const step of steps) {
        model.apply(step);
        await apply(inventory, owner, folders, items, step);
      }

      const skeleton = await inventory.skeleton(owner);
      const stored = new Map(skeleton.map((folder) => [folder.id, folder]));
      for (const [number, id] of folders.entries()) {
        const expected = model.folders.get(number);
        const actual = stored.get(id);
        assert.equal(actual?.version, expected?.version, `version of folder ${number}`);
        if (expected !== undefined && number > 0)
          assert.equal(actual?.parentId, folders[expected.parent], `place of folder ${number}`);
      }
      assert.equal(skeleton.length, 21 - 2 + model.folders.size);
      const found = await inventory.items(items);
      for (const [number, id] of items.entries()) {
        const at = model.items.get(number);
        assert.equal(found.get(id)?.folderId, at === undefined ? undefined : folders[at], `item ${number}`);
      }
      for (const folder of skeleton) {
        const line = await inventory.trail(folder.id);
        assert.equal(line.at(-1)?.id, root.id);
        assert.equal(new Set(line.map((above) => above.id)).size, line.length);
      }
    }),
    { numRuns: database.dialect === 'sqlite' ? 60 : 15 },
  );
});

forEachDatabase('folders that are moved into each other at once make no circle', async (_test, database) => {
  const { inventory } = await testGrid(database);
  const owner = randomUuid();
  await inventory.createForResident(owner);
  const root = await inventory.rootFolder(owner);
  assert.ok(root);
  for (let round = 0; round < 5; round++) {
    const ids = Array.from({ length: 3 }, () => randomUuid());
    for (const id of ids)
      await inventory.addFolder({ id, ownerId: owner, parentId: root.id, name: 'x', type: FolderTypes.none });
    const moves = ids.map((id, index) => inventory.moveFolder(owner, id, ids[(index + 1) % 3] ?? root.id));
    const outcomes = await Promise.all(moves);
    assert.ok(outcomes.includes('bad-place'), 'the last move would close the circle');
    for (const id of ids) assert.equal((await inventory.trail(id)).at(-1)?.id, root.id);
  }
});
