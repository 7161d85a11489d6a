/** Queries on what is registered on the map. */
import type { Queries } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { chunked } from '../chunks.ts';
import { regionNameKey } from '../regions/region-tables.ts';
import { registeredSizeMax } from './registered-region.ts';
import type { RegisteredRegion, Registration } from './registered-region.ts';
import { regionOfRow, reportOfRow } from './registry-tables.ts';
import type {
  RegionReport,
  RegionRowWithPolicy,
  RegisteredRow,
  RegistryTables,
  ReportRow,
} from './registry-tables.ts';

const reportsMax = 1000;

function selectRegions(queries: Queries) {
  return queries
    .tables<RegistryTables>()
    .selectFrom('registered_region')
    .leftJoin('region_policy', 'region_policy.region', 'registered_region.id')
    .selectAll('registered_region')
    .select('region_policy.flags as policy');
}

export async function readAllRegions(queries: Queries): Promise<readonly RegisteredRegion[]> {
  return (await selectRegions(queries).execute()).map(regionOfRow);
}

export async function readRegions(
  queries: Queries,
  ids: readonly Uuid[],
): Promise<readonly RegisteredRegion[]> {
  const regions: RegisteredRegion[] = [];
  for await (const chunk of chunked(ids)) {
    const stored = chunk.map((id) => queries.uuid(id));
    const rows = await selectRegions(queries).where('registered_region.id', 'in', stored).execute();
    regions.push(...rows.map(regionOfRow));
  }
  return regions;
}

/** Rows with what is known of their simulators, in the order of names. */
export async function readRows(queries: Queries): Promise<readonly RegionRowWithPolicy[]> {
  return selectRegions(queries).orderBy('name_key').execute();
}

export async function findRow(queries: Queries, id: Uuid): Promise<RegionRowWithPolicy | undefined> {
  return selectRegions(queries).where('registered_region.id', '=', queries.uuid(id)).executeTakeFirst();
}

/** Any region or link, other than the region itself, that has some of its ground. */
export async function findOverlapping(
  queries: Queries,
  region: Pick<Registration, 'id' | 'x' | 'y' | 'sizeX' | 'sizeY'>,
): Promise<RegionRowWithPolicy | undefined> {
  return selectRegions(queries)
    .where('registered_region.id', '<>', queries.uuid(region.id))
    .where('x', '<', region.x + region.sizeX)
    .where('x', '>', region.x - registeredSizeMax)
    .where(sql<boolean>`x + size_x > ${sql.lit(region.x)}`)
    .where('y', '<', region.y + region.sizeY)
    .where(sql<boolean>`y + size_y > ${sql.lit(region.y)}`)
    .orderBy('hyperlink')
    .limit(1)
    .executeTakeFirst();
}

export async function findNamed(
  queries: Queries,
  name: string,
  butNot: Uuid,
): Promise<RegionRowWithPolicy | undefined> {
  return selectRegions(queries)
    .where('name_key', '=', regionNameKey(name))
    .where('registered_region.id', '<>', queries.uuid(butNot))
    .limit(1)
    .executeTakeFirst();
}

export async function writeRow(queries: Queries, row: RegisteredRow): Promise<void> {
  const { id, ...rest } = row;
  await queries
    .tables<RegistryTables>()
    .insertInto('registered_region')
    .values({ id, ...rest })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(rest))
    .execute();
}

export async function deleteRow(queries: Queries, id: Uuid): Promise<void> {
  await queries
    .tables<RegistryTables>()
    .deleteFrom('registered_region')
    .where('id', '=', queries.uuid(id))
    .execute();
}

export async function markOffline(queries: Queries, id: Uuid, now: number): Promise<void> {
  await queries
    .tables<RegistryTables>()
    .updateTable('registered_region')
    .set({ online: 0, last_seen: now, unreachable_since: 0, unreachable_reason: '' })
    .where('id', '=', queries.uuid(id))
    .execute();
}

export async function writePolicy(queries: Queries, region: Uuid, flags: number): Promise<void> {
  await queries
    .tables<RegistryTables>()
    .insertInto('region_policy')
    .values({ region: queries.uuid(region), flags })
    .onConflict((conflict) => conflict.column('region').doUpdateSet({ flags }))
    .execute();
}

export async function readPolicies(queries: Queries): Promise<ReadonlyMap<Uuid, number>> {
  const rows = await queries.tables<RegistryTables>().selectFrom('region_policy').selectAll().execute();
  return new Map(rows.map((row) => [readUuid(row.region), row.flags]));
}

