/** Saves a resident's inventory, or a folder of it, as an inventory archive (IAR) that OpenSimulator loads. */
import type {
  IarContent,
  InventoryFolderContent,
  InventoryItemContent,
} from '@gridkeep/content/archives/iar-writer';
import { writeIar } from '@gridkeep/content/archives/iar-writer';
import { writeInventoryControl } from '@gridkeep/content/documents/control-file';
import { itemReferences, writeInventoryItem } from '@gridkeep/content/documents/inventory-item';
import type { InventoryItem as ItemDocument } from '@gridkeep/content/documents/inventory-item';
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { InventoryFolder, InventoryItem } from '@gridkeep/grid/inventory/inventory-records';
import type { Uuid } from '@gridkeep/wire/uuid';
import { stateCreator } from '../creator-claims.ts';
import { Residents } from '../residents.ts';
import { AssetClosure } from './asset-closure.ts';
import type { MissingReference } from './asset-closure.ts';
import { writeDurableFile } from './durable-file.ts';
import type { LostContent } from './saved-content.ts';
import { SavedContent } from './saved-content.ts';
import type { SaveContext } from './save-region.ts';
import { SaveRefusedError } from './save-region.ts';

export interface InventorySaveRequest {
  readonly residentId: Uuid;
  /** Console path: `/` is the whole inventory, `Folder` the folder itself, `Folder/*` what is in it. */
  readonly path: string;
  /** Path of the archive to write. */
  readonly target: string;
  readonly overwrite: boolean;
  readonly withAssets: boolean;
}

export interface InventorySaveResult {
  readonly folders: number;
  readonly items: number;
  readonly assets: number;
  /** Assets that something certainly needs and the grid does not have. */
  readonly missing: readonly MissingReference[];
  readonly missingCount: number;
  /** Left out, since their content is gone or damaged; the first 1000. */
  readonly lost: readonly LostContent[];
  readonly lostCount: number;
  /** Of the file. */
  readonly bytes: number;
}

/** Writes the archive; the target appears when it is whole. Throws SaveRefusedError or FileExistsError. */
export async function saveInventoryArchive(
  grid: GridServices,
  request: InventorySaveRequest,
  context: SaveContext,
): Promise<InventorySaveResult> {
  return new InventorySave(grid, request, context).run();
}

class InventorySave {
  readonly #grid: GridServices;
  readonly #request: InventorySaveRequest;
  readonly #context: SaveContext;
  readonly #closure: AssetClosure;
  readonly #residents: Residents;
  readonly #saved: SavedContent;
  #folders = 0;
  #items = 0;

  constructor(grid: GridServices, request: InventorySaveRequest, context: SaveContext) {
    this.#grid = grid;
    this.#request = request;
    this.#context = context;
    this.#closure = new AssetClosure(grid.assets);
    this.#saved = new SavedContent(grid.blobs);
    this.#residents = new Residents(grid.accounts);
  }

  async run(): Promise<InventorySaveResult> {
    const content = await this.#content();
    const bytes = await writeDurableFile(this.#request.target, writeIar(content), {
      overwrite: this.#request.overwrite,
      writer: this.#context.jobId,
      signal: this.#context.signal,
      onBytes: (done) => {
        const message = `${this.#items} items, ${this.#saved.assets} assets written`;
        this.#context.progress({ done, unit: 'bytes', message });
      },
    });
    return {
      folders: this.#folders,
      items: this.#items,
      assets: this.#saved.assets,
      missing: this.#closure.missing,
      missingCount: this.#closure.missingCount,
      lost: this.#saved.lost,
      lostCount: this.#saved.lostCount,
      bytes,
    };
  }

  async #content(): Promise<IarContent> {
    const { residentId, path, withAssets } = this.#request;
    const target = await this.#grid.inventory.findByPath(residentId, path);
    if (target === undefined)
      throw new SaveRefusedError(`there is nothing at ${JSON.stringify(path)} in this inventory`);
    const assets = withAssets ? this.#saved.assetsOf(this.#closure) : [];
    if (target.kind === 'item') {
      const withHome = target.item.creatorData !== '';
      const control = writeInventoryControl({ assetsIncluded: withAssets, withHome });
      return { control, folders: [], items: [await this.#itemContent(target.item)], assets };
    }
    const withHome = await this.#hasForeignCreators(target.folder.id);
    const control = writeInventoryControl({ assetsIncluded: withAssets, withHome });
    const root = await this.#grid.inventory.rootFolder(residentId);
    if (target.contentsOnly || target.folder.id === root?.id) {
      const { folders, items } = this.#inside(target.folder);
      return { control, folders, items, assets };
    }
    return { control, folders: [this.#folderContent(target.folder)], items: [], assets };
  }

  /** Creator data make it an archive of version 1.2, which stands at its very start. */
  async #hasForeignCreators(folderId: Uuid): Promise<boolean> {
    for await (const entry of this.#grid.inventory.walk(folderId)) {
      if (entry.kind !== 'item') continue;
      const stated = await stateCreator(entry.item, this.#residents);
      if (stated.creatorIdText !== undefined) return true;
    }
    return false;
  }

  #folderContent(folder: InventoryFolder): InventoryFolderContent {
    this.#folders += 1;
    return { id: folder.id, name: folder.name, ...this.#inside(folder) };
  }

  #inside(folder: InventoryFolder): Pick<InventoryFolderContent, 'folders' | 'items'> {
    return { folders: this.#subfolders(folder), items: this.#itemsIn(folder) };
  }

  async *#subfolders(folder: InventoryFolder): AsyncGenerator<InventoryFolderContent> {
    for await (const id of this.#grid.accompanying.list(folder.id)) this.#closure.needAlso(id);
    for await (const child of this.#grid.inventory.subfolders(folder.id)) yield this.#folderContent(child);
  }

  async *#itemsIn(folder: InventoryFolder): AsyncGenerator<InventoryItemContent> {
    for await (const item of this.#grid.inventory.itemsOf(folder.id)) yield this.#itemContent(item);
  }

  async #itemContent(item: InventoryItem): Promise<InventoryItemContent> {
    const document = await this.#document(item);
    this.#closure.need(itemReferences(document), `item ${item.name} (${item.id})`);
    this.#items += 1;
    return { id: item.id, name: item.name, xml: writeInventoryItem(document) };
  }

  async #document(item: InventoryItem): Promise<ItemDocument> {
    return {
      ...(await stateCreator(item, this.#residents)),
      id: item.id,
      name: item.name,
      description: item.description,
      owner: item.ownerId,
      assetId: item.assetId,
      assetType: item.assetType,
      invType: item.inventoryType,
      basePermissions: item.basePermissions,
      currentPermissions: item.currentPermissions,
      everyonePermissions: item.everyonePermissions,
      nextPermissions: item.nextPermissions,
      flags: item.flags,
      saleType: item.saleType,
      salePrice: item.salePrice,
      groupId: item.groupId,
      groupOwned: item.groupOwned,
      creationDate: item.creationDate,
    };
  }
}
