/** Queries on what stands on regions: objects, parcels, settings, terrain. Lists hold at most `rowsPerStatement`. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readBlobId, storedBlobId } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { rowsPerStatement } from '../chunks.ts';
import type { UsedBlob } from '../usage/content-usage.ts';
import type { RegionObject, RegionParcel, RegionTerrain } from './region-records.ts';
import { objectOfRow, parcelOfRow, rowOfObject, rowOfParcel } from './region-tables.ts';
import type { RegionTables } from './region-tables.ts';

/** A page of objects in the order of their ids. */
export async function objectsAfter(
  queries: Queries,
  region: Uuid,
  after: Uuid | undefined,
  limit: number,
): Promise<readonly RegionObject[]> {
  let query = queries
    .tables<RegionTables>()
    .selectFrom('region_object')
    .selectAll()
    .where('region', '=', queries.uuid(region))
    .orderBy('id')
    .limit(limit);
  if (after !== undefined) query = query.where('id', '>', queries.uuid(after));
  return (await query.execute()).map(objectOfRow);
}

export async function findObjects(
  queries: Queries,
  region: Uuid,
  ids: readonly Uuid[],
): Promise<readonly RegionObject[]> {
  if (ids.length === 0) return [];
  const rows = await queries
    .tables<RegionTables>()
    .selectFrom('region_object')
    .selectAll()
    .where('region', '=', queries.uuid(region))
    .where(
      'id',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .execute();
  return rows.map(objectOfRow);
}

/** Returns how many were stored; ids that the region has are left alone. */
export async function insertObjects(
  queries: Queries,
  region: Uuid,
  objects: readonly RegionObject[],
): Promise<number> {
  if (objects.length === 0) return 0;
  const result = await queries
    .tables<RegionTables>()
    .insertInto('region_object')
    .values(objects.map((object) => rowOfObject(queries, region, object)))
    .onConflict((conflict) => conflict.columns(['region', 'id']).doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0n);
}

export async function deleteObjects(queries: Queries, region: Uuid, ids: readonly Uuid[]): Promise<void> {
  await queries
    .tables<RegionTables>()
    .deleteFrom('region_object')
    .where('region', '=', queries.uuid(region))
    .where(
      'id',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .execute();
}

export async function deleteAllObjects(queries: Queries, region: Uuid): Promise<void> {
  await queries
    .tables<RegionTables>()
    .deleteFrom('region_object')
    .where('region', '=', queries.uuid(region))
    .execute();
}

/** A page of parcels in the order of their ids. */
export async function parcelsAfter(
  queries: Queries,
  region: Uuid,
  after: Uuid | undefined,
  limit: number,
): Promise<readonly RegionParcel[]> {
  let query = queries
    .tables<RegionTables>()
    .selectFrom('region_parcel')
    .selectAll()
    .where('region', '=', queries.uuid(region))
    .orderBy('id')
    .limit(limit);
  if (after !== undefined) query = query.where('id', '>', queries.uuid(after));
  return (await query.execute()).map(parcelOfRow);
}

export async function insertParcel(queries: Queries, region: Uuid, parcel: RegionParcel): Promise<boolean> {
  const result = await queries
    .tables<RegionTables>()
    .insertInto('region_parcel')
    .values(rowOfParcel(queries, region, parcel))
    .onConflict((conflict) => conflict.columns(['region', 'id']).doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function deleteAllParcels(queries: Queries, region: Uuid): Promise<void> {
  await queries
    .tables<RegionTables>()
    .deleteFrom('region_parcel')
    .where('region', '=', queries.uuid(region))
    .execute();
}

export async function readSettings(
  queries: Queries,
  region: Uuid,
): Promise<{ readonly document: string; readonly revision: number } | undefined> {
  return queries
    .tables<RegionTables>()
    .selectFrom('region_settings')
    .select(['document', 'revision'])
    .where('region', '=', queries.uuid(region))
    .executeTakeFirst();
}

/** Undefined takes them away. */
export async function writeSettings(
  queries: Queries,
  region: Uuid,
  document: string | undefined,
  revision: number,
): Promise<void> {
  const tables = queries.tables<RegionTables>();
  await tables.deleteFrom('region_settings').where('region', '=', queries.uuid(region)).execute();
  if (document !== undefined)
    await tables
      .insertInto('region_settings')
      .values({ region: queries.uuid(region), document, revision })
      .execute();
}

export async function readTerrain(queries: Queries, region: Uuid): Promise<RegionTerrain | undefined> {
  const row = await queries
    .tables<RegionTables>()
    .selectFrom('region_terrain')
    .select(['blob', 'size'])
    .where('region', '=', queries.uuid(region))
    .executeTakeFirst();
  return row === undefined ? undefined : { blobId: readBlobId(row.blob), size: row.size };
}

/** Undefined takes it away. */
export async function writeTerrain(
  queries: Queries,
  region: Uuid,
  terrain: RegionTerrain | undefined,
): Promise<void> {
  const tables = queries.tables<RegionTables>();
  await tables.deleteFrom('region_terrain').where('region', '=', queries.uuid(region)).execute();
  if (terrain !== undefined)
    await tables
      .insertInto('region_terrain')
      .values({
        region: queries.uuid(region),
        blob: storedBlobId(terrain.blobId),
        size: terrain.size,
      })
      .execute();
}

export interface ContentCounts {
  readonly objects: number;
  readonly parts: number;
  readonly scripts: number;
  readonly objectBytes: number;
  readonly parcels: number;
}

export async function countContent(queries: Queries, region: Uuid): Promise<ContentCounts> {
  const tables = queries.tables<RegionTables>();
  const objects = await tables
    .selectFrom('region_object')
    .select([
      sql<number>`count(*)`.as('objects'),
      sql<number>`cast(coalesce(sum(parts), 0) as bigint)`.as('parts'),
      sql<number>`cast(coalesce(sum(scripts), 0) as bigint)`.as('scripts'),
      sql<number>`cast(coalesce(sum(size), 0) as bigint)`.as('objectBytes'),
    ])
    .where('region', '=', queries.uuid(region))
    .executeTakeFirstOrThrow();
  const { parcels } = await tables
    .selectFrom('region_parcel')
    .select(sql<number>`count(*)`.as('parcels'))
    .where('region', '=', queries.uuid(region))
    .executeTakeFirstOrThrow();
  return { ...objects, parcels };
}

/** Every use of a blob by any region, read in pages. */
export async function* regionUses(queries: Queries): AsyncGenerator<UsedBlob> {
  const tables = queries.tables<RegionTables>();
  let after: { readonly region: StoredUuid; readonly id: StoredUuid } | undefined;
  for (;;) {
    let query = tables
      .selectFrom('region_object')
      .select(['region', 'id', 'blob', 'size'])
      .orderBy('region')
      .orderBy('id')
      .limit(rowsPerStatement);
    if (after !== undefined) {
      const { region, id } = after;
      query = query.where((is) =>
        is.or([is('region', '>', region), is.and([is('region', '=', region), is('id', '>', id)])]),
      );
    }
    const rows = await query.execute();
    for (const row of rows) yield { blobId: readBlobId(row.blob), size: row.size };
    after = rows.at(-1);
    if (rows.length < rowsPerStatement) break;
  }
  for (const row of await tables.selectFrom('region_terrain').select(['blob', 'size']).execute())
    yield { blobId: readBlobId(row.blob), size: row.size };
}

export async function* regionBlobs(queries: Queries): AsyncGenerator<BlobId> {
  for await (const { blobId } of regionUses(queries)) yield blobId;
}
