/**
 * The grid's library: folders and items that every viewer shows beside the resident's own. They lie in the inventory's
 * tables under an owner of their own, so that everything that reads inventories reads the library too.
 */
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AtOnce } from '../at-once.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { FolderContent, InventoryFolder, InventoryItem } from '../inventory/inventory-records.ts';
import { libraryOwnerId, libraryRootId } from './library-ids.ts';
import { RecordCache } from '../record-cache.ts';

/** What stands until a library is imported, as stock answers with an empty one. */
export const emptyLibraryRoot: InventoryFolder = {
  id: libraryRootId,
  ownerId: libraryOwnerId,
  parentId: zeroUuid,
  name: 'OpenSim Library',
  type: FolderTypes.root,
  version: 1,
};

export interface LibraryContent {
  /** The root among them. A version is raised further where the folder that is replaced had a higher one. */
  readonly folders: readonly InventoryFolder[];
  readonly items: readonly InventoryItem[];
}

export interface LibraryOptions {
  readonly database: Database;
  readonly inventory: Inventory;
}

export class Library {
  readonly #inventory: Inventory;
  readonly #folders: RecordCache<readonly InventoryFolder[]>;

  constructor(options: LibraryOptions) {
    this.#inventory = options.inventory;
    this.#folders = new RecordCache({ database: options.database, topic: 'inventory', entriesMax: 1 });
  }

  /** `emptyLibraryRoot` when there is no library. */
  async root(): Promise<InventoryFolder> {
    return (await this.skeleton())[0] ?? emptyLibraryRoot;
  }

  /** All folders, the root first; without a promise, and the same array, as long as nothing changes. */
  skeleton(): AtOnce<readonly InventoryFolder[]> {
    return this.#folders.get(libraryOwnerId) ?? this.#read();
  }

  async content(folderId: Uuid): Promise<FolderContent> {
    return this.#inventory.content(folderId);
  }

  /** Puts a library in place of the one that is there. Throws InventoryTreeError when an id is somebody else's. */
  async replace(queries: Queries, content: LibraryContent): Promise<void> {
    await this.#inventory.replaceAll(queries, libraryOwnerId, content);
  }

  async #read(): Promise<readonly InventoryFolder[]> {
    const folders = await this.#folders.load(libraryOwnerId, async () => {
      const stored = await this.#inventory.skeleton(libraryOwnerId);
      const root = stored.find((folder) => folder.id === libraryRootId) ?? emptyLibraryRoot;
      return [root, ...stored.filter((folder) => folder.id !== libraryRootId)];
    });
    return folders ?? [emptyLibraryRoot];
  }
}
