/** The table of accompanying assets. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { rowsPerStatement } from '../chunks.ts';

interface AccompanyingTables {
  accompanying_asset: { holder: StoredUuid; asset: StoredUuid };
}

export const accompanyingMigrations: readonly Migration[] = [
  {
    name: 'accompanying-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE accompanying_asset (
        holder ${types.uuid} NOT NULL,
        asset ${types.uuid} NOT NULL,
        PRIMARY KEY (holder, asset)
      )${types.strict}`,
    ],
  },
];

/** At most `rowsPerStatement` assets; those that are there already stay. */
export async function insertAccompanying(
  queries: Queries,
  holder: Uuid,
  assets: readonly Uuid[],
): Promise<void> {
  await queries
    .tables<AccompanyingTables>()
    .insertInto('accompanying_asset')
    .values(assets.map((asset) => ({ holder: queries.uuid(holder), asset: queries.uuid(asset) })))
    .onConflict((conflict) => conflict.columns(['holder', 'asset']).doNothing())
    .execute();
}

/** In the order of the asset ids, read in pages. */
export async function* listAccompanying(queries: Queries, holder: Uuid): AsyncGenerator<Uuid> {
  let after: StoredUuid | undefined;
  for (;;) {
    let query = queries
      .tables<AccompanyingTables>()
      .selectFrom('accompanying_asset')
      .select('asset')
      .where('holder', '=', queries.uuid(holder))
      .orderBy('asset')
      .limit(rowsPerStatement);
    if (after !== undefined) query = query.where('asset', '>', after);
    const rows = await query.execute();
    for (const row of rows) yield readUuid(row.asset);
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsPerStatement) return;
    after = last.asset;
  }
}

export async function countAccompanying(queries: Queries, holder: Uuid): Promise<number> {
  const { count } = await queries
    .tables<AccompanyingTables>()
    .selectFrom('accompanying_asset')
    .select(sql<number>`count(*)`.as('count'))
    .where('holder', '=', queries.uuid(holder))
    .executeTakeFirstOrThrow();
  return count;
}

/** At most `rowsPerStatement` holders. */
export async function deleteAccompanying(queries: Queries, holders: readonly Uuid[]): Promise<void> {
  await queries
    .tables<AccompanyingTables>()
    .deleteFrom('accompanying_asset')
    .where(
      'holder',
      'in',
      holders.map((holder) => queries.uuid(holder)),
    )
    .execute();
}