export async function readPolicy(queries: Queries, region: Uuid): Promise<number> {
  const row = await queries
    .tables<RegistryTables>()
    .selectFrom('region_policy')
    .select('flags')
    .where('region', '=', queries.uuid(region))
    .executeTakeFirst();
  return row?.flags ?? 0;
}

/** Columns of row 0 that links to other grids have taken, in metres. */
export async function linkColumns(queries: Queries): Promise<ReadonlySet<number>> {
  const rows = await queries
    .tables<RegistryTables>()
    .selectFrom('registered_region')
    .select('x')
    .where('hyperlink', '=', 1)
    .execute();
  return new Set(rows.map((row) => row.x));
}

/** Keeps the newest of each kind and region, and of all together the newest thousand. */
export async function writeReport(queries: Queries, report: RegionReport): Promise<void> {
  const values: ReportRow = {
    region: queries.uuid(report.regionId),
    kind: report.kind,
    name: report.name,
    text: report.text,
    simulator: report.simulator,
    reported_at: report.reportedAt,
  };
  const { region, kind, ...rest } = values;
  const tables = queries.tables<RegistryTables>();
  await tables
    .insertInto('region_report')
    .values({ region, kind, ...rest })
    .onConflict((conflict) => conflict.columns(['region', 'kind']).doUpdateSet(rest))
    .execute();
  const oldest = await tables
    .selectFrom('region_report')
    .select('reported_at')
    .orderBy('reported_at', 'desc')
    .offset(reportsMax)
    .limit(1)
    .executeTakeFirst();
  if (oldest !== undefined)
    await tables.deleteFrom('region_report').where('reported_at', '<=', oldest.reported_at).execute();
}

export async function deleteReport(queries: Queries, region: Uuid, kind: string): Promise<void> {
  await queries
    .tables<RegistryTables>()
    .deleteFrom('region_report')
    .where('region', '=', queries.uuid(region))
    .where('kind', '=', kind)
    .execute();
}

export async function readReports(queries: Queries): Promise<readonly RegionReport[]> {
  const rows = await queries
    .tables<RegistryTables>()
    .selectFrom('region_report')
    .selectAll()
    .orderBy('reported_at', 'desc')
    .limit(reportsMax)
    .execute();
  return rows.map(reportOfRow);
}

export interface CheckTarget {
  readonly id: Uuid;
  readonly name: string;
  readonly serverUri: string;
  readonly unreachableSince: number;
  readonly registeredAt: number;
  /** 0 before the first. */
  readonly checkedAt: number;
}

/** Regions that are online and were not checked since, those that wait longest first. */
export async function dueForCheck(
  queries: Queries,
  before: number,
  limit: number,
): Promise<readonly CheckTarget[]> {
  const rows = await queries
    .tables<RegistryTables>()
    .selectFrom('registered_region')
    .selectAll()
    .where('online', '=', 1)
    .where('hyperlink', '=', 0)
    .where('checked_at', '<=', before)
    .orderBy('checked_at')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: readUuid(row.id),
    name: row.name,
    serverUri: row.server_uri,
    unreachableSince: row.unreachable_since,
    registeredAt: row.registered_at,
    checkedAt: row.checked_at,
  }));
}

/** Writes the outcome unless the region has registered anew meanwhile. */
export async function writeReachable(
  queries: Queries,
  targets: readonly CheckTarget[],
  now: number,
): Promise<void> {
  for await (const chunk of chunked(targets)) {
    const ids = chunk.map(({ id }) => queries.uuid(id));
    await queries
      .tables<RegistryTables>()
      .updateTable('registered_region')
      .set({ unreachable_since: 0, unreachable_reason: '', checked_at: now, last_seen: now })
      .where('id', 'in', ids)
      .where('online', '=', 1)
      .execute();
  }
}

export async function writeUnreachable(
  queries: Queries,
  target: CheckTarget,
  reason: string,
  now: number,
): Promise<void> {
  await queries
    .tables<RegistryTables>()
    .updateTable('registered_region')
    .set({
      unreachable_since: target.unreachableSince === 0 ? now : target.unreachableSince,
      unreachable_reason: reason,
      checked_at: now,
    })
    .where('id', '=', queries.uuid(target.id))
    .where('registered_at', '=', target.registeredAt)
    .execute();
}
