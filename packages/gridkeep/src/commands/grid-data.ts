import type { Grid } from '@gridkeep/hosting/tenants/grid';

/** Bytes. */
export const gigabyte = 1_000_000_000;

/** A grid as programs get it. */
export function gridData(grid: Grid): Readonly<Record<string, unknown>> {
  return {
    slug: grid.slug,
    id: grid.id,
    name: grid.name,
    hostnames: grid.hostnames,
    timeZone: grid.timeZone,
    quotaBytes: grid.quotaBytes,
    createdAt: new Date(grid.createdAt).toISOString(),
  };
}
