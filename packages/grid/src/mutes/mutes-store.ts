/** The table of what people do not want to hear or see. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { Mute } from './mute.ts';

interface MuteRow {
  agent: StoredUuid;
  muted: StoredUuid;
  name: string;
  type: number;
  flags: number;
  stamp: number;
}

interface MuteTables {
  mute: MuteRow;
}

export const muteMigrations: readonly Migration[] = [
  {
    name: 'mutes-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE mute (
        agent ${types.uuid} NOT NULL,
        muted ${types.uuid} NOT NULL,
        name ${types.text} NOT NULL,
        type ${types.integer} NOT NULL,
        flags ${types.integer} NOT NULL,
        stamp ${types.integer} NOT NULL,
        PRIMARY KEY (agent, muted, name)
      )${types.strict}`,
    ],
  },
];

/** In the order of ids and names, in which OpenSimulator's table keeps them: viewers compare a checksum of the whole. */
export async function listMutes(queries: Queries, agent: Uuid): Promise<readonly Mute[]> {
  const rows = await queries
    .tables<MuteTables>()
    .selectFrom('mute')
    .selectAll()
    .where('agent', '=', queries.uuid(agent))
    .orderBy('muted')
    .orderBy('name')
    .execute();
  return rows.map(({ muted, name, type, flags, stamp }) => ({
    id: readUuid(muted),
    name,
    type,
    flags,
    stamp,
  }));
}

export async function countMutes(queries: Queries, agent: Uuid): Promise<number> {
  const { count } = await queries
    .tables<MuteTables>()
    .selectFrom('mute')
    .select(sql<number>`count(*)`.as('count'))
    .where('agent', '=', queries.uuid(agent))
    .executeTakeFirstOrThrow();
  return count;
}

/** Replaces the one with the same id and name. */
export async function writeMute(queries: Queries, agent: Uuid, mute: Mute): Promise<void> {
  const { id, name, type, flags, stamp } = mute;
  await queries
    .tables<MuteTables>()
    .insertInto('mute')
    .values({ agent: queries.uuid(agent), muted: queries.uuid(id), name, type, flags, stamp })
    .onConflict((conflict) =>
      conflict.columns(['agent', 'muted', 'name']).doUpdateSet({ type, flags, stamp }),
    )
    .execute();
}

export async function deleteMute(queries: Queries, agent: Uuid, id: Uuid, name: string): Promise<boolean> {
  const result = await queries
    .tables<MuteTables>()
    .deleteFrom('mute')
    .where('agent', '=', queries.uuid(agent))
    .where('muted', '=', queries.uuid(id))
    .where('name', '=', name)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
