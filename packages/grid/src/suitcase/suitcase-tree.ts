/** Which folders belong to what a resident takes along. */
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { Queries } from '@gridkeep/storage/database/database';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Inventory } from '../inventory/inventory.ts';
import type { InventoryFolder } from '../inventory/inventory-records.ts';

export type SuitcasePlace =
  /** The suitcase itself, or the Current Outfit folder. */
  | 'top'
  /** Somewhere in the suitcase. */
  | 'inside'
  | 'outside';

export interface PlacedFolder {
  readonly folder: InventoryFolder;
  readonly place: SuitcasePlace;
}

export async function placeOf(
  inventory: Inventory,
  folderId: Uuid,
  queries?: Queries,
): Promise<PlacedFolder | undefined> {
  const trail = await inventory.trail(folderId, queries);
  const [folder] = trail;
  return folder === undefined ? undefined : { folder, place: placeIn(trail) };
}

/** `trail` leads from a folder up to its root. */
function placeIn(trail: readonly InventoryFolder[]): SuitcasePlace {
  const belowRoot = trail.at(-2);
  if (trail.at(-1)?.parentId !== zeroUuid || belowRoot === undefined) return 'outside';
  if (belowRoot.type === FolderTypes.suitcase) return trail.length === 2 ? 'top' : 'inside';
  return belowRoot.type === FolderTypes.currentOutfit && trail.length === 2 ? 'top' : 'outside';
}
