/** Inventories in a snapshot: one folder per resident, the folders of the inventory as folders. */
import type { InventoryFolder, InventoryItem } from '@gridkeep/grid/inventory/inventory-records';
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';
import { idFolders, readCollection } from './collection-reader.ts';
import { folderDepthMax, folderFile, itemsFolder, residentFile } from './layout.ts';
import { RecordFields } from './record-fields.ts';
import { folderOfRow, itemOfRow } from './record-rows.ts';
import { fileNamed, folderNamed, placeIn, readText } from './snapshot-files.ts';
import type { SnapshotFolder } from './snapshot-files.ts';
import type { SnapshotSource } from './snapshot-source.ts';
import { SnapshotContentError } from './snapshot-source.ts';

const recordBytesMax = 64 * 1024;

export interface SnapshotResident {
  readonly id: Uuid;
  readonly name: string;
  readonly folder: SnapshotFolder;
}

export type InventoryEntry =
  | {
      readonly kind: 'folder';
      readonly folder: InventoryFolder;
      readonly row: RecordFields;
      readonly place: SnapshotFolder;
    }
  | { readonly kind: 'item'; readonly item: InventoryItem; readonly row: RecordFields };

export async function* residentsIn(
  source: SnapshotSource,
  inventories: SnapshotFolder,
): AsyncGenerator<SnapshotResident> {
  for await (const { folder, id } of idFolders(source, inventories))
    yield { id, name: await residentName(source, folder, id), folder };
}

async function residentName(source: SnapshotSource, folder: SnapshotFolder, id: Uuid): Promise<string> {
  const file = fileNamed(await source.readTree(folder.tree), folder, residentFile);
  if (file === undefined) return '';
  const place = placeIn(folder, residentFile);
  const fields = RecordFields.parse(await readText(source, file, place, recordBytesMax), place);
  if (fields.uuid('id') !== id) throw new SnapshotContentError(place, 'is of another resident');
  return `${fields.text('firstName', 255)} ${fields.text('lastName', 255)}`.trim();
}

export async function residentWithId(
  source: SnapshotSource,
  inventories: SnapshotFolder,
  id: Uuid,
): Promise<SnapshotResident | undefined> {
  for await (const { folder, id: found } of idFolders(source, inventories))
    if (found === id) return { id, name: await residentName(source, folder, id), folder };
  return undefined;
}

/**
 * A resident's whole inventory, or one folder with what is below it. A folder comes before what lies directly in its place;
 * those that stand apart (too deep, or their parent is none of the resident's) come at the end, in any order. Every entry
 * belongs to the resident and has an id of its own.
 */
export async function* walkInventory(
  source: SnapshotSource,
  resident: SnapshotResident,
  within?: Uuid,
): AsyncGenerator<InventoryEntry> {
  const walk: Walk = { source, owner: resident.id, folders: new Set(), items: new Set() };
  if (within !== undefined) {
    const place = await findFolderPlace(source, resident.folder, within);
    if (place === undefined) return;
    yield* walkFolder(walk, await readFolder(walk, place, within, undefined), 1);
  }
  const apart: Found[] = [];
  for await (const { folder: place, id } of idFolders(source, resident.folder)) {
    if (walk.folders.has(id)) continue;
    const found = await readFolder(walk, place, id, undefined);
    if (within !== undefined || found.folder.parentId !== zeroUuid) apart.push(found);
    else yield* walkFolder(walk, found, 1);
  }
  yield* walkApart(walk, apart, within === undefined);
  if (within === undefined) yield* walkItems(walk, resident.folder, undefined);
}

interface Walk {
  readonly source: SnapshotSource;
  readonly owner: Uuid;
  readonly folders: Set<Uuid>;
  readonly items: Set<Uuid>;
}

interface Found {
  readonly place: SnapshotFolder;
  readonly folder: InventoryFolder;
  readonly row: RecordFields;
}

/** All of them, or those whose parent was walked, as often as that brings another. */
async function* walkApart(walk: Walk, apart: readonly Found[], all: boolean): AsyncGenerator<InventoryEntry> {
  const open = new Set(apart);
  // `readFolder` has noted them, though they were not walked.
  for (const { folder } of open) walk.folders.delete(folder.id);
  for (let found = true; found;) {
    found = false;
    for (const one of open) {
      if (!all && !walk.folders.has(one.folder.parentId)) continue;
      open.delete(one);
      found = true;
      walk.folders.add(one.folder.id);
      yield* walkFolder(walk, one, 1);
    }
  }
}

/** By names alone. */
async function findFolderPlace(
  source: SnapshotSource,
  parent: SnapshotFolder,
  wanted: Uuid,
  depth = 1,
): Promise<SnapshotFolder | undefined> {
  if (depth > folderDepthMax + 1) throw new SnapshotContentError(parent.place, 'folders lie too deep');
  for await (const { folder, id } of idFolders(source, parent)) {
    if (id === wanted) return folder;
    const found = await findFolderPlace(source, folder, wanted, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function* walkFolder(
  walk: Walk,
  { place, folder, row }: Found,
  depth: number,
): AsyncGenerator<InventoryEntry> {
  if (depth > folderDepthMax + 1) throw new SnapshotContentError(place.place, 'folders lie too deep');
  yield { kind: 'folder', folder, row, place };
  for await (const { folder: below, id } of idFolders(walk.source, place))
    yield* walkFolder(walk, await readFolder(walk, below, id, folder), depth + 1);
  yield* walkItems(walk, place, folder);
}

async function readFolder(
  walk: Walk,
  place: SnapshotFolder,
  id: Uuid,
  parent: InventoryFolder | undefined,
): Promise<Found> {
  const file = fileNamed(await walk.source.readTree(place.tree), place, folderFile);
  if (file === undefined) throw new SnapshotContentError(place.place, `has no ${folderFile}`);
  const where = placeIn(place, folderFile);
  const row = RecordFields.parse(await readText(walk.source, file, where, recordBytesMax), where);
  const folder = folderOfRow(row);
  if (
    folder.id !== id ||
    folder.ownerId !== walk.owner ||
    (parent !== undefined && folder.parentId !== parent.id)
  )
    throw new SnapshotContentError(where, 'the row does not belong there');
  if (walk.folders.has(folder.id)) throw new SnapshotContentError(where, 'the folder came before');
  walk.folders.add(folder.id);
  return { place, folder, row };
}

async function* walkItems(
  walk: Walk,
  place: SnapshotFolder,
  folder: InventoryFolder | undefined,
): AsyncGenerator<InventoryEntry> {
  const items = folderNamed(await walk.source.readTree(place.tree), place, itemsFolder);
  if (items === undefined) return;
  for await (const { record } of readCollection(walk.source, items)) {
    const item = itemOfRow(record);
    if ((folder !== undefined && item.folderId !== folder.id) || item.ownerId !== walk.owner)
      throw new SnapshotContentError(record.place, `item ${item.id} does not belong there`);
    if (walk.items.has(item.id)) throw new SnapshotContentError(record.place, `item ${item.id} came before`);
    walk.items.add(item.id);
    yield { kind: 'item', item, row: record };
  }
}
