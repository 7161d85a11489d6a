/**
 * Puts folders and items back under the ids they had, in place of what is there now. Versions of folders that are there only
 * grow, so that viewers ask again.
 */
import type { Queries } from '@gridkeep/storage/database/database';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AccompanyingAssets } from '../accompanying/accompanying-assets.ts';
import { chunked } from '../chunks.ts';
import * as folders from './folders-store.ts';
import { announceInventory } from './inventory-changes.ts';
import type { InventoryFolder, InventoryItem } from './inventory-records.ts';
import { InventoryTreeError } from './inventory-tree.ts';
import * as items from './items-store.ts';
import { storableFolder, storableItem } from './storable.ts';

type Stream<T> = AsyncIterable<T> | Iterable<T>;

export interface RestoredTree {
  readonly folders: Stream<InventoryFolder>;
  readonly items: Stream<InventoryItem>;
  /** What came with folders though no item names it. */
  readonly accompanying: Stream<{ readonly holder: Uuid; readonly asset: Uuid }>;
}

/**
 * `within`: the folder that is replaced with all below it, which lies in a folder that exists; undefined: all that the owner
 * has. What of the tree lies elsewhere now, goes back. Throws InventoryTreeError for ids of somebody else, and for folders
 * that would not hang on a root.
 */
export async function restoreTree(
  queries: Queries,
  ownerId: Uuid,
  within: Uuid | undefined,
  tree: RestoredTree,
  accompanying: AccompanyingAssets,
): Promise<void> {
  const before = await folders.foldersOfOwner(queries, ownerId);
  const known = new Map(before.map((folder) => [folder.id, folder]));
  const touched = new Set<Uuid>();
  const gone = within === undefined ? [...known.keys()] : await folders.subtreeIds(queries, [within]);
  await accompanying.clear(queries, gone);
  if (within === undefined) {
    await items.deleteItemsOf(queries, ownerId);
    await folders.deleteFoldersOf(queries, ownerId);
  } else {
    const old = known.get(within);
    if (old !== undefined) touched.add(old.parentId);
    for await (const ids of chunked(gone)) {
      await items.deleteItemsIn(queries, ids);
      await folders.deleteFolderRows(queries, ids);
    }
  }
  const put = new Set<Uuid>();
  for await (const chunk of chunked(tree.folders)) {
    for (const one of chunk) {
      put.add(one.id);
      if (one.id === within) touched.add(one.parentId);
    }
    await putFolders(queries, ownerId, chunk, known, touched);
  }
  for await (const chunk of chunked(tree.items)) await putItems(queries, ownerId, chunk, touched);
  for await (const { holder, asset } of tree.accompanying) await accompanying.add(queries, holder, [asset]);
  const above = [...touched].filter((id) => id !== zeroUuid && !put.has(id));
  for await (const ids of chunked(above)) await folders.raiseVersion(queries, ids, 1);
  if (within !== undefined) await requireRooted(queries, within);
  announceInventory(queries, ownerId);
}

async function putFolders(
  queries: Queries,
  ownerId: Uuid,
  chunk: readonly InventoryFolder[],
  known: ReadonlyMap<Uuid, InventoryFolder>,
  touched: Set<Uuid>,
): Promise<void> {
  const moved = await folders.findFolders(
    queries,
    chunk.map((folder) => folder.id),
  );
  for (const folder of moved) {
    if (folder.ownerId !== ownerId)
      throw new InventoryTreeError(`folder ${folder.id} (${folder.name}) belongs to somebody else now`);
    touched.add(folder.parentId);
  }
  if (moved.length > 0)
    await folders.deleteFolderRows(
      queries,
      moved.map((folder) => folder.id),
    );
  const rows = chunk.map((folder) =>
    storableFolder({ ...folder, ownerId, version: Math.max(folder.version, nextVersion(known, folder.id)) }),
  );
  if ((await folders.insertFolders(queries, rows)) !== rows.length)
    throw new InventoryTreeError('folders have ids that exist already');
}

/** 0 for a folder that was not there. */
function nextVersion(known: ReadonlyMap<Uuid, InventoryFolder>, id: Uuid): number {
  const before = known.get(id);
  return before === undefined ? 0 : before.version + 1;
}

async function putItems(
  queries: Queries,
  ownerId: Uuid,
  chunk: readonly InventoryItem[],
  touched: Set<Uuid>,
): Promise<void> {
  const moved = await items.findItems(
    queries,
    chunk.map((item) => item.id),
  );
  for (const item of moved) {
    if (item.ownerId !== ownerId)
      throw new InventoryTreeError(`item ${item.id} (${item.name}) belongs to somebody else now`);
    touched.add(item.folderId);
  }
  if (moved.length > 0)
    await items.deleteItemRows(
      queries,
      moved.map((item) => item.id),
    );
  const rows = chunk.map((item) => storableItem({ ...item, ownerId }));
  if ((await items.insertItems(queries, rows)) !== rows.length)
    throw new InventoryTreeError('items have ids that exist already');
}

/** A folder that took one back in which it lies itself would hang on nothing. */
async function requireRooted(queries: Queries, id: Uuid): Promise<void> {
  const line = await folders.folderAndAncestors(queries, id);
  if (line.length === 0) return;
  if (line.at(-1)?.parentId !== zeroUuid)
    throw new InventoryTreeError(`folder ${id} would not hang on a root: restore it beside`);
}
