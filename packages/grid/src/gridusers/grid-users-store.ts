/** The table of where users were, one row for each home that a UUID came from. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { formatVector3, parseVector3, zeroVector } from '@gridkeep/wire/vector';
import type { UserText } from '../user-text.ts';
import type { GridUser } from './grid-user.ts';

interface GridUserRow {
  agent: StoredUuid;
  /** Address of the home grid; empty for residents. */
  home_grid: string;
  identifier: string;
  home_region: StoredUuid;
  home_position: string;
  home_look_at: string;
  last_region: StoredUuid;
  last_position: string;
  last_look_at: string;
  online: number;
  login_at: number;
  logout_at: number;
}

interface GridUserTables {
  grid_user: GridUserRow;
}

export const gridUserMigrations: readonly Migration[] = [
  {
    name: 'gridusers-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE grid_user (
        agent ${types.uuid} NOT NULL,
        home_grid ${types.text} NOT NULL,
        identifier ${types.text} NOT NULL,
        home_region ${types.uuid} NOT NULL,
        home_position ${types.text} NOT NULL,
        home_look_at ${types.text} NOT NULL,
        last_region ${types.uuid} NOT NULL,
        last_position ${types.text} NOT NULL,
        last_look_at ${types.text} NOT NULL,
        online ${types.integer} NOT NULL,
        login_at ${types.integer} NOT NULL,
        logout_at ${types.integer} NOT NULL,
        PRIMARY KEY (agent, home_grid)
      )${types.strict}`,
    ],
  },
];

/** Rows of one UUID that are looked at: every visitor's home grid vouches for its own. */
const rowsOfUserMax = 100;

function gridUserOfRow(row: GridUserRow): GridUser {
  return {
    userId: row.identifier,
    homeRegionId: readUuid(row.home_region),
    homePosition: parseVector3(row.home_position),
    homeLookAt: parseVector3(row.home_look_at),
    lastRegionId: readUuid(row.last_region),
    lastPosition: parseVector3(row.last_position),
    lastLookAt: parseVector3(row.last_look_at),
    online: row.online !== 0,
    login: row.login_at,
    logout: row.logout_at,
  };
}

function columnsOf(queries: Queries, changes: Partial<GridUser>): Partial<GridUserRow> {
  const { homeRegionId, homePosition, homeLookAt, lastRegionId, lastPosition, lastLookAt } = changes;
  const { online, login, logout } = changes;
  return {
    ...(homeRegionId === undefined ? {} : { home_region: queries.uuid(homeRegionId) }),
    ...(homePosition === undefined ? {} : { home_position: formatVector3(homePosition) }),
    ...(homeLookAt === undefined ? {} : { home_look_at: formatVector3(homeLookAt) }),
    ...(lastRegionId === undefined ? {} : { last_region: queries.uuid(lastRegionId) }),
    ...(lastPosition === undefined ? {} : { last_position: formatVector3(lastPosition) }),
    ...(lastLookAt === undefined ? {} : { last_look_at: formatVector3(lastLookAt) }),
    ...(online === undefined ? {} : { online: online ? 1 : 0 }),
    ...(login === undefined ? {} : { login_at: login }),
    ...(logout === undefined ? {} : { logout_at: logout }),
  };
}

/** One statement; what is left out stays as it is, or is nothing in a new row. */
export async function upsertGridUser(
  queries: Queries,
  user: UserText,
  changes: Omit<Partial<GridUser>, 'userId'>,
): Promise<GridUser> {
  const columns = { ...columnsOf(queries, changes), identifier: user.text };
  const nowhere = queries.uuid(zeroUuid);
  const origin = formatVector3(zeroVector);
  const row = await queries
    .tables<GridUserTables>()
    .insertInto('grid_user')
    .values({
      ...{ agent: queries.uuid(user.id), home_grid: user.home },
      ...{ home_region: nowhere, home_position: origin, home_look_at: origin },
      ...{ last_region: nowhere, last_position: origin, last_look_at: origin },
      ...{ online: 0, login_at: 0, logout_at: 0 },
      ...columns,
    })
    .onConflict((conflict) => conflict.columns(['agent', 'home_grid']).doUpdateSet(columns))
    .returningAll()
    .executeTakeFirstOrThrow();
  return gridUserOfRow(row);
}

/** At most `rowsPerStatement` ids; by id, of several rows the one that logged in or out last. */
export async function findGridUsers(
  queries: Queries,
  ids: readonly Uuid[],
): Promise<ReadonlyMap<Uuid, GridUser>> {
  const rows = await queries
    .tables<GridUserTables>()
    .selectFrom('grid_user')
    .selectAll()
    .where(
      'agent',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .orderBy('agent')
    .orderBy('home_grid')
    .limit(rowsOfUserMax * ids.length)
    .execute();
  const found = new Map<Uuid, GridUser>();
  for (const row of rows) {
    const id = readUuid(row.agent);
    const user = gridUserOfRow(row);
    const known = found.get(id);
    if (known === undefined || lastChange(user) > lastChange(known)) found.set(id, user);
  }
  return found;
}

function lastChange({ login, logout }: GridUser): number {
  return Math.max(login, logout);
}

/** At most `rowsPerStatement` ids: off-line, if they did not log in since. */
export async function endOnline(
  queries: Queries,
  ids: readonly Uuid[],
  loginBefore: number,
  now: number,
): Promise<void> {
  await queries
    .tables<GridUserTables>()
    .updateTable('grid_user')
    .set({ online: 0, logout_at: now })
    .where(
      'agent',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .where('online', '=', 1)
    .where('login_at', '<', loginBefore)
    .execute();
}

export async function countLoggedInSince(queries: Queries, loginAfter: number): Promise<number> {
  const row = await queries
    .tables<GridUserTables>()
    .selectFrom('grid_user')
    .select((select) => select.fn.countAll<number>().as('users'))
    .where('login_at', '>=', loginAfter)
    .executeTakeFirstOrThrow();
  return Number(row.users);
}
