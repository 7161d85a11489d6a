/**
 * Reads what OpenSimulator's `assets` and `inventory` folders say. Keys and what stands for missing ones:
 * OpenSim/Services/InventoryService/LibraryService.cs, OpenSim/Framework/AssetLoader/Filesystem/AssetLoaderFileSystem.cs.
 */
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { InventoryFolder, InventoryItem } from '@gridkeep/grid/inventory/inventory-records';
import { emptyLibraryRoot } from '@gridkeep/grid/library/library';
import { libraryOwnerId, libraryRootId } from '@gridkeep/grid/library/library-ids';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { LibraryFiles } from './library-files.ts';
import type { LibraryFindings } from './library-findings.ts';
import { SectionValues } from './section-values.ts';

/** Of each kind. */
const entriesMax = 50_000;
const foldersDeepMax = 100;

/** Source: OpenSim/Framework/Util.cs, PermissionMask. */
const allAndExport = 0x9e000;
const allAndExportNoModify = 0x9a000;

export interface LibraryAsset {
  readonly id: Uuid;
  readonly name: string;
  readonly type: number;
  /** Where the entry stands, for findings. */
  readonly file: string;
  readonly entry: string;
  /** Path of the content below the library's folder. */
  readonly path: string;
}

export interface LibraryTree {
  /** The root first, parents before children. */
  readonly folders: readonly InventoryFolder[];
  readonly items: readonly InventoryItem[];
}

export async function readLibraryAssets(
  files: LibraryFiles,
  findings: LibraryFindings,
): Promise<readonly LibraryAsset[]> {
  const control = 'assets/AssetSets.xml';
  const assets: LibraryAsset[] = [];
  for (const set of await files.sections(control)) {
    const path = files.resolve(control, set.name, set.values.get('file') ?? '');
    if (path === undefined) continue;
    for (const section of await files.sections(path)) {
      const values = new SectionValues(path, section, findings);
      const id = values.uuid('assetID');
      const type = values.whole('assetType', 0, -128, 127);
      const name = values.text('name', '');
      const content = files.resolve(path, section.name, values.text('fileName', ''));
      if (id === zeroUuid) values.refuse('key assetID is the zero UUID');
      if (id === undefined || content === undefined) continue;
      assets.push({ id, name, type, file: path, entry: section.name, path: content });
      if (assets.length > entriesMax) {
        values.refuse(`more than ${entriesMax} assets`);
        return assets;
      }
    }
  }
  return assets;
}

/** `now`: Unix seconds, the creation date of items, which the files do not state. */
export async function readLibraryTree(
  files: LibraryFiles,
  findings: LibraryFindings,
  now: number,
): Promise<LibraryTree> {
  const control = 'inventory/Libraries.xml';
  let rootVersion = emptyLibraryRoot.version;
  const folders: Placed<InventoryFolder>[] = [];
  const items: Placed<InventoryItem>[] = [];
  for (const library of await files.sections(control)) {
    const values = new SectionValues(control, library, findings);
    if (values.has('RootVersion')) {
      rootVersion = values.whole('RootVersion', 1, 1, 0xffff);
      continue;
    }
    for (const [key, read] of [
      ['foldersFile', (section: SectionValues) => add(folders, section, readFolder(section))],
      ['itemsFile', (section: SectionValues) => add(items, section, readItem(section, now))],
    ] as const) {
      const path = files.resolve(control, library.name, values.text(key, ''));
      if (path === undefined) continue;
      for (const section of await files.sections(path)) read(new SectionValues(path, section, findings));
    }
    if (folders.length > entriesMax || items.length > entriesMax) {
      values.refuse(`more than ${entriesMax} folders or items`);
      break;
    }
  }
  const root = { ...emptyLibraryRoot, version: rootVersion };
  const ordered = orderFolders(root, folders);
  checkItems(new Set(ordered.map((folder) => folder.id)), items);
  return { folders: ordered, items: items.map(({ value }) => value) };
}

interface Placed<T> {
  readonly section: SectionValues;
  readonly value: T;
}

function add<T>(list: Placed<T>[], section: SectionValues, value: T | undefined): void {
  if (value !== undefined) list.push({ section, value });
}

function readFolder(section: SectionValues): InventoryFolder | undefined {
  const id = section.uuid('folderID');
  const parentId = section.uuid('parentFolderID', libraryRootId);
  if (id === undefined || parentId === undefined) return undefined;
  return {
    ...{ id, parentId, ownerId: libraryOwnerId },
    name: section.text('name', 'unknown'),
    type: section.whole('type', FolderTypes.root, -128, 127),
    version: section.whole('version', 1, 1, 0xffff),
  };
}

function readItem(section: SectionValues, now: number): InventoryItem | undefined {
  const id = section.uuid('inventoryID');
  const assetId = section.uuid('assetID', id);
  const folderId = section.uuid('folderID', libraryRootId);
  if (id === undefined || assetId === undefined || folderId === undefined) return undefined;
  const name = section.text('name', '');
  const inventoryType = section.whole('inventoryType', 0, -128, 127);
  const mask = (key: string, otherwise: number) => section.whole(key, otherwise, 0, 0xffff_ffff);
  return {
    ...{ id, assetId, folderId, name, inventoryType, ownerId: libraryOwnerId },
    description: section.text('description', name),
    assetType: section.whole('assetType', inventoryType, -128, 127),
    basePermissions: mask('basePermissions', allAndExport),
    currentPermissions: mask('currentPermissions', allAndExport),
    everyonePermissions: mask('everyonePermissions', allAndExportNoModify),
    nextPermissions: mask('nextPermissions', allAndExport),
    groupPermissions: mask('groupPermissions', 0),
    flags: mask('flags', 0),
    ...{ creatorId: libraryOwnerId, creatorData: '', creatorClaim: '' },
    ...{ saleType: 0, salePrice: 0, groupId: zeroUuid, groupOwned: false, creationDate: now },
  };
}

/** Parents before children; what hangs on no folder of the library, or on itself, is an error. */
function orderFolders(
  root: InventoryFolder,
  folders: readonly Placed<InventoryFolder>[],
): readonly InventoryFolder[] {
  const placed = new Map<Uuid, InventoryFolder>([[root.id, root]]);
  const waiting = new Map<Uuid, Placed<InventoryFolder>[]>();
  const seen = new Set<Uuid>([root.id, zeroUuid]);
  for (const folder of folders) {
    const { id, parentId } = folder.value;
    if (seen.has(id)) folder.section.refuse(`folder ${id} is there already`);
    else waiting.set(parentId, [...(waiting.get(parentId) ?? []), folder]);
    seen.add(id);
  }
  let level: readonly Uuid[] = [root.id];
  for (let depth = 1; depth <= foldersDeepMax && level.length > 0; depth++) {
    const children = level.flatMap((id) => waiting.get(id) ?? []);
    for (const id of level) waiting.delete(id);
    for (const { value } of children) placed.set(value.id, value);
    level = children.map(({ value }) => value.id);
  }
  for (const { section, value } of [...waiting.values()].flat())
    section.refuse(`no library folder ${value.parentId} for folder ${value.id}, or too deep`);
  return [...placed.values()];
}

function checkItems(folderIds: ReadonlySet<Uuid>, items: readonly Placed<InventoryItem>[]): void {
  const seen = new Set<Uuid>([zeroUuid]);
  for (const { section, value } of items) {
    if (seen.has(value.id)) section.refuse(`item ${value.id} is there already`);
    if (!folderIds.has(value.folderId))
      section.refuse(`no library folder ${value.folderId} for item ${value.id}`);
    seen.add(value.id);
  }
}
