/** Restores a resident's inventory, a folder of it, or an item: in place or beside. */
import { AssetTypes, parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import { findItems } from '@gridkeep/grid/inventory/items-store';
import { foldersOfOwner } from '@gridkeep/grid/inventory/folders-store';
import type { InventoryFolder, InventoryItem } from '@gridkeep/grid/inventory/inventory-records';
import type { NewTreeEntry } from '@gridkeep/grid/inventory/inventory-tree';
import { InventoryTreeError } from '@gridkeep/grid/inventory/inventory-tree';
import { chunked } from '@gridkeep/grid/chunks';
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { SnapshotResident } from '../backup-layout/inventory-reader.ts';
import type { RecordSpool } from '../ingress/record-spool.ts';
import { ChangeTally } from './change-tally.ts';
import type { RestoreReport } from './restore-report.ts';
import { RestoreRefusedError } from './restore-request.ts';
import { restoredTitle } from './restored-title.ts';
import type { RestoreWork } from './restore-work.ts';
import { itemCodec } from './restore-work.ts';

export interface InventoryScope {
  readonly residentId: Uuid;
  readonly folderId?: Uuid;
  readonly itemId?: Uuid;
}

/** What the snapshot has of the scope. Folders are held: every login reads as many. */
interface Wanted {
  readonly scope: InventoryScope;
  readonly folders: readonly InventoryFolder[];
  readonly items: RecordSpool<InventoryItem>;
  readonly accompanying: readonly { readonly holder: Uuid; readonly asset: Uuid }[];
}

const accompanyingTable = 'accompanying_asset';

export async function restoreInventory(work: RestoreWork, scope: InventoryScope): Promise<RestoreReport> {
  const { grid, request, snapshot } = work;
  const resident = await snapshot.resident(scope.residentId);
  if (resident === undefined)
    throw new RestoreRefusedError(`the snapshot has no inventory of ${scope.residentId}`);
  if ((await grid.accounts.find(scope.residentId)) === undefined)
    throw new RestoreRefusedError(
      `the grid has no resident ${scope.residentId}${resident.name === '' ? '' : ` (${resident.name})`}: ` +
        'restore the grid into a new one, or make the account again first',
    );
  const wanted = await readWanted(work, resident, scope);
  await work.settleContent();
  const put = async (queries: Queries): Promise<RestoreReport> => {
    const tally = new ChangeTally();
    await work.putAssets(queries, tally);
    const made =
      request.placement === 'beside'
        ? await putBeside(work, queries, wanted, tally)
        : await putInPlace(work, queries, wanted, tally);
    return work.report(tally, made);
  };
  return work.commit(put);
}

async function readWanted(
  work: RestoreWork,
  resident: SnapshotResident,
  scope: InventoryScope,
): Promise<Wanted> {
  const folders: InventoryFolder[] = [];
  const items = await work.spool('items', itemCodec);
  let count = 0;
  for await (const entry of work.snapshot.inventory(resident, scope.folderId)) {
    if (++count % 500 === 0) work.progress(count, 'reading the inventory');
    if (entry.kind === 'folder') {
      if (scope.itemId === undefined) folders.push(entry.folder);
      continue;
    }
    const { item } = entry;
    if (scope.itemId !== undefined && item.id !== scope.itemId) continue;
    await items.add(item);
    if (!isLink(item)) {
      const type = parseAssetType(item.assetType);
      work.needs.need(
        [{ id: item.assetId, type, certain: true, where: 'asset' }],
        `item ${item.name} (${item.id})`,
      );
    }
  }
  if (folders.length === 0 && items.count === 0)
    throw new RestoreRefusedError(
      `the snapshot has no ${scope.itemId === undefined ? 'folder' : 'item'} ${scope.itemId ?? scope.folderId ?? ''} of this resident`,
    );
  return { scope, folders, items, accompanying: await readAccompanying(work, folders) };
}

/** Folders keep assets that nothing names, in a table of their own. */
async function readAccompanying(
  work: RestoreWork,
  folders: readonly InventoryFolder[],
): Promise<Wanted['accompanying']> {
  const holders = new Set(folders.map((folder) => folder.id));
  const found: { holder: Uuid; asset: Uuid }[] = [];
  const table = (await work.snapshot.tables()).find((one) => one.name === accompanyingTable);
  if (table === undefined || holders.size === 0) return found;
  for await (const row of work.snapshot.rows(table)) {
    const holder = row.uuid('holder');
    if (!holders.has(holder)) continue;
    const asset = row.uuid('asset');
    found.push({ holder, asset });
    work.needs.needAlso(asset);
  }
  return found;
}

async function putInPlace(
  work: RestoreWork,
  queries: Queries,
  wanted: Wanted,
  tally: ChangeTally,
): Promise<RestoreReport['made']> {
  const { scope } = wanted;
  const { inventory } = work.grid;
  if (scope.itemId !== undefined) return putItem(work, queries, wanted, tally);
  const live = await foldersOfOwner(queries, scope.residentId);
  const folders = withinExisting(wanted.folders, live, scope.folderId);
  await compareTree(work, queries, { ...wanted, folders }, live, tally);
  if (work.request.dryRun) return [];
  await inventory
    .restoreTree(queries, scope.residentId, scope.folderId, {
      ...{ folders, items: wanted.items.read(), accompanying: wanted.accompanying },
    })
    .catch(refuseTree);
  return [];
}

function refuseTree(error: unknown): never {
  if (error instanceof InventoryTreeError) throw new RestoreRefusedError(error.message);
  throw error;
}

/** A folder whose parent is gone comes back below the root. */
function withinExisting(
  folders: readonly InventoryFolder[],
  live: readonly InventoryFolder[],
  top: Uuid | undefined,
): readonly InventoryFolder[] {
  if (top === undefined) return folders;
  const ids = new Set(live.map((folder) => folder.id));
  const root = live.find((folder) => folder.parentId === zeroUuid);
  return folders.map((folder) => {
    if (folder.id !== top || folder.parentId === zeroUuid || ids.has(folder.parentId)) return folder;
    if (root === undefined) throw new RestoreRefusedError('the resident has no inventory: restore all of it');
    return { ...folder, parentId: live.find((one) => one.id === top)?.parentId ?? root.id };
  });
}

async function compareTree(
  work: RestoreWork,
  queries: Queries,
  wanted: Wanted,
  live: readonly InventoryFolder[],
  tally: ChangeTally,
): Promise<void> {
  const there = new Map(live.map((folder) => [folder.id, folder]));
  const scoped =
    wanted.scope.folderId === undefined ? new Set(there.keys()) : below(live, wanted.scope.folderId);
  for (const folder of wanted.folders) {
    const before = there.get(folder.id);
    tally.add('folder', folderChange(folder, before), folder.id, folder.name);
    scoped.delete(folder.id);
  }
  for (const id of scoped) tally.add('folder', 'vanish', id, there.get(id)?.name ?? '');
  const ids = new Set<Uuid>();
  for await (const chunk of chunked(wanted.items.read())) {
    const found = await findItems(
      queries,
      chunk.map((item) => item.id),
    );
    const before = new Map(found.map((item) => [item.id, item]));
    for (const item of chunk) {
      ids.add(item.id);
      tally.add('item', itemChange(item, before.get(item.id)), item.id, item.name);
    }
  }
  const searched = wanted.scope.folderId === undefined ? there.keys() : below(live, wanted.scope.folderId);
  for (const folder of searched)
    for await (const item of work.grid.inventory.itemsOf(folder, queries))
      if (!ids.has(item.id)) tally.add('item', 'vanish', item.id, item.name);
}

/** The folder and all below it. */
function below(folders: readonly InventoryFolder[], top: Uuid): Set<Uuid> {
  const children = Map.groupBy(folders, (folder) => folder.parentId);
  const found = new Set<Uuid>();
  const open = folders.some((folder) => folder.id === top) ? [top] : [];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    for (const child of children.get(id) ?? []) open.push(child.id);
  }
  return found;
}

