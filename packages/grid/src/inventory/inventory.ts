/**
 * Residents' inventories, by OpenSimulator's rules of versions, system folders and deletion; beyond those rules, every
 * folder and item has an owner's folder above it, up to a root, and no folder lies within itself.
 */
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import { callingCardFolders, systemFolders } from '@gridkeep/content/assets/system-folders';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AccompanyingAssets } from '../accompanying/accompanying-assets.ts';
import { chunked } from '../chunks.ts';
import { storableText } from '../text.ts';
import { within } from '../transactions.ts';
import { parseConsolePath } from './console-path.ts';
import * as folders from './folders-store.ts';
import { pagedItems, pagedSubfolders } from './folder-pages.ts';
import { FolderChanges } from './folder-changes.ts';
import { folderNameMax } from './inventory-records.ts';
import type {
  FolderContent,
  InventoryFolder,
  InventoryItem,
  InventoryOutcome,
  NewFolder,
  Reconcile,
} from './inventory-records.ts';
import { announceInventory } from './inventory-changes.ts';
import { insertTree, walkTree } from './inventory-tree.ts';
import type { NewTreeEntry, TreeCounts, TreeEntry } from './inventory-tree.ts';
import { ItemChanges } from './item-changes.ts';
import * as items from './items-store.ts';
import { replaceInventory } from './replace-inventory.ts';
import { newSuitcase } from './suitcase-folder.ts';
import { restoreTree } from './restore-tree.ts';
import type { RestoredTree } from './restore-tree.ts';
import { isRecoveredFolder, makeRecoveredFolder } from './recovered-folders.ts';
import { preferredRoot, rootFolderName } from './system-folders.ts';

export interface InventoryOptions {
  readonly database: Database;
  readonly accompanying: AccompanyingAssets;
  /** False: only links can be deleted, and no folders. Default true. */
  readonly allowDelete?: boolean;
}

export interface ItemMove {
  readonly itemId: Uuid;
  readonly folderId: Uuid;
}

/** What lies at a path: a folder, or an item when no folder has that name. */
export type PathTarget =
  | { readonly kind: 'folder'; readonly folder: InventoryFolder; readonly contentsOnly: boolean }
  | { readonly kind: 'item'; readonly item: InventoryItem };

/** Every method that changes something takes part in the transaction handed to it, or has one of its own. */
export class Inventory {
  /** False: only links can be deleted, and no folders. */
  readonly allowsDelete: boolean;
  readonly #database: Database;
  readonly #accompanying: AccompanyingAssets;
  readonly #folderChanges: FolderChanges;
  readonly #itemChanges: ItemChanges;

  constructor(options: InventoryOptions) {
    const allowDelete = options.allowDelete ?? true;
    this.allowsDelete = allowDelete;
    this.#database = options.database;
    this.#accompanying = options.accompanying;
    this.#folderChanges = new FolderChanges(options.accompanying, allowDelete);
    this.#itemChanges = new ItemChanges(allowDelete);
  }

