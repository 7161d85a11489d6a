/** Tables of what content the grid's records use: one row per distinct blob, and the sum over them in one row. */
import type { ColumnTypes, Migration, Queries } from '@gridkeep/storage/database/database';
import { sql } from 'kysely';

export interface UsageTables {
  used_blob: { blob: Uint8Array; size: number; uses: number };
  used_total: { id: number; blobs: number; bytes: number };
}

export const usageMigrations: readonly Migration[] = [
  {
    name: 'usage-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE used_blob (
        blob ${types.bytes} PRIMARY KEY,
        size ${types.integer} NOT NULL,
        uses ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE TABLE used_total (
        id ${types.integer} PRIMARY KEY,
        blobs ${types.integer} NOT NULL,
        bytes ${types.integer} NOT NULL
      )${types.strict}`,
      `INSERT INTO used_total (id, blobs, bytes) VALUES (1, 0, 0)`,
    ],
  },
];

export interface UsedBlobRow {
  readonly blob: Uint8Array;
  readonly size: number;
  /** After the change. */
  readonly uses: number;
}

/** Adds to (or, negative, takes from) the uses of at most some hundred distinct blobs and returns their rows after it. */
export async function addUses(
  queries: Queries,
  rows: readonly UsedBlobRow[],
): Promise<readonly UsedBlobRow[]> {
  return queries
    .tables<UsageTables>()
    .insertInto('used_blob')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.column('blob').doUpdateSet({ uses: sql`used_blob.uses + excluded.uses` }),
    )
    .returning(['blob', 'size', 'uses'])
    .execute();
}

export async function isUsed(queries: Queries, blob: Uint8Array): Promise<boolean> {
  const row = await queries
    .tables<UsageTables>()
    .selectFrom('used_blob')
    .select('uses')
    .where('blob', '=', blob)
    .executeTakeFirst();
  return row !== undefined;
}

export async function deleteUnused(queries: Queries, blobs: readonly Uint8Array[]): Promise<void> {
  await queries.tables<UsageTables>().deleteFrom('used_blob').where('blob', 'in', blobs).execute();
}

/** Returns the totals after the change. */
export async function changeTotal(
  queries: Queries,
  blobs: number,
  bytes: number,
): Promise<{ readonly blobs: number; readonly bytes: number }> {
  return queries
    .tables<UsageTables>()
    .updateTable('used_total')
    .set({ blobs: sql`blobs + ${blobs}`, bytes: sql`bytes + ${bytes}` })
    .where('id', '=', 1)
    .returning(['blobs', 'bytes'])
    .executeTakeFirstOrThrow();
}

export async function readTotal(
  queries: Queries,
): Promise<{ readonly blobs: number; readonly bytes: number }> {
  return queries
    .tables<UsageTables>()
    .selectFrom('used_total')
    .select(['blobs', 'bytes'])
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
}

export async function clearUses(queries: Queries): Promise<void> {
  await queries.tables<UsageTables>().deleteFrom('used_blob').execute();
  await queries
    .tables<UsageTables>()
    .updateTable('used_total')
    .set({ blobs: 0, bytes: 0 })
    .where('id', '=', 1)
    .execute();
}
