/** The table of tokens: what has one of them shows that it gave the right password a while ago. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';

interface TokenTables {
  authentication_token: { token_hash: Uint8Array; account: StoredUuid; expires_at: number };
}

export const tokenMigrations: readonly Migration[] = [
  {
    name: 'tokens-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE authentication_token (
        token_hash ${types.bytes} PRIMARY KEY,
        account ${types.uuid} NOT NULL,
        expires_at ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE INDEX authentication_token_account ON authentication_token (account)`,
      `CREATE INDEX authentication_token_expires_at ON authentication_token (expires_at)`,
    ],
  },
];

export interface TokenKey {
  readonly account: Uuid;
  /** SHA-256. */
  readonly tokenHash: Uint8Array;
}

export async function insertToken(queries: Queries, token: TokenKey, expiresAt: number): Promise<void> {
  await queries
    .tables<TokenTables>()
    .insertInto('authentication_token')
    .values({ token_hash: token.tokenHash, account: queries.uuid(token.account), expires_at: expiresAt })
    .execute();
}

/** Whether the token was valid at `now`; it is valid until `expiresAt` then. */
export async function renewToken(
  queries: Queries,
  token: TokenKey,
  now: number,
  expiresAt: number,
): Promise<boolean> {
  const result = await queries
    .tables<TokenTables>()
    .updateTable('authentication_token')
    .set({ expires_at: expiresAt })
    .where('token_hash', '=', token.tokenHash)
    .where('account', '=', queries.uuid(token.account))
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Whether the token was valid at `now`. */
export async function deleteToken(queries: Queries, token: TokenKey, now: number): Promise<boolean> {
  const result = await queries
    .tables<TokenTables>()
    .deleteFrom('authentication_token')
    .where('token_hash', '=', token.tokenHash)
    .where('account', '=', queries.uuid(token.account))
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export async function deleteTokensOf(queries: Queries, account: Uuid): Promise<void> {
  await queries
    .tables<TokenTables>()
    .deleteFrom('authentication_token')
    .where('account', '=', queries.uuid(account))
    .execute();
}

export async function deleteExpiredTokens(queries: Queries, now: number): Promise<number> {
  const { numDeletedRows } = await queries
    .tables<TokenTables>()
    .deleteFrom('authentication_token')
    .where('expires_at', '<=', now)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
