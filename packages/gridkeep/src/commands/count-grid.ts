import type { GridTenant } from '../installation/grid-tenants.ts';
import { allRegions } from './all-regions.ts';

export interface GridCounts {
  readonly residents: number;
  /** Whose content is stored. */
  readonly regions: number;
  /** Residents and visitors who are on the grid now. */
  readonly online: number;
  /** Of 256 m, of the regions that run now. */
  readonly cellsOnline: number;
  readonly assets: number;
  /** Bytes of distinct content. */
  readonly contentBytes: number;
}

export async function countGrid({ database, services }: GridTenant): Promise<GridCounts> {
  let regions = 0;
  for await (const _region of allRegions(services.regions)) regions += 1;
  const kinds = await services.assets.kinds();
  return {
    residents: await services.accounts.count(),
    regions,
    online: await services.presence.count(),
    cellsOnline: await services.registry.onlineCells(),
    assets: kinds.reduce((sum, kind) => sum + kind.assets, 0),
    contentBytes: (await services.usage.totals(database)).bytes,
  };
}
