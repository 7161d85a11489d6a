/** Everything of one owner, replaced at once. */
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { chunked } from '../chunks.ts';
import { deleteFoldersOf, foldersOfOwner, insertFolders } from './folders-store.ts';
import { announceInventory } from './inventory-changes.ts';
import type { FolderContent } from './inventory-records.ts';
import { InventoryTreeError } from './inventory-tree.ts';
import { deleteItemsOf, insertItems } from './items-store.ts';
import { storableFolder, storableItem } from './storable.ts';

/**
 * Takes away what the owner has and puts `content` in its place, whose places the caller has checked. Folders that keep
 * their id get a higher version than they had, so that viewers ask again. Throws InventoryTreeError for ids that exist.
 */
export async function replaceInventory(
  queries: Queries,
  ownerId: Uuid,
  content: FolderContent,
): Promise<void> {
  const before = await foldersOfOwner(queries, ownerId);
  const versions = new Map(before.map((folder) => [folder.id, folder.version]));
  await deleteItemsOf(queries, ownerId);
  await deleteFoldersOf(queries, ownerId);
  for await (const folders of chunked(content.folders)) {
    const rows = folders.map((folder) =>
      storableFolder({
        ...{ ...folder, ownerId },
        version: Math.max(folder.version, (versions.get(folder.id) ?? 0) + 1),
      }),
    );
    if ((await insertFolders(queries, rows)) !== rows.length)
      throw new InventoryTreeError(`ids of folders that exist already, one of ${first(rows)}`);
  }
  for await (const items of chunked(content.items)) {
    const rows = items.map((item) => storableItem({ ...item, ownerId }));
    if ((await insertItems(queries, rows)) !== rows.length)
      throw new InventoryTreeError(`ids of items that exist already, one of ${first(rows)}`);
  }
  announceInventory(queries, ownerId);
}

function first(rows: readonly { readonly id: Uuid; readonly name: string }[]): string {
  return rows
    .slice(0, 3)
    .map(({ id, name }) => `${id} (${name})`)
    .join(', ');
}
