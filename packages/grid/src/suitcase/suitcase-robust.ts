/** The wire form of suitcases: `POST /xinventory` on the public port, for the simulators of other grids. */
import { inventoryHandler } from '../inventory/inventory-robust.ts';
import type { RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import type { SuitcaseInventory } from './suitcase-inventory.ts';

export function suitcaseRobust(suitcase: SuitcaseInventory, log: ServiceLog): RobustRoutes {
  const handler = inventoryHandler('suitcase', (request) => suitcase.viewFor(request.address), log);
  return new Map([['xinventory', handler]]);
}
