/** The suitcase as one caller from another grid sees it. What is denied looks as if it were not there. */
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { FolderReplies, FolderReply } from '../inventory/folder-replies.ts';
import { reconcileFolder, reconcileItem } from '../inventory/inventory-form.ts';
import type { InventoryFolder, InventoryItem } from '../inventory/inventory-records.ts';
import type { InventoryView } from '../inventory/inventory-view.ts';
import type { Inventory, ItemMove } from '../inventory/inventory.ts';
import { libraryOwnerId } from '../library/library-ids.ts';
import { transact } from '../transactions.ts';
import { placeOf } from './suitcase-tree.ts';

/** Whether a caller at this address may ask about a resident's suitcase. */
export type MayAskSuitcase = (residentId: Uuid, address: string) => boolean | Promise<boolean>;

/** The ids of the items that a resident wears or has attached. */
export type WornItems = (residentId: Uuid) => Promise<ReadonlySet<Uuid>>;

export interface SuitcaseOptions {
  readonly database: Database;
  readonly inventory: Inventory;
  readonly replies: FolderReplies;
  readonly wornItems: WornItems;
  readonly mayAsk: MayAskSuitcase;
}

/** Items moved at once; each is looked at alone. */
const movesMax = 1000;
/** Folders asked for at once; each is looked at alone. */
const foldersMax = 500;

export class SuitcaseView implements InventoryView {
  readonly #options: SuitcaseOptions;
  readonly #address: string;
  readonly #answers = new Map<Uuid, boolean>();

  constructor(options: SuitcaseOptions, address: string) {
    this.#options = options;
    this.#address = address;
  }

