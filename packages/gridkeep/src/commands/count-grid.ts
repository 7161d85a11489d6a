import type { GridTenant } from '../installation/grid-tenants.ts';
import { allRegions } from './all-regions.ts';

export interface GridCounts {
  readonly residents: number;
  readonly regions: number;
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
    assets: kinds.reduce((sum, kind) => sum + kind.assets, 0),
    contentBytes: (await services.usage.totals(database)).bytes,
  };
}
