/** Which regions of the map answer a question, and in which order. */
import type { RegionIndex } from './region-map.ts';
import { isLink, regionFlags } from './registered-region.ts';
import type { RegisteredRegion } from './registered-region.ts';

/** Regions whose simulators answer before those that do not; else in the same order. */
export function aliveFirst(regions: readonly RegisteredRegion[]): readonly RegisteredRegion[] {
  const alive = regions.filter((region) => region.unreachableSince === undefined);
  return alive.length === regions.length
    ? regions
    : [...alive, ...regions.filter((region) => region.unreachableSince !== undefined)];
}

/** Flagged default and online, those that answer first. */
export function defaultsOf(index: RegionIndex): readonly RegisteredRegion[] {
  return aliveFirst(index.withFlags(regionFlags.default | regionFlags.online));
}

/** Those with all of the flags, the nearest to a point (metres) first; those that do not answer last. */
export function nearest(
  index: RegionIndex,
  flags: number,
  x: number,
  y: number,
): readonly RegisteredRegion[] {
  const distance = (region: RegisteredRegion): number => (region.x - x) ** 2 + (region.y - y) ** 2;
  const found = index.withFlags(flags).filter((region) => !isLink(region));
  return aliveFirst(found.sort((a, b) => distance(a) - distance(b)));
}

/** Those whose names hold a text, an equal one first, then in their order. */
export function matching(index: RegionIndex, part: string): readonly RegisteredRegion[] {
  const rank = (key: string): number => (key === part ? 0 : 1);
  return [...index.namedWith(part)]
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : Number(a > b)))
    .map(([, region]) => region);
}
