import type { Region } from '@gridkeep/grid/regions/region-records';
import type { Regions } from '@gridkeep/grid/regions/regions';

const pageRows = 500;

/** Every region in the order of names. */
export async function* allRegions(regions: Regions): AsyncIterable<Region> {
  for (let after: string | undefined; ;) {
    const page = await regions.list(pageRows, after);
    yield* page;
    after = page.at(-1)?.name;
    if (page.length < pageRows) return;
  }
}
