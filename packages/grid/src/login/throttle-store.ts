/** The table of failed logins and of places from which logins succeeded. What is counted stands there as a digest. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';

interface ThrottleTables {
  login_count: { key: StoredUuid; failures: number; since: number; changed_at: number };
}

export const loginMigrations: readonly Migration[] = [
  {
    name: 'login-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE login_count (
        key ${types.uuid} PRIMARY KEY,
        failures ${types.integer} NOT NULL,
        since ${types.integer} NOT NULL,
        changed_at ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE INDEX login_count_changed_at ON login_count (changed_at)`,
    ],
  },
];

export interface LoginCount {
  /** 0 for a place from which a login succeeded. */
  readonly failures: number;
  /** Unix milliseconds of the first of them. */
  readonly since: number;
  readonly changedAt: number;
}

export async function readCounts(
  queries: Queries,
  keys: readonly Uuid[],
): Promise<ReadonlyMap<Uuid, LoginCount>> {
  const rows = await queries
    .tables<ThrottleTables>()
    .selectFrom('login_count')
    .selectAll()
    .where(
      'key',
      'in',
      keys.map((key) => queries.uuid(key)),
    )
    .execute();
  return new Map(
    rows.map((row) => [
      readUuid(row.key),
      { failures: row.failures, since: row.since, changedAt: row.changed_at },
    ]),
  );
}

/** Counts one failure for each key, afresh where the first one is from before `windowStart`. One statement. */
export async function countFailures(
  queries: Queries,
  keys: readonly Uuid[],
  now: number,
  windowStart: number,
): Promise<void> {
  // In one order everywhere, so that two processes that count the same keys do not wait for each other in a circle.
  const rows = [...keys].sort().map((key) => ({
    ...{ key: queries.uuid(key), failures: 1, since: now, changed_at: now },
  }));
  const over = sql<boolean>`login_count.since < ${windowStart}`;
  await queries
    .tables<ThrottleTables>()
    .insertInto('login_count')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        failures: sql<number>`CASE WHEN ${over} THEN 1 ELSE login_count.failures + 1 END`,
        since: sql<number>`CASE WHEN ${over} THEN excluded.since ELSE login_count.since END`,
        changed_at: sql<number>`excluded.changed_at`,
      }),
    )
    .execute();
}

export async function writePlace(queries: Queries, key: Uuid, now: number): Promise<void> {
  await queries
    .tables<ThrottleTables>()
    .insertInto('login_count')
    .values({ key: queries.uuid(key), failures: 0, since: now, changed_at: now })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ changed_at: now }))
    .execute();
}

export async function deleteOld(
  queries: Queries,
  failuresBefore: number,
  placesBefore: number,
): Promise<number> {
  const { numDeletedRows } = await queries
    .tables<ThrottleTables>()
    .deleteFrom('login_count')
    .where('changed_at', '<', failuresBefore)
    .where((row) => row.or([row('failures', '>', 0), row('changed_at', '<', placesBefore)]))
    .executeTakeFirst();
  return Number(numDeletedRows);
}