  /** Makes what is missing of root and system folders; false when there was a root already. */
  async createForResident(ownerId: Uuid, transaction?: Queries): Promise<boolean> {
    return within(this.#database, transaction, async (queries) => {
      const existing = preferredRoot(await folders.rootsOf(queries, ownerId));
      const root = existing ?? (await addRoot(queries, ownerId));
      const children = await folders.childFolders(queries, [root.id]);
      const missing = systemFolders.filter(
        ({ type, name }) =>
          // Old databases gave type 0 to ordinary folders too, so Textures is known by its name.
          !children.some(
            (child) => child.type === type && (type !== FolderTypes.texture || child.name === name),
          ),
      );
      for (const { type, name } of missing) {
        const folder = newFolder(ownerId, root.id, name, type);
        const cards = type === FolderTypes.callingCard ? callingCardFolders : [];
        await folders.insertFolders(queries, [{ ...folder, version: 1 + Math.min(cards.length, 1) }]);
        let parent = folder;
        for (const [level, inner] of cards.entries()) {
          const child = newFolder(ownerId, parent.id, inner, FolderTypes.callingCard);
          const version = level + 1 < cards.length ? 2 : 1;
          await folders.insertFolders(queries, [{ ...child, version }]);
          parent = child;
        }
      }
      if (missing.length > 0) await folders.raiseVersion(queries, [root.id], missing.length);
      announceInventory(queries, ownerId);
      return existing === undefined;
    });
  }

  /** The folder that travels to other grids, made when it is missing; undefined for somebody without an inventory. */
  async ensureSuitcase(ownerId: Uuid, transaction?: Queries): Promise<InventoryFolder | undefined> {
    const find = async (queries?: Queries) => this.folderForType(ownerId, FolderTypes.suitcase, queries);
    const known = await find(transaction);
    if (known !== undefined) return known;
    return within(this.#database, transaction, async (queries) => {
      const root = await this.rootFolder(ownerId, queries);
      if (root === undefined) return undefined;
      const made = await find(queries);
      if (made !== undefined) return made;
      await insertTree(queries, ownerId, newSuitcase(ownerId, root.id));
      return find(queries);
    });
  }

  /** The root, or of several (old databases have such) the one named `My Inventory`. */
  async rootFolder(ownerId: Uuid, queries: Queries = this.#database): Promise<InventoryFolder | undefined> {
    return preferredRoot(await folders.rootsOf(queries, ownerId));
  }

  /** The root for type 8, else the folder of that type directly below it. */
  async folderForType(
    ownerId: Uuid,
    type: number,
    queries: Queries = this.#database,
  ): Promise<InventoryFolder | undefined> {
    if (type === FolderTypes.root) return this.rootFolder(ownerId, queries);
    const found = await folders.rootsWithType(queries, ownerId, type);
    const root = preferredRoot(found.map((line) => line.root));
    return found.find((line) => line.root.id === root?.id)?.child;
  }

  /** All folders of a resident. */
  async skeleton(ownerId: Uuid): Promise<readonly InventoryFolder[]> {
    return folders.foldersOfOwner(this.#database, ownerId);
  }

  async folder(id: Uuid, queries: Queries = this.#database): Promise<InventoryFolder | undefined> {
    return folders.findFolder(queries, id);
  }

  async item(id: Uuid, queries: Queries = this.#database): Promise<InventoryItem | undefined> {
    return items.findItem(queries, id);
  }

  /** Those that exist, by id; thousands at once. */
  async folders(ids: Iterable<Uuid>): Promise<ReadonlyMap<Uuid, InventoryFolder>> {
    const found = new Map<Uuid, InventoryFolder>();
    for await (const chunk of chunked(new Set(ids)))
      for (const folder of await folders.findFolders(this.#database, chunk)) found.set(folder.id, folder);
    return found;
  }

  /** Those that exist, by id; thousands at once. */
  async items(ids: Iterable<Uuid>): Promise<ReadonlyMap<Uuid, InventoryItem>> {
    const found = new Map<Uuid, InventoryItem>();
    for await (const chunk of chunked(new Set(ids)))
      for (const item of await items.findItems(this.#database, chunk)) found.set(item.id, item);
    return found;
  }

  /** What lies directly in a folder, whether or not the folder exists. */
  async content(folderId: Uuid): Promise<FolderContent> {
    return {
      folders: await folders.childFolders(this.#database, [folderId]),
      items: await items.itemsIn(this.#database, [folderId]),
    };
  }

  /** As `content`, for many folders at once; folders that do not exist have no entry. */
  async contents(
    folderIds: Iterable<Uuid>,
  ): Promise<ReadonlyMap<Uuid, FolderContent & { readonly folder: InventoryFolder }>> {
    const found = new Map<
      Uuid,
      { folder: InventoryFolder; folders: InventoryFolder[]; items: InventoryItem[] }
    >();
    for await (const chunk of chunked(new Set(folderIds))) {
      for (const folder of await folders.findFolders(this.#database, chunk))
        found.set(folder.id, { folder, folders: [], items: [] });
      const known = chunk.filter((id) => found.has(id));
      for (const child of await folders.childFolders(this.#database, known))
        found.get(child.parentId)?.folders.push(child);
      for (const item of await items.itemsIn(this.#database, known))
        found.get(item.folderId)?.items.push(item);
    }
    return found;
  }

  async folderItems(folderId: Uuid): Promise<readonly InventoryItem[]> {
    return items.itemsIn(this.#database, [folderId]);
  }

  async activeGestures(ownerId: Uuid): Promise<readonly InventoryItem[]> {
    return items.activeGestures(this.#database, ownerId);
  }

  /** The current permissions of all the resident's items with this asset, or-ed; 0 without such an item. */
  async assetPermissions(ownerId: Uuid, assetId: Uuid): Promise<number> {
    const masks = await items.permissionsOn(this.#database, ownerId, assetId);
    return masks.reduce((all, mask) => (all | mask) >>> 0, 0);
  }

  /**
   * What lies at a console path below the root, `/` being the root. Of several folders with a name all are followed;
   * of several results the first by id counts. Throws a RangeError for a path of too many names.
   */
  async findByPath(
    ownerId: Uuid,
    path: string,
    queries: Queries = this.#database,
  ): Promise<PathTarget | undefined> {
    const { names, contentsOnly } = parseConsolePath(path);
    const root = await this.rootFolder(ownerId, queries);
    if (root === undefined) return undefined;
    let level: readonly InventoryFolder[] = [root];
    for (const [index, name] of names.entries()) {
      const parents = level.slice(0, 100).map((folder) => folder.id);
      level = await folders.childrenNamed(queries, parents, name);
      if (level.length > 0 || index + 1 < names.length || contentsOnly) continue;
      const item = (await items.itemsNamed(queries, parents, name))[0];
      return item === undefined ? undefined : { kind: 'item', item };
    }
    const folder = level[0];
    return folder === undefined ? undefined : { kind: 'folder', folder, contentsOnly };
  }

  /** A folder's parents up to the root, nearest first, itself included. */
  async trail(folderId: Uuid, queries: Queries = this.#database): Promise<readonly InventoryFolder[]> {
    return folders.folderAndAncestors(queries, folderId);
  }

  async addFolder(folder: NewFolder, transaction?: Queries): Promise<InventoryOutcome> {
    return within(this.#database, transaction, (queries) => this.#folderChanges.add(queries, folder));
  }

  /**
   * For what must be put into a folder that does not exist: makes it in the owner's Lost And Found. False when it exists
   * or the owner has no inventory.
   */
  async recoverFolder(ownerId: Uuid, id: Uuid, transaction?: Queries): Promise<boolean> {
    return within(this.#database, transaction, (queries) => makeRecoveredFolder(queries, ownerId, id));
  }

  /** Gives a folder that `recoverFolder` made the name and place it should have. */
  async claimRecoveredFolder(folder: InventoryFolder, transaction?: Queries): Promise<InventoryOutcome> {
    return within(this.#database, transaction, async (queries) => {
      const stored = await folders.findFolder(queries, folder.id);
      if (stored === undefined) return 'unknown-folder';
      if (stored.ownerId !== folder.ownerId) return 'other-owner';
      if (!(await isRecoveredFolder(queries, stored))) return 'exists';
      return this.#folderChanges.update(queries, folder, asGiven);
    });
  }

  /** A folder that does not exist is added. */
  async updateFolder(
    folder: InventoryFolder,
    transaction?: Queries,
    reconcile: Reconcile<InventoryFolder> = asGiven,
  ): Promise<InventoryOutcome> {
    return within(this.#database, transaction, (queries) =>
      this.#folderChanges.update(queries, folder, reconcile),
    );
  }

  async moveFolder(
    ownerId: Uuid,
    folderId: Uuid,
    parentId: Uuid,
    transaction?: Queries,
  ): Promise<InventoryOutcome> {
    return within(this.#database, transaction, (queries) =>
      this.#folderChanges.move(queries, ownerId, folderId, parentId),
    );
  }

  /** Deletes those that lie in Trash or Lost And Found and passes over the others; returns how many went. */
  async deleteFolders(ownerId: Uuid, folderIds: readonly Uuid[], transaction?: Queries): Promise<number> {
    return within(this.#database, transaction, (queries) =>
      this.#folderChanges.deleteDiscarded(queries, ownerId, folderIds),
    );
  }

  /** Empties a folder that is or lies in Trash or Lost And Found. */
  async purgeFolder(folderId: Uuid, transaction?: Queries): Promise<InventoryOutcome> {
    return within(this.#database, transaction, (queries) => this.#folderChanges.purge(queries, folderId));
  }

  /** Empties any folder, for replacing what is in it. */
  async emptyFolder(queries: Queries, folderId: Uuid): Promise<void> {
    await this.#folderChanges.empty(queries, folderId);
  }

  /** Stores an item, in place of the one with its id. */
  async addItem(
    item: InventoryItem,
    transaction?: Queries,
    reconcile: Reconcile<InventoryItem> = asGiven,
  ): Promise<InventoryOutcome> {
    return within(this.#database, transaction, (queries) => this.#itemChanges.add(queries, item, reconcile));
  }

  /** Owner, creator, folder and types stay as they are stored. */
  async updateItem(
    item: InventoryItem,
    transaction?: Queries,
    reconcile: Reconcile<InventoryItem> = asGiven,
  ): Promise<InventoryOutcome> {
    return within(this.#database, transaction, (queries) =>
      this.#itemChanges.update(queries, item, reconcile),
    );
  }

  /** Moves those that exist into those folders of their owner that exist; returns how many moved. */
  async moveItems(ownerId: Uuid, moves: readonly ItemMove[], transaction?: Queries): Promise<number> {
    return within(this.#database, transaction, (queries) => this.#itemChanges.move(queries, ownerId, moves));
  }

  /** Returns how many went. */
  async deleteItems(ownerId: Uuid, itemIds: readonly Uuid[], transaction?: Queries): Promise<number> {
    return within(this.#database, transaction, (queries) =>
      this.#itemChanges.delete(queries, ownerId, itemIds),
    );
  }

  /** Puts a whole tree in, as `insertTree`. Throws InventoryTreeError. */
  async insertTree(
    queries: Queries,
    ownerId: Uuid,
    entries: AsyncIterable<NewTreeEntry> | Iterable<NewTreeEntry>,
  ): Promise<TreeCounts> {
    return insertTree(queries, ownerId, entries);
  }

  /** Puts `content` in place of all that an owner has, as `replaceInventory`. Throws InventoryTreeError. */
  async replaceAll(queries: Queries, ownerId: Uuid, content: FolderContent): Promise<void> {
    await replaceInventory(queries, ownerId, content);
  }

  /** Puts a folder with all below it, or everything of an owner, back as it was; see `restoreTree`. Throws InventoryTreeError. */
  async restoreTree(
    queries: Queries,
    ownerId: Uuid,
    within: Uuid | undefined,
    tree: RestoredTree,
  ): Promise<void> {
    await restoreTree(queries, ownerId, within, tree, this.#accompanying);
  }

  /** Everything from a folder down, depth first, memory flat; see `walkTree`. */
  walk(folderId: Uuid, queries: Queries = this.#database): AsyncIterable<TreeEntry> {
    return walkTree(queries, folderId);
  }

  /** The folders directly in a folder, in the order of their ids; memory stays flat. */
  subfolders(folderId: Uuid, queries: Queries = this.#database): AsyncIterable<InventoryFolder> {
    return pagedSubfolders(queries, folderId);
  }

  /** The items directly in a folder, in the order of their ids; memory stays flat. */
  itemsOf(folderId: Uuid, queries: Queries = this.#database): AsyncIterable<InventoryItem> {
    return pagedItems(queries, folderId);
  }

  /** The folders of that name directly in a folder; the name is cut as stored names are. */
  async foldersNamed(
    parentId: Uuid,
    name: string,
    queries: Queries = this.#database,
  ): Promise<readonly InventoryFolder[]> {
    return folders.childrenNamed(queries, [parentId], storableText(name, folderNameMax));
  }

  async counts(ownerId: Uuid): Promise<TreeCounts> {
    return {
      folders: await folders.countFolders(this.#database, ownerId),
      items: await items.countItems(this.#database, ownerId),
    };
  }
}

function asGiven<T>(given: T): T {
  return given;
}

function newFolder(ownerId: Uuid, parentId: Uuid, name: string, type: number): InventoryFolder {
  return { id: randomUuid(), ownerId, parentId, name, type, version: 1 };
}

async function addRoot(queries: Queries, ownerId: Uuid): Promise<InventoryFolder> {
  const root = newFolder(ownerId, zeroUuid, rootFolderName, FolderTypes.root);
  await folders.insertFolders(queries, [root]);
  return root;
}
