/** The suitcase: the folder of a resident's inventory that travels to other grids. */
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import { systemFolders } from '@gridkeep/content/assets/system-folders';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { InventoryFolder } from '../inventory/inventory-records.ts';
import type { NewTreeEntry } from '../inventory/inventory-tree.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { within } from '../transactions.ts';

const suitcaseName = 'My Suitcase';

/** The resident's suitcase, made when it is missing; undefined for somebody without an inventory. */
export async function ensureSuitcase(
  database: Database,
  inventory: Inventory,
  ownerId: Uuid,
  transaction?: Queries,
): Promise<InventoryFolder | undefined> {
  const known = await inventory.folderForType(ownerId, FolderTypes.suitcase, transaction);
  if (known !== undefined) return known;
  return within(database, transaction, async (queries) => {
    const root = await inventory.rootFolder(ownerId, queries);
    if (root === undefined) return undefined;
    const made = await inventory.folderForType(ownerId, FolderTypes.suitcase, queries);
    if (made !== undefined) return made;
    await inventory.insertTree(queries, ownerId, newSuitcase(ownerId, root.id));
    return inventory.folderForType(ownerId, FolderTypes.suitcase, queries);
  });
}

/** The suitcase has system folders of its own, but no Materials. */
function newSuitcase(ownerId: Uuid, rootId: Uuid): readonly NewTreeEntry[] {
  const folder = (parentId: Uuid, name: string, type: number) => ({
    kind: 'folder' as const,
    folder: { id: randomUuid(), ownerId, parentId, name, type },
  });
  const suitcase = folder(rootId, suitcaseName, FolderTypes.suitcase);
  const inside = systemFolders.filter(({ type }) => type !== FolderTypes.material);
  return [suitcase, ...inside.map(({ name, type }) => folder(suitcase.folder.id, name, type))];
}