  createForResident(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async skeleton(ownerId: Uuid): Promise<readonly InventoryFolder[]> {
    const suitcase = await this.#suitcase(ownerId);
    if (suitcase === undefined) return [];
    const all = await this.#options.inventory.skeleton(ownerId);
    const children = Map.groupBy(all, (folder) => folder.parentId);
    const tree = [...(children.get(suitcase.id) ?? [])];
    // Grows while it is walked.
    for (const folder of tree) tree.push(...(children.get(folder.id) ?? []));
    return [...tree, asRoot(suitcase)];
  }

  async rootFolder(ownerId: Uuid): Promise<InventoryFolder | undefined> {
    if (!(await this.#mayAsk(ownerId))) return undefined;
    const suitcase = await this.#options.inventory.ensureSuitcase(ownerId);
    return suitcase === undefined ? undefined : asRoot(suitcase);
  }

  async folderForType(ownerId: Uuid, type: number): Promise<InventoryFolder | undefined> {
    const suitcase = await this.#suitcase(ownerId);
    if (suitcase === undefined) return undefined;
    for await (const folder of this.#options.inventory.subfolders(suitcase.id))
      if (folder.type === type) return folder;
    return undefined;
  }

  async replies(folderIds: readonly Uuid[]): Promise<ReadonlyMap<Uuid, FolderReply>> {
    const allowed: Uuid[] = [];
    for (const id of folderIds.slice(0, foldersMax))
      if ((await this.folder(id)) !== undefined) allowed.push(id);
    return this.#options.replies.of(allowed);
  }

  async folder(id: Uuid): Promise<InventoryFolder | undefined> {
    const found = await placeOf(this.#options.inventory, id);
    if (found === undefined || found.place === 'outside') return undefined;
    return (await this.#mayAsk(found.folder.ownerId)) ? found.folder : undefined;
  }

  async item(id: Uuid): Promise<InventoryItem | undefined> {
    return (await this.items([id])).get(id);
  }

  async items(ids: readonly Uuid[]): Promise<ReadonlyMap<Uuid, InventoryItem>> {
    const all = [...(await this.#options.inventory.items(ids)).values()];
    const allowed = new Map<Uuid, InventoryItem>();
    for (const [ownerId, items] of Map.groupBy(all, (item) => item.ownerId)) {
      if (!(await this.#mayAsk(ownerId))) continue;
      const worn = await this.#options.wornItems(ownerId);
      for (const [folderId, inside] of Map.groupBy(items, (item) => item.folderId)) {
        const taken = await this.#isTaken(ownerId, folderId);
        for (const item of inside) if (taken || worn.has(item.id)) allowed.set(item.id, item);
      }
    }
    return allowed;
  }

  async activeGestures(ownerId: Uuid): Promise<readonly InventoryItem[]> {
    if (!(await this.#mayAsk(ownerId))) return [];
    const gestures = await this.#options.inventory.activeGestures(ownerId);
    const taken: InventoryItem[] = [];
    for (const [folderId, inside] of Map.groupBy(gestures, (item) => item.folderId))
      if (await this.#isTaken(ownerId, folderId)) taken.push(...inside);
    return taken;
  }

  async assetPermissions(ownerId: Uuid, assetId: Uuid): Promise<number> {
    if (!(await this.#mayAsk(ownerId))) return 0;
    return this.#options.inventory.assetPermissions(ownerId, assetId);
  }

  async addFolder(folder: InventoryFolder): Promise<boolean> {
    return this.#change(folder.ownerId, async (queries) => {
      if (!(await this.#isTaken(folder.ownerId, folder.parentId, queries))) return false;
      return (await this.#options.inventory.addFolder(folder, queries)) === 'done';
    });
  }

  async updateFolder(folder: InventoryFolder): Promise<boolean> {
    const { inventory } = this.#options;
    return this.#change(folder.ownerId, async (queries) => {
      const stored = await placeOf(inventory, folder.id, queries);
      if (stored === undefined || stored.place === 'outside') return false;
      const moves = stored.folder.parentId !== folder.parentId;
      if (moves && !(await this.#isTaken(folder.ownerId, folder.parentId, queries))) return false;
      return (await inventory.updateFolder(folder, queries, reconcileFolder)) === 'done';
    });
  }

  async moveFolder(ownerId: Uuid, folderId: Uuid, parentId: Uuid): Promise<boolean> {
    const { inventory } = this.#options;
    return this.#change(ownerId, async (queries) => {
      if ((await placeOf(inventory, folderId, queries))?.place !== 'inside') return false;
      if (!(await this.#isTaken(ownerId, parentId, queries))) return false;
      return (await inventory.moveFolder(ownerId, folderId, parentId, queries)) === 'done';
    });
  }

  deleteFolders(): Promise<boolean> {
    return Promise.resolve(false);
  }

  purgeFolder(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async addItem(item: InventoryItem): Promise<boolean> {
    const { inventory } = this.#options;
    return this.#change(item.ownerId, async (queries) => {
      if (!(await this.#isTaken(item.ownerId, item.folderId, queries))) return false;
      // Adding stands for replacing too, which must not reach beyond the suitcase.
      const stored = await inventory.item(item.id, queries);
      if (stored !== undefined && !(await this.#isTaken(item.ownerId, stored.folderId, queries)))
        return false;
      return (await inventory.addItem(item, queries, reconcileItem)) === 'done';
    });
  }

  async updateItem(item: InventoryItem): Promise<boolean> {
    const { inventory } = this.#options;
    return this.#change(item.ownerId, async (queries) => {
      const stored = await inventory.item(item.id, queries);
      if (stored === undefined) return false;
      if (!(await this.#isTaken(item.ownerId, stored.folderId, queries))) return false;
      return (await inventory.updateItem(item, queries, reconcileItem)) === 'done';
    });
  }

  async moveItems(ownerId: Uuid, moves: readonly ItemMove[]): Promise<boolean> {
    const { inventory } = this.#options;
    if (moves.length > movesMax) return false;
    return this.#change(ownerId, async (queries) => {
      for (const { itemId, folderId } of moves) {
        const stored = await inventory.item(itemId, queries);
        if (stored === undefined) continue;
        for (const id of [stored.folderId, folderId])
          if (!(await this.#isTaken(ownerId, id, queries))) return false;
      }
      await inventory.moveItems(ownerId, moves, queries);
      return true;
    });
  }

  deleteItems(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async #change(ownerId: Uuid, work: (queries: Queries) => Promise<boolean>): Promise<boolean> {
    return (await this.#mayAsk(ownerId)) && (await transact(this.#options.database, work));
  }

  async #mayAsk(ownerId: Uuid): Promise<boolean> {
    if (ownerId === zeroUuid || ownerId === libraryOwnerId) return false;
    const known = this.#answers.get(ownerId);
    if (known !== undefined) return known;
    const answer = await this.#options.mayAsk(ownerId, this.#address);
    this.#answers.set(ownerId, answer);
    return answer;
  }

  async #suitcase(ownerId: Uuid): Promise<InventoryFolder | undefined> {
    if (!(await this.#mayAsk(ownerId))) return undefined;
    return this.#options.inventory.folderForType(ownerId, FolderTypes.suitcase);
  }

  /** Whether the folder is this owner's and among what is taken along. */
  async #isTaken(ownerId: Uuid, folderId: Uuid, queries?: Queries): Promise<boolean> {
    const found = await placeOf(this.#options.inventory, folderId, queries);
    return found !== undefined && found.place !== 'outside' && found.folder.ownerId === ownerId;
  }
}

/** Other grids take the suitcase for the root of the inventory, of no special type. */
function asRoot(suitcase: InventoryFolder): InventoryFolder {
  return { ...suitcase, type: FolderTypes.none };
}
