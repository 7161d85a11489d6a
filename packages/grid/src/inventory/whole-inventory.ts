/** All of every resident's inventory, for the simulators of the grid: they act for whoever is in their regions. */
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { libraryOwnerId } from '../library/library-ids.ts';
import type { FolderReplies, FolderReply } from './folder-replies.ts';
import { reconcileFolder, reconcileItem } from './inventory-form.ts';
import type { InventoryFolder, InventoryItem, InventoryOutcome } from './inventory-records.ts';
import type { InventoryView } from './inventory-view.ts';
import type { Inventory, ItemMove } from './inventory.ts';

export class WholeInventory implements InventoryView {
  readonly #inventory: Inventory;
  readonly #replies: FolderReplies;

  constructor(inventory: Inventory, replies: FolderReplies) {
    this.#inventory = inventory;
    this.#replies = replies;
  }

  async createForResident(ownerId: Uuid): Promise<boolean> {
    return mayChange(ownerId) && (await this.#inventory.createForResident(ownerId));
  }

  async skeleton(ownerId: Uuid): Promise<readonly InventoryFolder[]> {
    return this.#inventory.skeleton(ownerId);
  }

  async rootFolder(ownerId: Uuid): Promise<InventoryFolder | undefined> {
    return this.#inventory.rootFolder(ownerId);
  }

  async folderForType(ownerId: Uuid, type: number): Promise<InventoryFolder | undefined> {
    return this.#inventory.folderForType(ownerId, type);
  }

  async replies(folderIds: readonly Uuid[]): Promise<ReadonlyMap<Uuid, FolderReply>> {
    return this.#replies.of(folderIds);
  }

  async folder(id: Uuid): Promise<InventoryFolder | undefined> {
    return this.#inventory.folder(id);
  }

  async item(id: Uuid): Promise<InventoryItem | undefined> {
    return this.#inventory.item(id);
  }

  async items(ids: readonly Uuid[]): Promise<ReadonlyMap<Uuid, InventoryItem>> {
    return this.#inventory.items(ids);
  }

  async activeGestures(ownerId: Uuid): Promise<readonly InventoryItem[]> {
    return this.#inventory.activeGestures(ownerId);
  }

  async assetPermissions(ownerId: Uuid, assetId: Uuid): Promise<number> {
    return this.#inventory.assetPermissions(ownerId, assetId);
  }

  async addFolder(folder: InventoryFolder): Promise<boolean> {
    const outcome = await this.#putInto(folder.ownerId, folder.parentId, async () => {
      const added = await this.#inventory.addFolder(folder);
      // Something may have been put into it before it arrived.
      return added === 'exists' ? this.#inventory.claimRecoveredFolder(folder) : added;
    });
    return outcome === 'done';
  }

  async updateFolder(folder: InventoryFolder): Promise<boolean> {
    if (!mayChange(folder.ownerId)) return false;
    return (await this.#inventory.updateFolder(folder, undefined, reconcileFolder)) === 'done';
  }

  async moveFolder(ownerId: Uuid, folderId: Uuid, parentId: Uuid): Promise<boolean> {
    return mayChange(ownerId) && (await this.#inventory.moveFolder(ownerId, folderId, parentId)) === 'done';
  }

  async deleteFolders(ownerId: Uuid, folderIds: readonly Uuid[]): Promise<boolean> {
    if (!this.#inventory.allowsDelete || !mayChange(ownerId)) return false;
    await this.#inventory.deleteFolders(ownerId, folderIds);
    return true;
  }

  async purgeFolder(folderId: Uuid): Promise<boolean> {
    return (await this.#inventory.purgeFolder(folderId)) === 'done';
  }

  async addItem(item: InventoryItem): Promise<boolean> {
    const added = await this.#putInto(item.ownerId, item.folderId, async () =>
      this.#inventory.addItem(item, undefined, reconcileItem),
    );
    return added === 'done';
  }

  async updateItem(item: InventoryItem): Promise<boolean> {
    if (!mayChange(item.ownerId)) return false;
    return (await this.#inventory.updateItem(item, undefined, reconcileItem)) === 'done';
  }

  async moveItems(ownerId: Uuid, moves: readonly ItemMove[]): Promise<boolean> {
    if (!mayChange(ownerId)) return false;
    await this.#inventory.moveItems(ownerId, moves);
    return true;
  }

  async deleteItems(ownerId: Uuid, itemIds: readonly Uuid[]): Promise<boolean> {
    if (!mayChange(ownerId)) return false;
    await this.#inventory.deleteItems(ownerId, itemIds);
    return true;
  }

  /** Puts something into a folder, which is made in Lost And Found when it does not exist. */
  async #putInto(
    ownerId: Uuid,
    folderId: Uuid,
    put: () => Promise<InventoryOutcome>,
  ): Promise<InventoryOutcome> {
    if (!mayChange(ownerId)) return 'other-owner';
    const outcome = await put();
    if (outcome !== 'unknown-parent') return outcome;
    // Another request may have made it meanwhile: then there is nothing to make, but a place to put into.
    await this.#inventory.recoverFolder(ownerId, folderId);
    return put();
  }
}

/** The library changes by imports only. */
function mayChange(ownerId: Uuid): boolean {
  return ownerId !== libraryOwnerId && ownerId !== zeroUuid;
}
