/** The table of sessions of residents: where each one is, on this grid or another. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Travel } from './travel-record.ts';

interface TravelRow {
  session: StoredUuid;
  resident: StoredUuid;
  gatekeeper: string;
  token: string;
  client_address: string;
  changed_at: number;
}

interface TravelTables {
  hypergrid_travel: TravelRow;
}

export const travelMigrations: readonly Migration[] = [
  {
    name: 'hypergrid-travels-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE hypergrid_travel (
        session ${types.uuid} PRIMARY KEY,
        resident ${types.uuid} NOT NULL,
        gatekeeper ${types.text} NOT NULL,
        token ${types.text} NOT NULL,
        client_address ${types.text} NOT NULL,
        changed_at ${types.integer} NOT NULL
      )${types.strict}`,
      'CREATE INDEX hypergrid_travel_resident ON hypergrid_travel (resident)',
      'CREATE INDEX hypergrid_travel_changed_at ON hypergrid_travel (changed_at)',
    ],
  },
];

/**
 * One statement: a session that is known keeps its client address, and a session of somebody else stays as it is. Gives
 * what stands there now, or undefined for somebody else's session.
 */
export async function upsertTravel(queries: Queries, travel: Travel): Promise<Travel | undefined> {
  const row = await queries
    .tables<TravelTables>()
    .insertInto('hypergrid_travel')
    .values(rowOf(queries, travel))
    .onConflict((conflict) =>
      conflict
        .column('session')
        .doUpdateSet({
          gatekeeper: travel.gatekeeper,
          token: travel.serviceSessionId,
          changed_at: travel.changedAt,
        })
        .where('hypergrid_travel.resident', '=', queries.uuid(travel.userId)),
    )
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : travelOf(row);
}

/** Puts a record back as it was, if the token of the session is still the one that is to go. */
export async function replaceTravel(queries: Queries, token: string, travel: Travel): Promise<boolean> {
  const { session, ...columns } = rowOf(queries, travel);
  const result = await queries
    .tables<TravelTables>()
    .updateTable('hypergrid_travel')
    .set(columns)
    .where('session', '=', session)
    .where('token', '=', token)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function findTravel(queries: Queries, sessionId: Uuid): Promise<Travel | undefined> {
  const row = await queries
    .tables<TravelTables>()
    .selectFrom('hypergrid_travel')
    .selectAll()
    .where('session', '=', queries.uuid(sessionId))
    .executeTakeFirst();
  return row === undefined ? undefined : travelOf(row);
}

/** The latest first. */
export async function travelsOfResident(
  queries: Queries,
  userId: Uuid,
  limit: number,
): Promise<readonly Travel[]> {
  const rows = await queries
    .tables<TravelTables>()
    .selectFrom('hypergrid_travel')
    .selectAll()
    .where('resident', '=', queries.uuid(userId))
    .orderBy('changed_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map(travelOf);
}

/** Only a session of this resident; gives what was there. */
export async function deleteTravel(
  queries: Queries,
  sessionId: Uuid,
  userId: Uuid,
): Promise<Travel | undefined> {
  const row = await queries
    .tables<TravelTables>()
    .deleteFrom('hypergrid_travel')
    .where('session', '=', queries.uuid(sessionId))
    .where('resident', '=', queries.uuid(userId))
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : travelOf(row);
}

export async function deleteTravelWithToken(
  queries: Queries,
  sessionId: Uuid,
  token: string,
): Promise<boolean> {
  const result = await queries
    .tables<TravelTables>()
    .deleteFrom('hypergrid_travel')
    .where('session', '=', queries.uuid(sessionId))
    .where('token', '=', token)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Whether any session is at another gatekeeper than this one. */
export async function hasTravelElsewhere(queries: Queries, gatekeeper: string): Promise<boolean> {
  const row = await queries
    .tables<TravelTables>()
    .selectFrom('hypergrid_travel')
    .select('session')
    .where('gatekeeper', '<>', gatekeeper)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function deleteTravelsBefore(queries: Queries, changedBefore: number): Promise<number> {
  const { numDeletedRows } = await queries
    .tables<TravelTables>()
    .deleteFrom('hypergrid_travel')
    .where('changed_at', '<', changedBefore)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

function rowOf(queries: Queries, travel: Travel): TravelRow {
  return {
    session: queries.uuid(travel.sessionId),
    resident: queries.uuid(travel.userId),
    gatekeeper: travel.gatekeeper,
    token: travel.serviceSessionId,
    client_address: travel.clientAddress,
    changed_at: travel.changedAt,
  };
}

function travelOf(row: TravelRow): Travel {
  return {
    sessionId: readUuid(row.session),
    userId: readUuid(row.resident),
    gatekeeper: row.gatekeeper,
    serviceSessionId: row.token,
    clientAddress: row.client_address,
    changedAt: row.changed_at,
  };
}
