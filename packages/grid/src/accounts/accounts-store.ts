/** The table of accounts. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { accountNameKey } from './account-names.ts';
import type { Account } from './account.ts';
import { formatServiceUrls, parseServiceUrls } from './service-urls.ts';

interface AccountRow {
  id: StoredUuid;
  first_name: string;
  last_name: string;
  /** Both names in lower case: unique, and what searches look in. */
  name_key: string;
  email: string;
  /** In lower case. */
  email_key: string;
  created_at: number;
  level: number;
  flags: number;
  title: string;
  country: string;
  service_urls: string;
  active: number;
}

interface AccountTables {
  account: AccountRow;
}

export const accountMigrations: readonly Migration[] = [
  {
    name: 'accounts-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE account (
        id ${types.uuid} PRIMARY KEY,
        first_name ${types.text} NOT NULL,
        last_name ${types.text} NOT NULL,
        name_key ${types.text} NOT NULL UNIQUE,
        email ${types.text} NOT NULL,
        email_key ${types.text} NOT NULL,
        created_at ${types.integer} NOT NULL,
        level ${types.integer} NOT NULL,
        flags ${types.integer} NOT NULL,
        title ${types.text} NOT NULL,
        country ${types.text} NOT NULL,
        service_urls ${types.text} NOT NULL,
        active ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE INDEX account_email ON account (email_key)`,
    ],
  },
];

function accountOfRow(row: AccountRow): Account {
  return {
    id: readUuid(row.id),
    firstName: row.first_name,
    lastName: row.last_name,
    email: row.email,
    createdAt: row.created_at,
    level: row.level,
    flags: row.flags,
    title: row.title,
    country: row.country,
    serviceUrls: parseServiceUrls(row.service_urls),
    active: row.active !== 0,
  };
}

function rowOfAccount(queries: Queries, account: Account): AccountRow {
  return {
    id: queries.uuid(account.id),
    first_name: account.firstName,
    last_name: account.lastName,
    name_key: accountNameKey(account.firstName, account.lastName),
    email: account.email,
    email_key: account.email.toLowerCase(),
    created_at: account.createdAt,
    level: account.level,
    flags: account.flags,
    title: account.title,
    country: account.country,
    service_urls: formatServiceUrls(account.serviceUrls),
    active: account.active ? 1 : 0,
  };
}

export async function insertAccount(queries: Queries, account: Account): Promise<void> {
  await queries
    .tables<AccountTables>()
    .insertInto('account')
    .values(rowOfAccount(queries, account))
    .execute();
}

export async function replaceAccount(queries: Queries, account: Account): Promise<void> {
  const { id, ...rest } = rowOfAccount(queries, account);
  await queries.tables<AccountTables>().updateTable('account').set(rest).where('id', '=', id).execute();
}

/** At most `rowsPerStatement` ids. */
export async function findAccounts(queries: Queries, ids: readonly Uuid[]): Promise<readonly Account[]> {
  if (ids.length === 0) return [];
  const rows = await queries
    .tables<AccountTables>()
    .selectFrom('account')
    .selectAll()
    .where(
      'id',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .execute();
  return rows.map(accountOfRow);
}

export async function findAccountNamed(queries: Queries, nameKey: string): Promise<Account | undefined> {
  const row = await queries
    .tables<AccountTables>()
    .selectFrom('account')
    .selectAll()
    .where('name_key', '=', nameKey)
    .executeTakeFirst();
  return row === undefined ? undefined : accountOfRow(row);
}

/** The oldest account with the address. */
export async function findAccountByEmail(queries: Queries, email: string): Promise<Account | undefined> {
  const row = await queries
    .tables<AccountTables>()
    .selectFrom('account')
    .selectAll()
    .where('email_key', '=', email.toLowerCase())
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirst();
  return row === undefined ? undefined : accountOfRow(row);
}

/** In the order of names, after a given key. */
export async function listAccounts(
  queries: Queries,
  after: string | undefined,
  limit: number,
): Promise<readonly Account[]> {
  let query = queries
    .tables<AccountTables>()
    .selectFrom('account')
    .selectAll()
    .orderBy('name_key')
    .limit(limit);
  if (after !== undefined) query = query.where('name_key', '>', after);
  return (await query.execute()).map(accountOfRow);
}

/** Text that LIKE takes as it stands. */
function literal(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

/**
 * Active accounts; one word matches a part of the first or of the last name, two words a part of both. The words are in
 * lower case, as keys are.
 */
export async function searchAccounts(
  queries: Queries,
  first: string,
  last: string | undefined,
  limit: number,
): Promise<readonly Account[]> {
  // Neither name holds a space, so a word of the key never matches across the two.
  const pattern = last === undefined ? `%${literal(first)}%` : `%${literal(first)}% %${literal(last)}%`;
  const rows = await queries
    .tables<AccountTables>()
    .selectFrom('account')
    .selectAll()
    .where(sql<boolean>`name_key like ${pattern} escape '\\'`)
    .where('active', '=', 1)
    .orderBy('name_key')
    .limit(limit)
    .execute();
  return rows.map(accountOfRow);
}

export async function countAccounts(queries: Queries): Promise<number> {
  const { count } = await queries
    .tables<AccountTables>()
    .selectFrom('account')
    .select(sql<number>`count(*)`.as('count'))
    .executeTakeFirstOrThrow();
  return count;
}
