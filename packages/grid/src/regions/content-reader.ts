/** Reads the content of a region in pages and notices when it changes in between. */
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { objectsAfter, parcelsAfter } from './content-store.ts';
import type { RegionObject, RegionParcel } from './region-records.ts';
import { UnknownRegionError } from './region-rules.ts';
import { contentRevision } from './regions-store.ts';

const objectsPerPage = 500;
/** A parcel of the largest region has a document and bitmap of some 300 kB. */
const parcelsPerPage = 20;

/** What was read until now is not of one piece: start again. */
export class RegionChangedError extends Error {
  override readonly name = 'RegionChangedError';
  constructor(id: Uuid) {
    super(`the content of region ${id} changed while it was read`);
  }
}

export function readObjects(queries: Queries, id: Uuid): AsyncGenerator<RegionObject> {
  return readPages(queries, id, objectsPerPage, (after) => objectsAfter(queries, id, after, objectsPerPage));
}

export function readParcels(queries: Queries, id: Uuid): AsyncGenerator<RegionParcel> {
  return readPages(queries, id, parcelsPerPage, (after) => parcelsAfter(queries, id, after, parcelsPerPage));
}

async function* readPages<T extends { readonly id: Uuid }>(
  queries: Queries,
  region: Uuid,
  pageMax: number,
  read: (after: Uuid | undefined) => Promise<readonly T[]>,
): AsyncGenerator<T> {
  const revision = await contentRevision(queries, region);
  if (revision === undefined) throw new UnknownRegionError(region);
  for (let after: Uuid | undefined; ;) {
    const page = await read(after);
    // Content and revision change together, so an unchanged revision after the page vouches for it.
    if ((await contentRevision(queries, region)) !== revision) throw new RegionChangedError(region);
    yield* page;
    after = page.at(-1)?.id;
    if (page.length < pageMax) return;
  }
}
