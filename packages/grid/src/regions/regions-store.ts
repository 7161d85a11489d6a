/** Queries on region records. */
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { regionUnit } from './region-records.ts';
import type { Region, RegionGround } from './region-records.ts';
import { regionNameKey, regionOfRow, rowOfRegion } from './region-tables.ts';
import type { RegionTables } from './region-tables.ts';

export async function findRegion(queries: Queries, id: Uuid): Promise<Region | undefined> {
  const row = await queries
    .tables<RegionTables>()
    .selectFrom('region')
    .selectAll()
    .where('id', '=', queries.uuid(id))
    .executeTakeFirst();
  return row === undefined ? undefined : regionOfRow(row);
}

export async function findRegionNamed(queries: Queries, name: string): Promise<Region | undefined> {
  const row = await queries
    .tables<RegionTables>()
    .selectFrom('region')
    .selectAll()
    .where('name_key', '=', regionNameKey(name))
    .executeTakeFirst();
  return row === undefined ? undefined : regionOfRow(row);
}

export async function findRegionAt(
  queries: Queries,
  locationX: number,
  locationY: number,
): Promise<Region | undefined> {
  const row = await queries
    .tables<RegionTables>()
    .selectFrom('region')
    .selectAll()
    .where('location_x', '=', locationX)
    .where('location_y', '=', locationY)
    .executeTakeFirst();
  return row === undefined ? undefined : regionOfRow(row);
}

/** In the order of their names, after a given one. */
export async function listRegions(
  queries: Queries,
  after: string | undefined,
  limit: number,
): Promise<readonly Region[]> {
  let query = queries
    .tables<RegionTables>()
    .selectFrom('region')
    .selectAll()
    .orderBy('name_key')
    .limit(limit);
  if (after !== undefined) query = query.where('name_key', '>', regionNameKey(after));
  return (await query.execute()).map(regionOfRow);
}

/** A region, other than itself, that covers some of the same ground. */
export async function findOverlapping(queries: Queries, region: RegionGround): Promise<Region | undefined> {
  const left = region.locationX * regionUnit;
  const bottom = region.locationY * regionUnit;
  const unit = sql.lit(regionUnit);
  const row = await queries
    .tables<RegionTables>()
    .selectFrom('region')
    .selectAll()
    .where('id', '<>', queries.uuid(region.id))
    .where(sql<boolean>`location_x * ${unit} < ${left + region.sizeX}`)
    .where(sql<boolean>`location_x * ${unit} + size_x > ${left}`)
    .where(sql<boolean>`location_y * ${unit} < ${bottom + region.sizeY}`)
    .where(sql<boolean>`location_y * ${unit} + size_y > ${bottom}`)
    .orderBy('name_key')
    .executeTakeFirst();
  return row === undefined ? undefined : regionOfRow(row);
}

export async function insertRegion(queries: Queries, region: Region): Promise<void> {
  await queries.tables<RegionTables>().insertInto('region').values(rowOfRegion(queries, region)).execute();
}

export async function replaceRegion(queries: Queries, region: Region): Promise<void> {
  const { id, ...rest } = rowOfRegion(queries, region);
  await queries.tables<RegionTables>().updateTable('region').set(rest).where('id', '=', id).execute();
}

export async function deleteRegion(queries: Queries, id: Uuid): Promise<void> {
  await queries.tables<RegionTables>().deleteFrom('region').where('id', '=', queries.uuid(id)).execute();
}

/** Undefined when the region does not exist. */
export async function contentRevision(queries: Queries, id: Uuid): Promise<number | undefined> {
  const row = await queries
    .tables<RegionTables>()
    .selectFrom('region')
    .select('content_revision')
    .where('id', '=', queries.uuid(id))
    .executeTakeFirst();
  return row?.content_revision;
}

/** Returns the new revision of the content; undefined when the region does not exist. */
export async function raiseContentRevision(
  queries: Queries,
  id: Uuid,
  loadedFrom: string,
  loadedAt: number,
): Promise<number | undefined> {
  const row = await queries
    .tables<RegionTables>()
    .updateTable('region')
    .set({
      content_revision: sql`content_revision + 1`,
      loaded_from: loadedFrom,
      loaded_at: loadedAt,
    })
    .where('id', '=', queries.uuid(id))
    .returning('content_revision')
    .executeTakeFirst();
  return row?.content_revision;
}
