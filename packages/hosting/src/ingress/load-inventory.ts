/** Loads an inventory archive (IAR) into a resident's inventory: all of it or nothing. */
import { basename } from 'node:path';
import type { ArchiveSink } from '@gridkeep/content/archives/inspect-archive';
import type { InspectionReport } from '@gridkeep/content/archives/inspection-report';
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { InventoryItem as ItemDocument } from '@gridkeep/content/documents/inventory-item';
import type { InsertReport } from '@gridkeep/grid/assets/assets';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { parseConsolePath } from '@gridkeep/grid/inventory/console-path';
import type { InventoryItem } from '@gridkeep/grid/inventory/inventory-records';
import type { NewTreeEntry, TreeCounts } from '@gridkeep/grid/inventory/inventory-tree';
import { transact } from '@gridkeep/grid/transactions';
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { randomUuid, tryParseUuid } from '@gridkeep/wire/uuid';
import { recordCreator } from '../creator-claims.ts';
import { asJson } from '../json-value.ts';
import { Residents } from '../residents.ts';
import type { AssetSpools, LoadContext } from './archive-intake.ts';
import { ArchiveIntake, assetRecords, LoadRefusedError } from './archive-intake.ts';
import type { SpooledNode } from './inventory-spools.ts';
import { folderNode, itemNode, spooledNodeCodec } from './inventory-spools.ts';
import { recordLoad } from './load-ledger.ts';
import type { RecordSpool } from './record-spool.ts';

export interface InventoryLoadRequest {
  /** Path of the archive. */
  readonly source: string;
  readonly residentId: Uuid;
  /** Console path of the folder that takes the archive's content; `/` is the whole inventory. */
  readonly destination: string;
  /** Make the folders of the destination that do not exist. */
  readonly createDestination: boolean;
  /**
   * 'merge': folders of the same name in the same place become one. 'add': every folder is made anew, as OpenSimulator does.
   * 'replace': the destination is emptied before.
   */
  readonly mode: 'merge' | 'add' | 'replace';
  /** Refuse the archive when anything in it had to be left out. */
  readonly strict: boolean;
}

export interface InventoryLoadResult {
  readonly folderId: Uuid;
  readonly foldersAdded: number;
  readonly itemsAdded: number;
  /** Links whose target is not in the archive; they are kept as they are. */
  readonly danglingLinks: number;
  readonly assets: InsertReport;
  /** Content the blob store did not have. */
  readonly newBlobs: number;
  readonly newBlobBytes: number;
  readonly report: InspectionReport;
}

/** Returns the result as JSON text: the same that an earlier try of this job recorded, when it had come to its end. */
export async function loadInventoryArchive(
  grid: GridServices,
  request: InventoryLoadRequest,
  context: LoadContext,
): Promise<string> {
  return ArchiveIntake.run(grid, context, async (intake) =>
    new InventoryLoad(grid, request, context, intake).run(),
  );
}

interface Spools {
  readonly assets: AssetSpools;
  /** Folders, and items that are no links. */
  readonly nodes: RecordSpool<SpooledNode>;
  readonly links: RecordSpool<SpooledNode>;
}

class InventoryLoad {
  readonly #grid: GridServices;
  readonly #request: InventoryLoadRequest;
  readonly #context: LoadContext;
  readonly #intake: ArchiveIntake;
  readonly #residents: Residents;
  /** What links of the archive point at. */
  readonly #linked = new Set<Uuid>();

  constructor(
    grid: GridServices,
    request: InventoryLoadRequest,
    context: LoadContext,
    intake: ArchiveIntake,
  ) {
    this.#grid = grid;
    this.#request = request;
    this.#context = context;
    this.#intake = intake;
    this.#residents = new Residents(grid.accounts);
  }

