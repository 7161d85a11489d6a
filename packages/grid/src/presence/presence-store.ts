/** The table of sessions. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { rowsPerStatement } from '../chunks.ts';
import type { EndedSession, NewSession, Session } from './session.ts';

interface SessionRow {
  session: StoredUuid;
  agent: StoredUuid;
  /** What can be there once only: the user where each has one session, else the session. */
  place: StoredUuid;
  secure_session: StoredUuid;
  region: StoredUuid;
  /** The session that this one took the place of. */
  replaced: StoredUuid | null;
  last_seen: number;
}

interface PresenceTables {
  presence_session: SessionRow;
}

export const presenceMigrations: readonly Migration[] = [
  {
    name: 'presence-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE presence_session (
        session ${types.uuid} PRIMARY KEY,
        agent ${types.uuid} NOT NULL,
        place ${types.uuid} NOT NULL UNIQUE,
        secure_session ${types.uuid} NOT NULL,
        region ${types.uuid} NOT NULL,
        replaced ${types.uuid},
        last_seen ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE INDEX presence_session_agent ON presence_session (agent)`,
      `CREATE INDEX presence_session_region ON presence_session (region)`,
    ],
  },
];

function sessionOfRow(row: SessionRow): Session {
  return {
    userId: readUuid(row.agent),
    sessionId: readUuid(row.session),
    secureSessionId: readUuid(row.secure_session),
    regionId: readUuid(row.region),
    lastSeen: row.last_seen,
  };
}

/**
 * One statement. `alone` puts the session in the place of the user's other one. Gives the session that had the place,
 * 'new' when there was none, 'foreign' when the place is another user's. Throws UniqueViolationError when the session is
 * known in another place.
 */
export async function upsertSession(
  queries: Queries,
  session: NewSession,
  alone: boolean,
  now: number,
): Promise<Uuid | 'new' | 'foreign'> {
  const agent = queries.uuid(session.userId);
  const values = {
    session: queries.uuid(session.sessionId),
    secure_session: queries.uuid(session.secureSessionId),
    region: queries.uuid(zeroUuid),
    last_seen: now,
  };
  const row = await queries
    .tables<PresenceTables>()
    .insertInto('presence_session')
    .values({ ...values, agent, place: alone ? agent : values.session, replaced: null })
    .onConflict((conflict) =>
      conflict
        .column('place')
        .doUpdateSet({ ...values, replaced: sql.ref<StoredUuid>('presence_session.session') })
        .where('presence_session.agent', '=', agent),
    )
    .returning('replaced')
    .executeTakeFirst();
  if (row === undefined) return 'foreign';
  return row.replaced === null ? 'new' : readUuid(row.replaced);
}

export async function findSession(queries: Queries, sessionId: Uuid): Promise<Session | undefined> {
  const row = await queries
    .tables<PresenceTables>()
    .selectFrom('presence_session')
    .selectAll()
    .where('session', '=', queries.uuid(sessionId))
    .executeTakeFirst();
  return row === undefined ? undefined : sessionOfRow(row);
}

/** At most `rowsPerStatement` users; those seen last come last. */
export async function sessionsOfUsers(queries: Queries, ids: readonly Uuid[]): Promise<readonly Session[]> {
  const rows = await queries
    .tables<PresenceTables>()
    .selectFrom('presence_session')
    .selectAll()
    .where(
      'agent',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .orderBy('last_seen')
    .execute();
  return rows.map(sessionOfRow);
}

export async function moveSession(
  queries: Queries,
  sessionId: Uuid,
  regionId: Uuid,
  now: number,
): Promise<boolean> {
  const result = await queries
    .tables<PresenceTables>()
    .updateTable('presence_session')
    .set({ region: queries.uuid(regionId), last_seen: now })
    .where('session', '=', queries.uuid(sessionId))
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

type Ending =
  | { readonly sessionId: Uuid }
  | { readonly regionId: Uuid }
  /** Those of the user that do not stand in the user's own place. */
  | { readonly besidesPlaceOf: Uuid }
  | { readonly seenBefore: number }
  /** At most `rowsPerStatement` regions. */
  | { readonly seenBefore: number; readonly regionIds: readonly Uuid[] };

export async function endSessions(queries: Queries, ending: Ending): Promise<readonly EndedSession[]> {
  const tables = queries.tables<PresenceTables>();
  let query = tables.deleteFrom('presence_session').returning(['session', 'agent']);
  if ('sessionId' in ending) query = query.where('session', '=', queries.uuid(ending.sessionId));
  else if ('regionId' in ending) query = query.where('region', '=', queries.uuid(ending.regionId));
  else if ('besidesPlaceOf' in ending) {
    const agent = queries.uuid(ending.besidesPlaceOf);
    query = query.where('agent', '=', agent).where('place', '<>', agent);
  } else {
    query = query.where('last_seen', '<', ending.seenBefore);
    if ('regionIds' in ending)
      query = query.where(
        'region',
        'in',
        ending.regionIds.map((id) => queries.uuid(id)),
      );
  }
  const rows = await query.execute();
  return rows.map((row) => ({ sessionId: readUuid(row.session), userId: readUuid(row.agent) }));
}

/** Where agents are that were not seen since a time, each region once, in pages. */
export async function* regionsSeenBefore(
  queries: Queries,
  seenBefore: number,
): AsyncGenerator<readonly Uuid[]> {
  let after: StoredUuid | undefined;
  for (;;) {
    let query = queries
      .tables<PresenceTables>()
      .selectFrom('presence_session')
      .select('region')
      .distinct()
      .where('last_seen', '<', seenBefore)
      .orderBy('region')
      .limit(rowsPerStatement);
    if (after !== undefined) query = query.where('region', '>', after);
    const rows = await query.execute();
    if (rows.length > 0) yield rows.map((row) => readUuid(row.region));
    after = rows.at(-1)?.region;
    if (after === undefined || rows.length < rowsPerStatement) return;
  }
}

export async function countSessions(queries: Queries): Promise<number> {
  const { count } = await queries
    .tables<PresenceTables>()
    .selectFrom('presence_session')
    .select(sql<number>`count(*)`.as('count'))
    .executeTakeFirstOrThrow();
  return count;
}
