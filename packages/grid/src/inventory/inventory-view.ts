/** What the wire form asks of an inventory: all of it for the grid's own simulators, a part of it for other grids. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { FolderReply } from './folder-replies.ts';
import type { InventoryFolder, InventoryItem } from './inventory-records.ts';
import type { ItemMove } from './inventory.ts';

/** Questions answer undefined, nothing or false both for what is not there and for what the asker may not know. */
export interface InventoryView {
  createForResident(ownerId: Uuid): Promise<boolean>;
  skeleton(ownerId: Uuid): Promise<readonly InventoryFolder[]>;
  rootFolder(ownerId: Uuid): Promise<InventoryFolder | undefined>;
  folderForType(ownerId: Uuid, type: number): Promise<InventoryFolder | undefined>;
  /** What lies in those folders that exist. */
  replies(folderIds: readonly Uuid[]): Promise<ReadonlyMap<Uuid, FolderReply>>;
  folder(id: Uuid): Promise<InventoryFolder | undefined>;
  item(id: Uuid): Promise<InventoryItem | undefined>;
  items(ids: readonly Uuid[]): Promise<ReadonlyMap<Uuid, InventoryItem>>;
  activeGestures(ownerId: Uuid): Promise<readonly InventoryItem[]>;
  assetPermissions(ownerId: Uuid, assetId: Uuid): Promise<number>;
  addFolder(folder: InventoryFolder): Promise<boolean>;
  updateFolder(folder: InventoryFolder): Promise<boolean>;
  moveFolder(ownerId: Uuid, folderId: Uuid, parentId: Uuid): Promise<boolean>;
  deleteFolders(ownerId: Uuid, folderIds: readonly Uuid[]): Promise<boolean>;
  purgeFolder(folderId: Uuid): Promise<boolean>;
  addItem(item: InventoryItem): Promise<boolean>;
  updateItem(item: InventoryItem): Promise<boolean>;
  moveItems(ownerId: Uuid, moves: readonly ItemMove[]): Promise<boolean>;
  deleteItems(ownerId: Uuid, itemIds: readonly Uuid[]): Promise<boolean>;
}