  async run(): Promise<string> {
    if (!(await this.#residents.has(this.#request.residentId)))
      throw new LoadRefusedError(`there is no resident ${this.#request.residentId}`);
    await findDestination(this.#grid, this.#request, this.#grid.database, false);
    const spools: Spools = {
      assets: await this.#intake.assetSpools(),
      nodes: await this.#intake.spool('nodes', spooledNodeCodec),
      links: await this.#intake.spool('links', spooledNodeCodec),
    };
    const { source, strict } = this.#request;
    const wanted = { source, strict, kind: 'iar' } as const;
    const report = await this.#intake.read(wanted, this.#sink(spools), this.#grid.assets, spools.assets);
    return transact(this.#grid.database, (queries) => this.#commit(queries, spools, report));
  }

  #sink(spools: Spools): ArchiveSink {
    return {
      asset: (entry) => this.#intake.takeAsset(entry, spools.assets),
      folder: (entry) => spools.nodes.add(folderNode(entry)),
      item: (entry) => {
        if (!isLink(entry.item)) return spools.nodes.add(itemNode(entry));
        this.#linked.add(entry.item.assetId);
        return spools.links.add(itemNode(entry));
      },
    };
  }

  async #commit(queries: Queries, spools: Spools, report: InspectionReport): Promise<string> {
    const { inventory, assets, accompanying } = this.#grid;
    const { residentId, mode, source } = this.#request;
    const folderId = await findDestination(this.#grid, this.#request, queries, true);
    if (folderId === undefined) throw new Error('the destination was to be made');
    if (mode === 'replace') await inventory.emptyFolder(queries, folderId);
    const inserted = await assets.insertMany(
      queries,
      assetRecords(spools.assets.records),
      `archive ${basename(source)}`,
    );
    const tree = new TreeLoad(this.#grid, this.#request, this.#residents, this.#linked, folderId);
    const counts: TreeCounts = await inventory.insertTree(queries, residentId, tree.entries(queries, spools));
    await accompanying.add(queries, folderId, spools.assets.accompanying.read());
    const { newBlobs, newBytes } = this.#intake.blobTally;
    const result = asJson({
      folderId,
      foldersAdded: counts.folders,
      itemsAdded: counts.items,
      danglingLinks: tree.danglingLinks,
      assets: inserted,
      newBlobs,
      newBlobBytes: newBytes,
      report,
    } satisfies InventoryLoadResult);
    await recordLoad(queries, this.#context.jobId, result);
    return JSON.stringify(result);
  }
}

function isLink(item: ItemDocument): boolean {
  return item.assetType === AssetTypes.link || item.assetType === AssetTypes.linkFolder;
}

/** The folder's id; undefined when it is to be made and `make` is false. Throws LoadRefusedError. */
async function findDestination(
  grid: GridServices,
  request: InventoryLoadRequest,
  queries: Queries,
  make: boolean,
): Promise<Uuid | undefined> {
  const { inventory } = grid;
  const { residentId, destination, createDestination } = request;
  const root = await inventory.rootFolder(residentId, queries);
  if (root === undefined) throw new LoadRefusedError(`resident ${residentId} has no inventory`);
  let folder = root.id;
  for (const name of parseConsolePath(destination).names) {
    const [existing] = await inventory.foldersNamed(folder, name, queries);
    if (existing !== undefined) {
      folder = existing.id;
      continue;
    }
    if (!createDestination)
      throw new LoadRefusedError(
        `there is no folder ${JSON.stringify(name)} on the way to ${JSON.stringify(destination)}: ` +
          'make it first, or load with --create-folder',
      );
    if (!make) return undefined;
    const id = randomUuid();
    const made = { id, ownerId: residentId, parentId: folder, name, type: FolderTypes.none };
    const outcome = await inventory.addFolder(made, queries);
    if (outcome !== 'done')
      throw new LoadRefusedError(`folder ${JSON.stringify(name)} cannot be made: ${outcome}`);
    folder = id;
  }
  return folder;
}

/** Gives ids and places to what the spools hold. Links come last, when all they may point at has its id. */
class TreeLoad {
  readonly #grid: GridServices;
  readonly #request: InventoryLoadRequest;
  readonly #residents: Residents;
  readonly #linked: ReadonlySet<Uuid>;
  /** Folders of the grid by their place in the archive; '' is the destination. */
  readonly #folders: Map<string, Uuid>;
  /** Of what links point at: from the id in the archive to the new one. */
  readonly #newIds = new Map<Uuid, Uuid>();
  /** Folders of the grid that stand for one of the archive already, so that two of one name stay two. */
  readonly #used = new Set<Uuid>();
  danglingLinks = 0;

  constructor(
    grid: GridServices,
    request: InventoryLoadRequest,
    residents: Residents,
    linked: ReadonlySet<Uuid>,
    destination: Uuid,
  ) {
    this.#grid = grid;
    this.#request = request;
    this.#residents = residents;
    this.#linked = linked;
    this.#folders = new Map([['', destination]]);
  }

  async *entries(queries: Queries, spools: Spools): AsyncGenerator<NewTreeEntry> {
    for await (const node of spools.nodes.read()) {
      if (node.kind === 'item') {
        yield { kind: 'item', item: await this.#item(node.item, node.parent, node.item.assetId) };
        continue;
      }
      const folder = await this.#folder(queries, node);
      if (folder !== undefined) yield folder;
    }
    for await (const node of spools.links.read()) {
      if (node.kind !== 'item') continue;
      const target = this.#newIds.get(node.item.assetId);
      if (target === undefined) this.danglingLinks += 1;
      yield { kind: 'item', item: await this.#item(node.item, node.parent, target ?? node.item.assetId) };
    }
  }

  /** Undefined when a folder that exists takes its content. */
  async #folder(
    queries: Queries,
    node: Extract<SpooledNode, { readonly kind: 'folder' }>,
  ): Promise<NewTreeEntry | undefined> {
    const parentId = this.#place(node.parent);
    const existing =
      this.#request.mode === 'add' ? undefined : await this.#unused(queries, parentId, node.name);
    const id = existing ?? randomUuid();
    this.#used.add(id);
    this.#folders.set(node.key, id);
    const archiveId = tryParseUuid(node.archiveId);
    if (archiveId !== undefined && this.#linked.has(archiveId)) this.#newIds.set(archiveId, id);
    if (existing !== undefined) return undefined;
    const folder = {
      id,
      ownerId: this.#request.residentId,
      parentId,
      name: node.name,
      type: FolderTypes.none,
    };
    return { kind: 'folder', folder };
  }

  async #unused(queries: Queries, parentId: Uuid, name: string): Promise<Uuid | undefined> {
    const named = await this.#grid.inventory.foldersNamed(parentId, name, queries);
    return named.find((folder) => !this.#used.has(folder.id))?.id;
  }

  async #item(document: ItemDocument, parent: string, assetId: Uuid): Promise<InventoryItem> {
    const ownerId = this.#request.residentId;
    const creator = await recordCreator(document, ownerId, this.#residents);
    const id = randomUuid();
    if (this.#linked.has(document.id)) this.#newIds.set(document.id, id);
    return {
      ...creator,
      ...{ id, ownerId, folderId: this.#place(parent), assetId },
      assetType: document.assetType,
      inventoryType: document.invType,
      name: document.name,
      description: document.description,
      basePermissions: document.basePermissions,
      currentPermissions: document.currentPermissions,
      everyonePermissions: document.everyonePermissions,
      // Archives do not hold them (UserInventoryItemSerializer.cs).
      groupPermissions: 0,
      nextPermissions: document.nextPermissions,
      flags: document.flags,
      saleType: document.saleType,
      salePrice: document.salePrice,
      groupId: document.groupId,
      groupOwned: document.groupOwned,
      creationDate: document.creationDate,
    };
  }

  #place(key: string): Uuid {
    const id = this.#folders.get(key);
    if (id === undefined)
      throw new Error(`the folder ${key} of the archive was not announced before its content`);
    return id;
  }
}
