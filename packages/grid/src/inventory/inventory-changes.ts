/**
 * How whoever keeps inventories in memory hears of changes. `folder:<id>`: the folder itself, or what lies directly in it,
 * has changed; a folder's own record is also part of what its parent's listing shows. `inventory:<owner>`: everything of
 * that owner may have changed.
 */
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { raiseVersion } from './folders-store.ts';

/** More changed folders are announced as their owner's whole inventory. */
const foldersAnnouncedMax = 50;

const folderTopic = 'folder:';
const inventoryTopic = 'inventory:';

export type InventoryChange =
  | { readonly folder: string }
  | { readonly inventoryOf: string }
  /** Announcements may have been missed. */
  | { readonly all: true };

/** Undefined for the topics of others. */
export function inventoryChangeOf(topic: string | undefined): InventoryChange | undefined {
  if (topic === undefined) return { all: true };
  if (topic.startsWith(folderTopic)) return { folder: topic.slice(folderTopic.length) };
  if (topic.startsWith(inventoryTopic)) return { inventoryOf: topic.slice(inventoryTopic.length) };
  return undefined;
}

export function announceInventory(queries: Queries, ownerId: Uuid): void {
  queries.announce(inventoryTopic + ownerId);
}

export function announceFolders(queries: Queries, ownerId: Uuid, folderIds: readonly Uuid[]): void {
  if (folderIds.length > foldersAnnouncedMax) announceInventory(queries, ownerId);
  else for (const id of folderIds) queries.announce(folderTopic + id);
}

/** Raises the version of a folder in which something has changed, and announces it. */
export async function touchFolder(queries: Queries, id: Uuid, by = 1): Promise<void> {
  await raiseVersion(queries, [id], by);
  queries.announce(folderTopic + id);
}

/** As `touchFolder`, for two folders in one statement; they may be the same. */
export async function touchFolders(queries: Queries, first: Uuid, second: Uuid): Promise<void> {
  if (first === second) return touchFolder(queries, first, 2);
  await raiseVersion(queries, [first, second], 1);
  for (const id of [first, second]) queries.announce(folderTopic + id);
}