/** Versions only count changes. */
function folderChange(
  wanted: InventoryFolder,
  before: InventoryFolder | undefined,
): 'appear' | 'change' | 'same' {
  if (before === undefined) return 'appear';
  const { parentId, name, type } = wanted;
  return before.parentId === parentId && before.name === name && before.type === type ? 'same' : 'change';
}

function itemChange(wanted: InventoryItem, before: InventoryItem | undefined): 'appear' | 'change' | 'same' {
  if (before === undefined) return 'appear';
  return itemCodec.encode(wanted) === itemCodec.encode(before) ? 'same' : 'change';
}

/** Into the folder where it was; into Lost And Found when that is gone. */
async function putItem(
  work: RestoreWork,
  queries: Queries,
  wanted: Wanted,
  tally: ChangeTally,
): Promise<RestoreReport['made']> {
  const { inventory } = work.grid;
  const owner = wanted.scope.residentId;
  for await (const item of wanted.items.read()) {
    const folder = await inventory.folder(item.folderId, queries);
    const folderId =
      folder?.ownerId === owner
        ? folder.id
        : (
            (await inventory.folderForType(owner, FolderTypes.lostAndFound, queries)) ??
            (await inventory.rootFolder(owner, queries))
          )?.id;
    if (folderId === undefined)
      throw new RestoreRefusedError('the resident has no inventory: restore all of it');
    const placed = { ...item, folderId };
    const before = await inventory.item(item.id, queries);
    tally.add('item', itemChange(placed, before), item.id, item.name);
    if (work.request.dryRun) continue;
    const outcome = await inventory.addItem(placed, queries);
    if (outcome !== 'done')
      throw new RestoreRefusedError(
        `item ${item.id} cannot be put in its place: ${outcome}; restore it beside`,
      );
  }
  return [];
}

