/** The rules of changing items. Every method works inside the given transaction. */
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { chunked } from '../chunks.ts';
import { findFolder, findFolders, raiseVersion } from './folders-store.ts';
import type { InventoryItem, InventoryOutcome } from './inventory-records.ts';
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

  async add(queries: Queries, item: InventoryItem): Promise<InventoryOutcome> {
    const folder = await findFolder(queries, item.folderId);
    if (folder === undefined) return 'unknown-parent';
    if (folder.ownerId !== item.ownerId) return 'other-owner';
    const stored = await store.findItem(queries, item.id);
    if (stored !== undefined && stored.ownerId !== item.ownerId) return 'other-owner';
    if (stored === undefined) await store.insertItems(queries, [storableItem(item)]);
    else await store.replaceItem(queries, storableItem(item));
    if (stored !== undefined && stored.folderId !== item.folderId)
      await raiseVersion(queries, stored.folderId);
    await raiseVersion(queries, item.folderId);
    return 'done';
  }

  async update(queries: Queries, item: InventoryItem): Promise<InventoryOutcome> {
    const stored = await store.findItem(queries, item.id);
    if (stored === undefined) return 'unknown-item';
    if (stored.ownerId !== item.ownerId) return 'other-owner';
    if (!this.#allowDelete && isLink(stored)) return 'unknown-item';
    const { ownerId, folderId, assetType, inventoryType, creatorId, creatorData, creatorClaim } = stored;
    const kept = { ownerId, folderId, assetType, inventoryType, creatorId, creatorData, creatorClaim };
    await store.replaceItem(queries, storableItem({ ...item, ...kept }));
    await raiseVersion(queries, folderId);
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
      for (const [id, by] of raised) await raiseVersion(queries, id, by);
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
      for (const [folderId, gone] of lost) await raiseVersion(queries, folderId, gone.length);
      deleted += doomed.length;
    }
    return deleted;
  }
}
