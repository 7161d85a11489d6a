/**
 * The suitcase: the folder of a resident's inventory that travels to other grids. Source:
 * OpenSim/Services/HypergridService/HGSuitcaseInventoryService.cs, CreateSystemFolders.
 */
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import { systemFolders } from '@gridkeep/content/assets/system-folders';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { NewTreeEntry } from './inventory-tree.ts';

const suitcaseName = 'My Suitcase';

/** The suitcase has system folders of its own, but no Materials. */
export function newSuitcase(ownerId: Uuid, rootId: Uuid): readonly NewTreeEntry[] {
  const folder = (parentId: Uuid, name: string, type: number) => ({
    kind: 'folder' as const,
    folder: { id: randomUuid(), ownerId, parentId, name, type },
  });
  const suitcase = folder(rootId, suitcaseName, FolderTypes.suitcase);
  const inside = systemFolders.filter(({ type }) => type !== FolderTypes.material);
  return [suitcase, ...inside.map(({ name, type }) => folder(suitcase.folder.id, name, type))];
}
