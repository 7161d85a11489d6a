/**
 * Folders that a simulator counts on though they do not exist: things are put into them when their folder was lost or has
 * not arrived yet. OpenSimulator stores such things where nobody finds them; here the folder is made in Lost And Found.
 */
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { Queries } from '@gridkeep/storage/database/database';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import * as store from './folders-store.ts';
import { touchFolder } from './inventory-changes.ts';
import type { InventoryFolder } from './inventory-records.ts';
import { preferredRoot } from './system-folders.ts';

const recoveredName = 'Recovered';

/** False when the folder exists, or the owner has no inventory. */
export async function makeRecoveredFolder(queries: Queries, ownerId: Uuid, id: Uuid): Promise<boolean> {
  if (id === zeroUuid || (await store.findFolder(queries, id)) !== undefined) return false;
  const root = preferredRoot(await store.rootsOf(queries, ownerId));
  if (root === undefined) return false;
  const children = await store.childFolders(queries, [root.id]);
  const place = children.find((child) => child.type === FolderTypes.lostAndFound) ?? root;
  const folder = { id, ownerId, parentId: place.id, name: recoveredName, type: FolderTypes.none, version: 1 };
  await store.insertFolders(queries, [folder]);
  await touchFolder(queries, place.id);
  return true;
}

/** Whether a folder was made so and still waits for the real one. */
export async function isRecoveredFolder(queries: Queries, folder: InventoryFolder): Promise<boolean> {
  if (folder.name !== recoveredName || folder.type !== FolderTypes.none) return false;
  const parent = await store.findFolder(queries, folder.parentId);
  return parent?.type === FolderTypes.lostAndFound || parent?.parentId === zeroUuid;
}
