/** The table of baked textures: a row for each avatar, its content in the blob store. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readBlobId, storedBlobId } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { rowsPerStatement } from '../chunks.ts';

interface BakeTables {
  bake: {
    agent: StoredUuid;
    blob: Uint8Array;
    size: number;
    stored_at: number;
  };
}

export const bakeMigrations: readonly Migration[] = [
  {
    name: 'bakes-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE bake (
        agent ${types.uuid} PRIMARY KEY,
        blob ${types.bytes} NOT NULL,
        size ${types.integer} NOT NULL,
        stored_at ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE INDEX bake_stored_at ON bake (stored_at)`,
    ],
  },
];

export async function findBake(queries: Queries, userId: Uuid): Promise<BlobId | undefined> {
  const row = await queries
    .tables<BakeTables>()
    .selectFrom('bake')
    .select('blob')
    .where('agent', '=', queries.uuid(userId))
    .executeTakeFirst();
  return row === undefined ? undefined : readBlobId(row.blob);
}

export async function writeBake(
  queries: Queries,
  userId: Uuid,
  content: { readonly id: BlobId; readonly size: number },
  now: number,
): Promise<void> {
  const columns = { blob: storedBlobId(content.id), size: content.size, stored_at: now };
  await queries
    .tables<BakeTables>()
    .insertInto('bake')
    .values({ agent: queries.uuid(userId), ...columns })
    .onConflict((conflict) => conflict.column('agent').doUpdateSet(columns))
    .execute();
}

export async function deleteBake(queries: Queries, userId: Uuid): Promise<void> {
  await queries.tables<BakeTables>().deleteFrom('bake').where('agent', '=', queries.uuid(userId)).execute();
}

export async function deleteBakesBefore(queries: Queries, storedBefore: number): Promise<number> {
  const { numDeletedRows } = await queries
    .tables<BakeTables>()
    .deleteFrom('bake')
    .where('stored_at', '<', storedBefore)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** In the order of avatars, read in pages. */
export async function* blobsOfBakes(queries: Queries): AsyncGenerator<BlobId> {
  let after: StoredUuid | undefined;
  for (;;) {
    let query = queries
      .tables<BakeTables>()
      .selectFrom('bake')
      .select(['agent', 'blob'])
      .orderBy('agent')
      .limit(rowsPerStatement);
    if (after !== undefined) query = query.where('agent', '>', after);
    const rows = await query.execute();
    for (const row of rows) yield readBlobId(row.blob);
    after = rows.at(-1)?.agent;
    if (after === undefined || rows.length < rowsPerStatement) return;
  }
}
