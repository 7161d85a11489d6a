/** Tables of the terms of service and of who has accepted them. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';

interface TermsTables {
  terms_version: { version: number; text: string; published_at: number };
  terms_acceptance: { account: StoredUuid; version: number; accepted_at: number; address: string };
}

export interface TermsVersion {
  /** Counts up from 1. */
  readonly version: number;
  /** A text, or the address of a page. */
  readonly text: string;
  /** Unix milliseconds. */
  readonly publishedAt: number;
}

export interface TermsAcceptance {
  readonly accountId: Uuid;
  readonly version: number;
  /** Unix milliseconds. */
  readonly acceptedAt: number;
  /** IP address of the viewer. */
  readonly address: string;
}

export const termsMigrations: readonly Migration[] = [
  {
    name: 'terms-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE terms_version (
        version ${types.integer} PRIMARY KEY,
        text ${types.text} NOT NULL,
        published_at ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE TABLE terms_acceptance (
        account ${types.uuid} NOT NULL,
        version ${types.integer} NOT NULL,
        accepted_at ${types.integer} NOT NULL,
        address ${types.text} NOT NULL,
        PRIMARY KEY (account, version)
      )${types.strict}`,
    ],
  },
];

export async function readLatest(queries: Queries): Promise<TermsVersion | undefined> {
  const row = await queries
    .tables<TermsTables>()
    .selectFrom('terms_version')
    .selectAll()
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : versionOfRow(row);
}

export async function readVersions(queries: Queries): Promise<readonly TermsVersion[]> {
  const rows = await queries
    .tables<TermsTables>()
    .selectFrom('terms_version')
    .selectAll()
    .orderBy('version')
    .execute();
  return rows.map(versionOfRow);
}

export async function insertVersion(queries: Queries, terms: TermsVersion): Promise<void> {
  const { version, text, publishedAt } = terms;
  await queries
    .tables<TermsTables>()
    .insertInto('terms_version')
    .values({ version, text, published_at: publishedAt })
    .execute();
}

/** The latest version that an account has accepted; 0 for none. */
export async function readAccepted(queries: Queries, account: Uuid): Promise<number> {
  const row = await queries
    .tables<TermsTables>()
    .selectFrom('terms_acceptance')
    .select(sql<number>`coalesce(max(version), 0)`.as('version'))
    .where('account', '=', queries.uuid(account))
    .executeTakeFirstOrThrow();
  return row.version;
}

/** The first time counts. */
export async function insertAcceptance(queries: Queries, acceptance: TermsAcceptance): Promise<void> {
  await queries
    .tables<TermsTables>()
    .insertInto('terms_acceptance')
    .values({
      account: queries.uuid(acceptance.accountId),
      version: acceptance.version,
      accepted_at: acceptance.acceptedAt,
      address: acceptance.address,
    })
    .onConflict((conflict) => conflict.columns(['account', 'version']).doNothing())
    .execute();
}

export async function countAcceptances(queries: Queries): Promise<ReadonlyMap<number, number>> {
  const rows = await queries
    .tables<TermsTables>()
    .selectFrom('terms_acceptance')
    .select(['version', sql<number>`count(*)`.as('count')])
    .groupBy('version')
    .execute();
  return new Map(rows.map((row) => [row.version, row.count]));
}

/** A page in the order of accounts' ids. */
export async function readAcceptances(
  queries: Queries,
  version: number,
  limit: number,
  after?: Uuid,
): Promise<readonly TermsAcceptance[]> {
  let query = queries
    .tables<TermsTables>()
    .selectFrom('terms_acceptance')
    .selectAll()
    .where('version', '=', version)
    .orderBy('account')
    .limit(limit);
  if (after !== undefined) query = query.where('account', '>', queries.uuid(after));
  const rows = await query.execute();
  return rows.map((row) => ({
    accountId: readUuid(row.account),
    version: row.version,
    acceptedAt: row.accepted_at,
    address: row.address,
  }));
}

function versionOfRow(row: TermsTables['terms_version']): TermsVersion {
  return { version: row.version, text: row.text, publishedAt: row.published_at };
}