async function putBeside(
  work: RestoreWork,
  queries: Queries,
  wanted: Wanted,
  tally: ChangeTally,
): Promise<RestoreReport['made']> {
  const { inventory, accompanying } = work.grid;
  const owner = wanted.scope.residentId;
  const root = await inventory.rootFolder(owner, queries);
  if (root === undefined) throw new RestoreRefusedError('the resident has no inventory: restore it in place');
  const top: InventoryFolder = {
    ...{ id: randomUuid(), ownerId: owner, parentId: root.id, type: FolderTypes.none, version: 1 },
    name: work.request.newName ?? restoredTitle(work.snapshot.root.time),
  };
  const ids = new Map(wanted.folders.map((folder) => [folder.id, randomUuid()]));
  const items = new Map<Uuid, Uuid>();
  for await (const item of wanted.items.read()) items.set(item.id, randomUuid());
  const entries = async function* (): AsyncGenerator<NewTreeEntry> {
    yield { kind: 'folder', folder: top };
    tally.add('folder', 'appear', top.id, top.name);
    for (const folder of parentsFirst(wanted.folders)) {
      const id = ids.get(folder.id) ?? randomUuid();
      // Of system folders every resident has one of each.
      const parentId = ids.get(folder.parentId) ?? top.id;
      yield {
        kind: 'folder',
        folder: { id, ownerId: owner, parentId, name: folder.name, type: FolderTypes.none },
      };
      tally.add('folder', 'appear', id, folder.name);
    }
    for await (const item of wanted.items.read()) {
      const id = items.get(item.id) ?? randomUuid();
      const assetId = isLink(item)
        ? (items.get(item.assetId) ?? ids.get(item.assetId) ?? item.assetId)
        : item.assetId;
      const folderId = ids.get(item.folderId) ?? top.id;
      yield { kind: 'item', item: { ...item, id, assetId, folderId } };
      tally.add('item', 'appear', id, item.name);
    }
  };
  if (work.request.dryRun) for await (const entry of entries()) void entry;
  else {
    await inventory.insertTree(queries, owner, entries());
    for (const { holder, asset } of wanted.accompanying)
      await accompanying.add(queries, ids.get(holder) ?? top.id, [asset]);
  }
  return [{ kind: 'folder', id: top.id, name: top.name }];
}

/** In a circle, which no grid makes, the first counts as one without a parent. */
function parentsFirst(folders: readonly InventoryFolder[]): readonly InventoryFolder[] {
  const byId = new Map(folders.map((folder) => [folder.id, folder]));
  const ordered = new Set<InventoryFolder>();
  for (const folder of folders) {
    const line: InventoryFolder[] = [];
    for (
      let one: InventoryFolder | undefined = folder;
      one !== undefined && !ordered.has(one) && !line.includes(one);
      one = byId.get(one.parentId)
    )
      line.push(one);
    for (const one of line.reverse()) ordered.add(one);
  }
  return [...ordered];
}

function isLink(item: InventoryItem): boolean {
  return item.assetType === AssetTypes.link || item.assetType === AssetTypes.linkFolder;
}
