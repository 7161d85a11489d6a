/** The table of password hashes. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';

interface AuthenticationTables {
  authentication: { account: StoredUuid; password_hash: string; changed_at: number };
}

export const authenticationMigrations: readonly Migration[] = [
  {
    name: 'authentication-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE authentication (
        account ${types.uuid} PRIMARY KEY,
        password_hash ${types.text} NOT NULL,
        changed_at ${types.integer} NOT NULL
      )${types.strict}`,
    ],
  },
];

export async function readPasswordHash(queries: Queries, account: Uuid): Promise<string | undefined> {
  const row = await queries
    .tables<AuthenticationTables>()
    .selectFrom('authentication')
    .select('password_hash')
    .where('account', '=', queries.uuid(account))
    .executeTakeFirst();
  return row?.password_hash;
}

export async function writePasswordHash(
  queries: Queries,
  account: Uuid,
  passwordHash: string,
  changedAt: number,
): Promise<void> {
  await queries
    .tables<AuthenticationTables>()
    .insertInto('authentication')
    .values({ account: queries.uuid(account), password_hash: passwordHash, changed_at: changedAt })
    .onConflict((conflict) =>
      conflict.column('account').doUpdateSet({ password_hash: passwordHash, changed_at: changedAt }),
    )
    .execute();
}

export async function deletePasswordHash(queries: Queries, account: Uuid): Promise<boolean> {
  const result = await queries
    .tables<AuthenticationTables>()
    .deleteFrom('authentication')
    .where('account', '=', queries.uuid(account))
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
