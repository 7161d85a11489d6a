/** Tables and queries of asset records, their conflicts, and counts by kind. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readBlobId, readUuid, storedBlobId } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { rowsPerStatement } from '../chunks.ts';
import type { AssetConflict, AssetRecord } from './asset-record.ts';

interface AssetRow {
  id: StoredUuid;
  blob: Uint8Array;
  size: number;
  type: number;
  name: string;
  description: string;
  creator: string;
  flags: number;
  temporary: number;
  local: number;
  created_at: number;
}

interface ConflictRow {
  asset: StoredUuid;
  offered_blob: Uint8Array;
  offered_size: number;
  offered_at: number;
  source: string;
}

interface AssetTables {
  asset: AssetRow;
  asset_conflict: ConflictRow;
  asset_kind_total: { type: number; assets: number; bytes: number };
}

export const assetMigrations: readonly Migration[] = [
  {
    name: 'assets-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE asset (
        id ${types.uuid} PRIMARY KEY,
        blob ${types.bytes} NOT NULL,
        size ${types.integer} NOT NULL,
        type ${types.integer} NOT NULL,
        name ${types.text} NOT NULL,
        description ${types.text} NOT NULL,
        creator ${types.text} NOT NULL,
        flags ${types.integer} NOT NULL,
        temporary ${types.integer} NOT NULL,
        local ${types.integer} NOT NULL,
        created_at ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE INDEX asset_blob ON asset (blob)`,
      `CREATE TABLE asset_conflict (
        asset ${types.uuid} NOT NULL,
        offered_blob ${types.bytes} NOT NULL,
        offered_size ${types.integer} NOT NULL,
        offered_at ${types.integer} NOT NULL,
        source ${types.text} NOT NULL,
        PRIMARY KEY (asset, offered_blob)
      )${types.strict}`,
      `CREATE TABLE asset_kind_total (
        type ${types.integer} PRIMARY KEY,
        assets ${types.integer} NOT NULL,
        bytes ${types.integer} NOT NULL
      )${types.strict}`,
    ],
  },
];

function recordOfRow(row: AssetRow): AssetRecord {
  return {
    id: readUuid(row.id),
    blobId: readBlobId(row.blob),
    size: row.size,
    type: row.type,
    name: row.name,
    description: row.description,
    creator: row.creator,
    flags: row.flags,
    temporary: row.temporary !== 0,
    local: row.local !== 0,
    createdAt: row.created_at,
  };
}

export async function findAsset(queries: Queries, id: Uuid): Promise<AssetRecord | undefined> {
  const row = await queries
    .tables<AssetTables>()
    .selectFrom('asset')
    .selectAll()
    .where('id', '=', queries.uuid(id))
    .executeTakeFirst();
  return row === undefined ? undefined : recordOfRow(row);
}

/** At most `rowsPerStatement` ids. */
export async function findAssets(queries: Queries, ids: readonly Uuid[]): Promise<readonly AssetRecord[]> {
  const rows = await queries
    .tables<AssetTables>()
    .selectFrom('asset')
    .selectAll()
    .where(
      'id',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .execute();
  return rows.map(recordOfRow);
}

/** At most `rowsPerStatement` ids. */
export async function existingAssets(queries: Queries, ids: readonly Uuid[]): Promise<readonly Uuid[]> {
  const rows = await queries
    .tables<AssetTables>()
    .selectFrom('asset')
    .select('id')
    .where(
      'id',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .execute();
  return rows.map((row) => readUuid(row.id));
}

/** At most `rowsPerStatement` records with distinct ids; returns the ids that were not there before. */
export async function insertAssets(
  queries: Queries,
  records: readonly AssetRecord[],
): Promise<ReadonlySet<Uuid>> {
  const rows = await queries
    .tables<AssetTables>()
    .insertInto('asset')
    .values(
      records.map((record) => ({
        id: queries.uuid(record.id),
        blob: storedBlobId(record.blobId),
        size: record.size,
        type: record.type,
        name: record.name,
        description: record.description,
        creator: record.creator,
        flags: record.flags,
        temporary: record.temporary ? 1 : 0,
        local: record.local ? 1 : 0,
        created_at: record.createdAt,
      })),
    )
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .execute();
  return new Set(rows.map((row) => readUuid(row.id)));
}

export async function deleteAsset(queries: Queries, id: Uuid): Promise<boolean> {
  const result = await queries
    .tables<AssetTables>()
    .deleteFrom('asset')
    .where('id', '=', queries.uuid(id))
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** True when this content was not offered for the id before. */
export async function insertConflict(
  queries: Queries,
  conflict: Omit<AssetConflict, 'keptBlobId'>,
): Promise<boolean> {
  const result = await queries
    .tables<AssetTables>()
    .insertInto('asset_conflict')
    .values({
      asset: queries.uuid(conflict.assetId),
      offered_blob: storedBlobId(conflict.offeredBlobId),
      offered_size: conflict.offeredSize,
      offered_at: conflict.offeredAt,
      source: conflict.source,
    })
    .onConflict((existing) => existing.columns(['asset', 'offered_blob']).doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function countConflictsOf(queries: Queries, id: Uuid): Promise<number> {
  const { count } = await queries
    .tables<AssetTables>()
    .selectFrom('asset_conflict')
    .select(sql<number>`count(*)`.as('count'))
    .where('asset', '=', queries.uuid(id))
    .executeTakeFirstOrThrow();
  return count;
}

/** Conflicts in the order of asset ids, after a given one. */
export async function listConflicts(
  queries: Queries,
  after: AssetConflict | undefined,
  limit: number,
): Promise<readonly AssetConflict[]> {
  let query = queries
    .tables<AssetTables>()
    .selectFrom('asset_conflict')
    .innerJoin('asset', 'asset.id', 'asset_conflict.asset')
    .select(['asset', 'offered_blob', 'offered_size', 'offered_at', 'source', 'blob'])
    .orderBy('asset')
    .orderBy('offered_blob')
    .limit(limit);
  if (after !== undefined) {
    const asset = queries.uuid(after.assetId);
    const blob = storedBlobId(after.offeredBlobId);
    query = query.where((is) =>
      is.or([is('asset', '>', asset), is.and([is('asset', '=', asset), is('offered_blob', '>', blob)])]),
    );
  }
  return (await query.execute()).map((row) => ({
    assetId: readUuid(row.asset),
    keptBlobId: readBlobId(row.blob),
    offeredBlobId: readBlobId(row.offered_blob),
    offeredSize: row.offered_size,
    offeredAt: row.offered_at,
    source: row.source,
  }));
}

/** The blobs of all assets, or of all conflicts, each once, in the order of their ids; read in pages. */
export async function* blobsOf(queries: Queries, which: 'assets' | 'conflicts'): AsyncGenerator<BlobId> {
  let after: Uint8Array = new Uint8Array(0);
  for (;;) {
    const tables = queries.tables<AssetTables>();
    const rows: readonly { readonly blob: Uint8Array }[] =
      which === 'assets'
        ? await tables
            .selectFrom('asset')
            .select('blob')
            .distinct()
            .where('blob', '>', after)
            .orderBy('blob')
            .limit(rowsPerStatement)
            .execute()
        : await tables
            .selectFrom('asset_conflict')
            .select('offered_blob as blob')
            .distinct()
            .where('offered_blob', '>', after)
            .orderBy('blob')
            .limit(rowsPerStatement)
            .execute();
    for (const row of rows) yield readBlobId(row.blob);
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsPerStatement) return;
    after = last.blob;
  }
}

/** All records in the order of their ids, read in pages. */
export async function* allAssets(queries: Queries): AsyncGenerator<AssetRecord> {
  let after: StoredUuid | undefined;
  for (;;) {
    let query = queries
      .tables<AssetTables>()
      .selectFrom('asset')
      .selectAll()
      .orderBy('id')
      .limit(rowsPerStatement);
    if (after !== undefined) query = query.where('id', '>', after);
    const rows = await query.execute();
    for (const row of rows) yield recordOfRow(row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsPerStatement) return;
    after = last.id;
  }
}

/** The assets that have this content. */
export async function assetsOfBlob(
  queries: Queries,
  blobId: BlobId,
  limit: number,
): Promise<readonly AssetRecord[]> {
  const rows = await queries
    .tables<AssetTables>()
    .selectFrom('asset')
    .selectAll()
    .where('blob', '=', storedBlobId(blobId))
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(recordOfRow);
}

export interface KindTotal {
  readonly type: number;
  readonly assets: number;
  /** Bytes of all of them, shared content counted each time. */
  readonly bytes: number;
}

export async function readKindTotals(queries: Queries): Promise<readonly KindTotal[]> {
  return queries
    .tables<AssetTables>()
    .selectFrom('asset_kind_total')
    .select(['type', 'assets', 'bytes'])
    .where('assets', '>', 0)
    .orderBy('type')
    .execute();
}

export async function addKindTotals(queries: Queries, totals: readonly KindTotal[]): Promise<void> {
  if (totals.length === 0) return;
  await queries
    .tables<AssetTables>()
    .insertInto('asset_kind_total')
    .values([...totals].sort((a, b) => a.type - b.type))
    .onConflict((conflict) =>
      conflict.column('type').doUpdateSet({
        assets: sql`asset_kind_total.assets + excluded.assets`,
        bytes: sql`asset_kind_total.bytes + excluded.bytes`,
      }),
    )
    .execute();
}

export async function recountKinds(queries: Queries): Promise<void> {
  const tables = queries.tables<AssetTables>();
  await tables.deleteFrom('asset_kind_total').execute();
  await tables
    .insertInto('asset_kind_total')
    .columns(['type', 'assets', 'bytes'])
    .expression((from) =>
      from
        .selectFrom('asset')
        .select([
          'type',
          sql<number>`count(*)`.as('assets'),
          sql<number>`cast(sum(size) as bigint)`.as('bytes'),
        ])
        .groupBy('type'),
    )
    .execute();
}
