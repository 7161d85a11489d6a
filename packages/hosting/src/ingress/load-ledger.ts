/**
 * Which loads have come to their end, written in the transaction that puts the content in place: a job that was killed
 * between that commit and its own end does not load the archive twice.
 */
import type { ColumnTypes, Migration, Queries } from '@gridkeep/storage/database/database';
import type { Json } from '@gridkeep/storage/jobs/jobs';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { StoredUuid } from '@gridkeep/storage/database/database';

interface LedgerTables {
  archive_load: { job: StoredUuid; result: string; loaded_at: number };
}

export const loadLedgerMigrations: readonly Migration[] = [
  {
    name: 'loads-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE archive_load (
        job ${types.uuid} PRIMARY KEY,
        result ${types.text} NOT NULL,
        loaded_at ${types.integer} NOT NULL
      )${types.strict}`,
    ],
  },
];

/** What the load said when it ended; undefined when it has not. */
export async function finishedLoad(queries: Queries, job: Uuid): Promise<string | undefined> {
  const row = await queries
    .tables<LedgerTables>()
    .selectFrom('archive_load')
    .select('result')
    .where('job', '=', queries.uuid(job))
    .executeTakeFirst();
  return row?.result;
}

export async function recordLoad(queries: Queries, job: Uuid, result: Json): Promise<void> {
  await queries
    .tables<LedgerTables>()
    .insertInto('archive_load')
    .values({ job: queries.uuid(job), result: JSON.stringify(result), loaded_at: Date.now() })
    .execute();
}
