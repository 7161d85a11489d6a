/** The rules of changing folders. Every method works inside the given transaction. */
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { Queries } from '@gridkeep/storage/database/database';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AccompanyingAssets } from '../accompanying/accompanying-assets.ts';
import { chunked } from '../chunks.ts';
import * as store from './folders-store.ts';
import { announceFolders, touchFolder, touchFolders } from './inventory-changes.ts';
import type { InventoryFolder, InventoryOutcome, NewFolder, Reconcile } from './inventory-records.ts';
import { deleteItemsIn } from './items-store.ts';
import { storableFolder } from './storable.ts';
import { isDiscardType, isFreeType } from './system-folders.ts';

export class FolderChanges {
  readonly #accompanying: AccompanyingAssets;
  readonly #allowDelete: boolean;

  constructor(accompanying: AccompanyingAssets, allowDelete: boolean) {
    this.#accompanying = accompanying;
    this.#allowDelete = allowDelete;
  }

  async add(queries: Queries, folder: NewFolder): Promise<InventoryOutcome> {
    if ((await store.findFolder(queries, folder.id)) !== undefined) return 'exists';
    if (folder.type !== FolderTypes.none) {
      const roots = await store.rootsOf(queries, folder.ownerId);
      if (roots.length === 0) return 'no-root';
      if (roots.some((root) => root.id === folder.parentId)) {
        const siblings = await store.childFolders(queries, [folder.parentId]);
        if (siblings.some((sibling) => sibling.type === folder.type)) return 'exists';
      }
    }
    const refusal = await refusalOfPlace(queries, folder.ownerId, folder.parentId, 1);
    if (refusal !== undefined) return refusal;
    await store.insertFolders(queries, [storableFolder({ ...folder, version: 1 })]);
    await touchFolder(queries, folder.parentId);
    return 'done';
  }

  async update(
    queries: Queries,
    given: InventoryFolder,
    reconcile: Reconcile<InventoryFolder>,
  ): Promise<InventoryOutcome> {
    const stored = await store.findFolder(queries, given.id);
    if (stored === undefined) return this.add(queries, given);
    if (stored.ownerId !== given.ownerId) return 'other-owner';
    const folder = reconcile(given, stored);
    if (stored.type !== folder.type || !isFreeType(stored.type))
      return this.#updateSystemFolder(queries, stored, folder.version);
    if (folder.parentId !== stored.parentId) {
      const refusal = await refusalOfMove(queries, stored, folder.parentId);
      if (refusal !== undefined) return refusal;
      await touchFolder(queries, stored.parentId);
    }
    const version = Math.max(stored.version, folder.version);
    await store.replaceFolder(queries, storableFolder({ ...folder, version }));
    announceFolders(queries, folder.ownerId, [folder.id]);
    await touchFolder(queries, folder.parentId);
    return 'done';
  }

  async #updateSystemFolder(
    queries: Queries,
    stored: InventoryFolder,
    version: number,
  ): Promise<InventoryOutcome> {
    if (version < stored.version) return 'stale-version';
    await store.replaceFolder(queries, { ...stored, version });
    announceFolders(queries, stored.ownerId, [stored.id]);
    return 'done';
  }

  async move(queries: Queries, ownerId: Uuid, folderId: Uuid, parentId: Uuid): Promise<InventoryOutcome> {
    const stored = await store.findFolder(queries, folderId);
    if (stored === undefined) return 'unknown-folder';
    if (stored.ownerId !== ownerId) return 'other-owner';
    const refusal = await refusalOfMove(queries, stored, parentId);
    if (refusal !== undefined) return refusal;
    await store.replaceFolder(queries, { ...stored, parentId });
    announceFolders(queries, ownerId, [folderId]);
    await touchFolders(queries, stored.parentId, parentId);
    return 'done';
  }

  async deleteDiscarded(queries: Queries, ownerId: Uuid, folderIds: readonly Uuid[]): Promise<number> {
    if (!this.#allowDelete) return 0;
    let deleted = 0;
    for (const id of folderIds) {
      const [folder, ...above] = await store.folderAndAncestors(queries, id);
      if (folder === undefined || folder.ownerId !== ownerId) continue;
      if (!above.some((parent) => isDiscardType(parent.type))) continue;
      await this.#deleteTree(queries, ownerId, [id]);
      // OpenSimulator does not raise the version of the folder above.
      announceFolders(queries, ownerId, [folder.parentId]);
      deleted += 1;
    }
    return deleted;
  }

  async purge(queries: Queries, folderId: Uuid): Promise<InventoryOutcome> {
    if (!this.#allowDelete) return 'not-in-trash';
    const line = await store.folderAndAncestors(queries, folderId);
    if (line.length === 0) return 'unknown-folder';
    if (!line.some((folder) => isDiscardType(folder.type))) return 'not-in-trash';
    await this.empty(queries, folderId);
    return 'done';
  }

  async empty(queries: Queries, folderId: Uuid): Promise<void> {
    const children = await store.childFolders(queries, [folderId]);
    const owner = children[0]?.ownerId;
    if (owner !== undefined)
      await this.#deleteTree(
        queries,
        owner,
        children.map((child) => child.id),
      );
    await this.#accompanying.clear(queries, [folderId]);
    const items = await deleteItemsIn(queries, [folderId]);
    if (items > 0 || children.length > 0) await touchFolder(queries, folderId);
  }

  async #deleteTree(queries: Queries, ownerId: Uuid, ids: readonly Uuid[]): Promise<void> {
    const all: Uuid[] = [];
    for await (const chunk of chunked(ids)) all.push(...(await store.subtreeIds(queries, chunk)));
    await this.#accompanying.clear(queries, all);
    for await (const chunk of chunked(all)) {
      await deleteItemsIn(queries, chunk);
      await store.deleteFolderRows(queries, chunk);
    }
    announceFolders(queries, ownerId, all);
  }
}

/** Why something of this height cannot lie in that folder; undefined when it can. */
async function refusalOfPlace(
  queries: Queries,
  ownerId: Uuid,
  parentId: Uuid,
  height: number,
  exclude?: Uuid,
): Promise<InventoryOutcome | undefined> {
  if (parentId === zeroUuid) return 'unknown-parent';
  const line = await store.folderAndAncestors(queries, parentId);
  const [parent] = line;
  if (parent === undefined) return 'unknown-parent';
  if (parent.ownerId !== ownerId) return 'other-owner';
  const inItself = exclude !== undefined && line.some((folder) => folder.id === exclude);
  return inItself || line.length + height > store.folderDepthMax ? 'bad-place' : undefined;
}

async function refusalOfMove(
  queries: Queries,
  folder: InventoryFolder,
  parentId: Uuid,
): Promise<InventoryOutcome | undefined> {
  if (folder.parentId === zeroUuid) return 'system-folder';
  const height = await store.heightOf(queries, folder.id);
  return refusalOfPlace(queries, folder.ownerId, parentId, height, folder.id);
}
