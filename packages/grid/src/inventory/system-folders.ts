/** What the types of folders allow, and the name of the root. */
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { InventoryFolder } from './inventory-records.ts';

export const rootFolderName = 'My Inventory';

/** What lies in these may be deleted for good. */
export function isDiscardType(type: number): boolean {
  return type === FolderTypes.trash || type === FolderTypes.lostAndFound;
}

/** Folders that their owner may rename and move: ordinary ones and saved outfits. */
export function isFreeType(type: number): boolean {
  return type === FolderTypes.none || type === FolderTypes.outfit;
}

/** Of several roots (old databases have such) the one that viewers know. */
export function preferredRoot(roots: readonly InventoryFolder[]): InventoryFolder | undefined {
  return roots.find((root) => root.name === rootFolderName) ?? roots[0];
}
