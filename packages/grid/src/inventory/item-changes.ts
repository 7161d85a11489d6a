/** The rules of changing items. Every method works inside the given transaction. */
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { chunked } from '../chunks.ts';
import { findFolder, findFolders } from './folders-store.ts';
import { touchFolder, touchFolders } from './inventory-changes.ts';
import type { InventoryItem, InventoryOutcome, Reconcile } from './inventory-records.ts';
import * as store from './items-store.ts';
import { storableItem } from './storable.ts';

function isLink(item: InventoryItem): boolean {
  return item.assetType === AssetTypes.link || item.assetType === AssetTypes.linkFolder;
}

export class ItemChanges {
  readonly #allowDelete: boolean;

  constructor(allowDelete: boolean) {
    this.#allowDelete = allowDelete;
  }

  async add(
    queries: Queries,
    given: InventoryItem,
    reconcile: Reconcile<InventoryItem>,
  ): Promise<InventoryOutcome> {
    const folder = await findFolder(queries, given.folderId);
    if (folder === undefined) return 'unknown-parent';
    if (folder.ownerId !== given.ownerId) return 'other-owner';
    if ((await store.insertItems(queries, [storableItem(given)])) === 1) {
      await touchFolder(queries, given.folderId);
      return 'done';
    }
    const stored = await store.findItem(queries, given.id);
    if (stored === undefined) return 'unknown-item';
    if (stored.ownerId !== given.ownerId) return 'other-owner';
    await store.replaceItem(queries, storableItem(reconcile(given, stored)));
    if (stored.folderId === given.folderId) await touchFolder(queries, given.folderId);
    else await touchFolders(queries, stored.folderId, given.folderId);
    return 'done';
  }

  async update(
    queries: Queries,
    given: InventoryItem,
    reconcile: Reconcile<InventoryItem>,
  ): Promise<InventoryOutcome> {
    const stored = await store.findItem(queries, given.id);
    if (stored === undefined) return 'unknown-item';
    if (stored.ownerId !== given.ownerId) return 'other-owner';
    if (!this.#allowDelete && isLink(stored)) return 'unknown-item';
    const { ownerId, folderId, assetType, inventoryType, creatorId, creatorData, creatorClaim } = stored;
    const kept = { ownerId, folderId, assetType, inventoryType, creatorId, creatorData, creatorClaim };
    await store.replaceItem(queries, storableItem({ ...reconcile(given, stored), ...kept }));
    await touchFolder(queries, folderId);
    return 'done';
  }

  async move(
    queries: Queries,
    ownerId: Uuid,
    moves: readonly { readonly itemId: Uuid; readonly folderId: Uuid }[],
  ): Promise<number> {
    let moved = 0;
    for await (const chunk of chunked(moves)) {
      const folders = await findFolders(queries, [...new Set(chunk.map((move) => move.folderId))]);
      const places = new Set(
        folders.filter((folder) => folder.ownerId === ownerId).map((folder) => folder.id),
      );
      const items = await store.findItems(queries, [...new Set(chunk.map((move) => move.itemId))]);
      const wherever = new Map(
        items.filter((item) => item.ownerId === ownerId).map((item) => [item.id, item.folderId]),
      );
      const raised = new Map<Uuid, number>();
      for (const { itemId, folderId } of chunk) {
        const from = wherever.get(itemId);
        if (from === undefined || !places.has(folderId)) continue;
        await store.setItemFolder(queries, itemId, folderId);
        wherever.set(itemId, folderId);
        for (const id of [from, folderId]) raised.set(id, (raised.get(id) ?? 0) + 1);
        moved += 1;
      }
      for (const [id, by] of raised) await touchFolder(queries, id, by);
    }
    return moved;
  }

  async delete(queries: Queries, ownerId: Uuid, itemIds: readonly Uuid[]): Promise<number> {
    let deleted = 0;
    for await (const chunk of chunked(new Set(itemIds))) {
      const doomed = (await store.findItems(queries, chunk)).filter(
        (item) => item.ownerId === ownerId && (this.#allowDelete || isLink(item)),
      );
      if (doomed.length === 0) continue;
      await store.deleteItemRows(
        queries,
        doomed.map((item) => item.id),
      );
      const lost = Map.groupBy(doomed, (item) => item.folderId);
      for (const [folderId, gone] of lost) await touchFolder(queries, folderId, gone.length);
      deleted += doomed.length;
    }
    return deleted;
  }
}
