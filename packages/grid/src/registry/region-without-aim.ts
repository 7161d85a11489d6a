import type { RegionRegistry } from './region-registry.ts';
import type { RegisteredRegion } from './registered-region.ts';

/** Metres: where OpenSimulator looks for a region when there is nothing else to go by. */
const centre = { x: 256_000, y: 256_000 };

/** Where somebody goes who names no region that there is: a default region, else a fallback region, else any. */
export async function regionWithoutAim(
  registry: Pick<RegionRegistry, 'defaults' | 'fallbacks' | 'online'>,
  anyRegion: boolean,
): Promise<RegisteredRegion | undefined> {
  return (
    (await registry.defaults())[0] ??
    (await registry.fallbacks(centre.x, centre.y))[0] ??
    (anyRegion ? (await registry.online(centre.x, centre.y, 1))[0] : undefined)
  );
}
