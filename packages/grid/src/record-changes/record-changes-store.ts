/** The tables of what changed since the last backup, and the index by day that backups read assets by. */
import type { ColumnTypes, Migration, Queries } from '@gridkeep/storage/database/database';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { storedBlobId } from '@gridkeep/storage/database/stored-ids';
import { type Generated, sql } from 'kysely';
import { chunked } from '../chunks.ts';

/** Days (UTC) since 1970, as written in the index: queries must say it in the same words to be served by it. */
export const assetDay = 'created_at / 86400000';

interface ChangeTables {
  /** One row; made by the migration. */
  record_change_state: {
    id: number;
    /** Grows with every change of `repository` and `snapshot`. */
    generation: number;
    /** SQLite: what changes now is noted under it. */
    epoch: number;
    repository: string;
    snapshot: string;
  };
  /** Made by `startNoting`. SQLite has topic and epoch, one row a topic; PostgreSQL seq and topic, one row a change. */
  record_change: { topic: string; epoch: Generated<number>; seq: Generated<number> };
  record_content_piece: { blob: Uint8Array; pieces: Uint8Array };
}

export const recordChangeMigrations: readonly Migration[] = [
  {
    name: 'record-changes-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE record_change_state (
        id ${types.integer} PRIMARY KEY,
        generation ${types.integer} NOT NULL,
        epoch ${types.integer} NOT NULL,
        repository ${types.text} NOT NULL,
        snapshot ${types.text} NOT NULL
      )${types.strict}`,
      `INSERT INTO record_change_state (id, generation, epoch, repository, snapshot) VALUES (1, 0, 0, '', '')`,
      `CREATE TABLE record_content_piece (
        blob ${types.bytes} PRIMARY KEY,
        pieces ${types.bytes} NOT NULL
      )${types.strict}`,
      `CREATE INDEX asset_day ON asset ((${assetDay}), id)`,
    ],
  },
];

export interface BackupState {
  readonly generation: number;
  /** The repository and the snapshot since which changes are noted; '' when there is none. */
  readonly repository: string;
  readonly snapshot: string;
}

export async function readState(queries: Queries): Promise<BackupState> {
  return queries
    .tables<ChangeTables>()
    .selectFrom('record_change_state')
    .select(['generation', 'repository', 'snapshot'])
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
}

/** False when somebody else replaced it since generation was read. */
export async function replaceState(queries: Queries, state: BackupState): Promise<boolean> {
  const { generation, repository, snapshot } = state;
  const { numUpdatedRows } = await queries
    .tables<ChangeTables>()
    .updateTable('record_change_state')
    .set({ generation: generation + 1, repository, snapshot })
    .where('id', '=', 1)
    .where('generation', '=', generation)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

export async function forgetState(queries: Queries): Promise<void> {
  await queries
    .tables<ChangeTables>()
    .updateTable('record_change_state')
    .set({ generation: sql`generation + 1`, repository: '', snapshot: '' })
    .execute();
}

/** The epoch that ended: what is noted from now on has a later one. */
export async function nextEpoch(queries: Queries): Promise<number> {
  const { epoch } = await queries
    .tables<ChangeTables>()
    .updateTable('record_change_state')
    .set({ epoch: sql`epoch + 1` })
    .returning('epoch')
    .executeTakeFirstOrThrow();
  return epoch - 1;
}

const rowsPerRead = 2000;

export function readTopics(queries: Queries): AsyncIterable<{ topic: string; seq: number }> {
  const tables = queries.tables<ChangeTables>();
  if (queries.dialect === 'sqlite')
    return tables
      .selectFrom('record_change')
      .select(['topic', sql<number>`0`.as('seq')])
      .stream(rowsPerRead);
  return tables.selectFrom('record_change').select(['topic', 'seq']).orderBy('seq').stream(rowsPerRead);
}

/** As if these had changed just now. */
export async function noteTopics(
  queries: Queries,
  topics: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  const epoch = sql<number>`(select epoch from record_change_state where id = 1)`;
  for await (const chunk of chunked(topics)) {
    const insert = queries.tables<ChangeTables>().insertInto('record_change');
    if (queries.dialect === 'postgres') await insert.values(chunk.map((topic) => ({ topic }))).execute();
    else
      await insert
        .values(chunk.map((topic) => ({ topic, epoch })))
        .onConflict((conflict) => conflict.column('topic').doUpdateSet({ epoch: sql`excluded.epoch` }))
        .execute();
  }
}

/** PostgreSQL: about how many changes are noted; 0 before noting began. */
export async function countNoted(queries: Queries): Promise<number> {
  const { rows } = await sql<{
    there: boolean;
  }>`select to_regclass('record_change') is not null as there`.execute(queries.tables<unknown>());
  if (rows[0]?.there !== true) return 0;
  const { first, last } = await queries
    .tables<ChangeTables>()
    .selectFrom('record_change')
    .select(({ fn }) => [fn.min('seq').as('first'), fn.max('seq').as('last')])
    .executeTakeFirstOrThrow();
  return first === null || last === null ? 0 : Number(last) - Number(first) + 1;
}

/** PostgreSQL: all that this transaction sees. */
export async function deleteNoted(queries: Queries): Promise<void> {
  await queries.tables<ChangeTables>().deleteFrom('record_change').execute();
}

/** Rows of one statement: others' writes wait for it. */
const deletedMax = 5000;

/** SQLite: everything noted until the epoch ended. */
export async function deleteUntil(queries: Queries, epoch: number): Promise<void> {
  const tables = queries.tables<ChangeTables>();
  for (;;) {
    const { numDeletedRows } = await tables
      .deleteFrom('record_change')
      .where('topic', 'in', (inner) =>
        inner.selectFrom('record_change').select('topic').where('epoch', '<=', epoch).limit(deletedMax),
      )
      .executeTakeFirstOrThrow();
    if (numDeletedRows < BigInt(deletedMax)) return;
  }
}

/** PostgreSQL: numbers from `first` to `last`, every one of which was seen. */
export async function deleteSeen(queries: Queries, ranges: Iterable<SeenRange>): Promise<void> {
  let batch: SeenRange[] = [];
  const flush = async (): Promise<void> => {
    const seen = batch;
    batch = [];
    await queries
      .tables<ChangeTables>()
      .deleteFrom('record_change')
      .where((where) =>
        where.or(
          seen.map(({ first, last }) => where.and([where('seq', '>=', first), where('seq', '<=', last)])),
        ),
      )
      .execute();
  };
  for (const { first, last } of ranges)
    for (let from = first; from <= last; from += deletedMax) {
      batch.push({ first: from, last: Math.min(last, from + deletedMax - 1) });
      if (last - first >= deletedMax || batch.length >= 200) await flush();
    }
  if (batch.length > 0) await flush();
}

export interface SeenRange {
  readonly first: number;
  readonly last: number;
}

/** In which blobs a repository keeps content that is cut into several; the same in every repository. */
export async function readPieces(queries: Queries, blob: BlobId): Promise<readonly BlobId[] | undefined> {
  const row = await queries
    .tables<ChangeTables>()
    .selectFrom('record_content_piece')
    .select('pieces')
    .where('blob', '=', storedBlobId(blob))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const hex = Buffer.from(row.pieces).toString('hex');
  return (hex.match(/.{64}/g) ?? []).map(parseBlobId);
}

export async function keepPieces(queries: Queries, blob: BlobId, pieces: readonly BlobId[]): Promise<void> {
  await queries
    .tables<ChangeTables>()
    .insertInto('record_content_piece')
    .values({ blob: storedBlobId(blob), pieces: Buffer.concat(pieces.map(storedBlobId)) })
    .onConflict((conflict) => conflict.column('blob').doNothing())
    .execute();
}
