/** What a new resident is to wear, before it is anybody's. */
import type { InventoryItem } from '../inventory/inventory-records.ts';

export interface Outfit {
  /** Stand-ins: whoever gets the outfit gets copies with ids of their own. Links are made for them, not listed. */
  readonly items: readonly InventoryItem[];
  /** Names and values of the avatar's record, with the ids of the stand-ins. */
  readonly avatar: ReadonlyMap<string, string>;
}
