/** The table of what residents wear: a row for each, so that a whole outfit is one write. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';

interface AvatarTables {
  avatar: {
    agent: StoredUuid;
    /** JSON: pairs of name and value. */
    appearance: string;
    changed_at: number;
  };
}

export const avatarMigrations: readonly Migration[] = [
  {
    name: 'avatars-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE avatar (
        agent ${types.uuid} PRIMARY KEY,
        appearance ${types.text} NOT NULL,
        changed_at ${types.integer} NOT NULL
      )${types.strict}`,
    ],
  },
];

export async function findAvatar(
  queries: Queries,
  userId: Uuid,
): Promise<ReadonlyMap<string, string> | undefined> {
  const row = await queries
    .tables<AvatarTables>()
    .selectFrom('avatar')
    .select('appearance')
    .where('agent', '=', queries.uuid(userId))
    .executeTakeFirst();
  return row === undefined ? undefined : valuesOfJson(row.appearance);
}

export async function writeAvatar(
  queries: Queries,
  userId: Uuid,
  values: ReadonlyMap<string, string>,
  now: number,
): Promise<void> {
  const columns = { appearance: JSON.stringify([...values]), changed_at: now };
  await queries
    .tables<AvatarTables>()
    .insertInto('avatar')
    .values({ agent: queries.uuid(userId), ...columns })
    .onConflict((conflict) => conflict.column('agent').doUpdateSet(columns))
    .execute();
}

export async function deleteAvatar(queries: Queries, userId: Uuid): Promise<boolean> {
  const result = await queries
    .tables<AvatarTables>()
    .deleteFrom('avatar')
    .where('agent', '=', queries.uuid(userId))
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Pairs and not an object: names such as `__proto__` are names like any other. */
function valuesOfJson(json: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const pairs: unknown = JSON.parse(json);
  if (!Array.isArray(pairs)) return values;
  for (const pair of pairs) {
    if (!Array.isArray(pair)) continue;
    const [name, value]: readonly unknown[] = pair;
    if (typeof name === 'string' && typeof value === 'string') values.set(name, value);
  }
  return values;
}
