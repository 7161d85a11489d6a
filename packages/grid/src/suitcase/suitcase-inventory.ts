/**
 * What other grids may see and change of a travelling resident's inventory: the suitcase and all in it, the Current Outfit
 * folder, and for reading the items that are worn. Stock asks nobody for a credential, so here somebody has to vouch that
 * the resident is under way. Source of the rules: OpenSim/Services/HypergridService/HGSuitcaseInventoryService.cs.
 */
import type { InventoryView } from '../inventory/inventory-view.ts';
import { SuitcaseView } from './suitcase-view.ts';
import type { SuitcaseOptions } from './suitcase-view.ts';

export class SuitcaseInventory {
  readonly #options: SuitcaseOptions;

  constructor(options: SuitcaseOptions) {
    this.#options = options;
  }

  /** For one request: what it learns about who may ask is not asked twice. */
  viewFor(address: string): InventoryView {
    return new SuitcaseView(this.#options, address);
  }
}
