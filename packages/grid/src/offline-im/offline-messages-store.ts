/** The table of messages for people who are away. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { formatVector3, parseVector3 } from '@gridkeep/wire/vector';
import { sql } from 'kysely';
import type { Generated } from 'kysely';
import type { OfflineMessage } from './offline-message.ts';

interface MessageRow {
  recipient: StoredUuid;
  sender: StoredUuid;
  sender_name: string;
  from_group: number;
  dialog: number;
  offline: number;
  session: StoredUuid;
  message: string;
  binary_bucket: string;
  estate: number;
  region: StoredUuid;
  position: string;
  /** Unix seconds, as the sender's region wrote it. */
  sent_at: number;
  stored_at: number;
  /** When it was given out last; 0 never. */
  taken_at: number;
}

interface MessageTables {
  offline_message: MessageRow & { id: Generated<number> };
}

export const offlineMessageMigrations: readonly Migration[] = [
  {
    name: 'offline-im-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE offline_message (
        id ${types.serial},
        recipient ${types.uuid} NOT NULL,
        sender ${types.uuid} NOT NULL,
        sender_name ${types.text} NOT NULL,
        from_group ${types.integer} NOT NULL,
        dialog ${types.integer} NOT NULL,
        offline ${types.integer} NOT NULL,
        session ${types.uuid} NOT NULL,
        message ${types.text} NOT NULL,
        binary_bucket ${types.text} NOT NULL,
        estate ${types.integer} NOT NULL,
        region ${types.uuid} NOT NULL,
        position ${types.text} NOT NULL,
        sent_at ${types.integer} NOT NULL,
        stored_at ${types.integer} NOT NULL,
        taken_at ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE INDEX offline_message_recipient ON offline_message (recipient)`,
      `CREATE INDEX offline_message_sender ON offline_message (sender)`,
      `CREATE INDEX offline_message_stored_at ON offline_message (stored_at)`,
    ],
  },
];

const columns = [
  ...(['recipient', 'sender', 'sender_name', 'from_group', 'dialog', 'offline', 'session'] as const),
  ...(['message', 'binary_bucket', 'estate', 'region', 'position', 'sent_at', 'stored_at'] as const),
  'taken_at',
] as const;

function messageOfRow(row: MessageRow): OfflineMessage {
  return {
    toId: readUuid(row.recipient),
    fromId: readUuid(row.sender),
    fromName: row.sender_name,
    fromGroup: row.from_group !== 0,
    dialog: row.dialog,
    offline: row.offline,
    sessionId: readUuid(row.session),
    message: row.message,
    binaryBucket: row.binary_bucket,
    estateId: row.estate,
    regionId: readUuid(row.region),
    position: parseVector3(row.position),
    timestamp: row.sent_at,
  };
}

function rowOfMessage(queries: Queries, message: OfflineMessage, now: number): MessageRow {
  return {
    recipient: queries.uuid(message.toId),
    sender: queries.uuid(message.fromId),
    sender_name: message.fromName,
    from_group: message.fromGroup ? 1 : 0,
    dialog: message.dialog,
    offline: message.offline,
    session: queries.uuid(message.sessionId),
    message: message.message,
    binary_bucket: message.binaryBucket,
    estate: message.estateId,
    region: queries.uuid(message.regionId),
    position: formatVector3(message.position),
    sent_at: message.timestamp,
    stored_at: now,
    taken_at: 0,
  };
}

export async function countMessagesTo(queries: Queries, userId: Uuid): Promise<number> {
  const { count } = await queries
    .tables<MessageTables>()
    .selectFrom('offline_message')
    .select(sql<number>`count(*)`.as('count'))
    .where('recipient', '=', queries.uuid(userId))
    .executeTakeFirstOrThrow();
  return count;
}

export async function insertMessage(queries: Queries, message: OfflineMessage, now: number): Promise<void> {
  await queries
    .tables<MessageTables>()
    .insertInto('offline_message')
    .values(rowOfMessage(queries, message, now))
    .execute();
}

export interface TakenMessage {
  readonly id: number;
  readonly message: OfflineMessage;
}

/** One statement: gives the oldest that were not given out since `takenBefore`, and marks them as given out now. */
export async function takeMessages(
  queries: Queries,
  userId: Uuid,
  { takenBefore, now, limit }: { takenBefore: number; now: number; limit: number },
): Promise<readonly TakenMessage[]> {
  const tables = queries.tables<MessageTables>();
  const rows = await tables
    .updateTable('offline_message')
    .set({ taken_at: now })
    .where('id', 'in', (from) =>
      from
        .selectFrom('offline_message')
        .select('id')
        .where('recipient', '=', queries.uuid(userId))
        .where('taken_at', '<', takenBefore)
        .orderBy('id')
        .limit(limit),
    )
    // Once more: PostgreSQL looks at a row that another took meanwhile again, but not at the list of rows.
    .where('taken_at', '<', takenBefore)
    .returning(['id', ...columns])
    .execute();
  return rows.map((row) => ({ id: row.id, message: messageOfRow(row) })).sort((a, b) => a.id - b.id);
}

/** At most `rowsPerStatement` ids. */
export async function deleteMessages(queries: Queries, ids: readonly number[]): Promise<void> {
  await queries.tables<MessageTables>().deleteFrom('offline_message').where('id', 'in', ids).execute();
}

export async function deleteMessagesOf(queries: Queries, userId: Uuid): Promise<number> {
  const id = queries.uuid(userId);
  const { numDeletedRows } = await queries
    .tables<MessageTables>()
    .deleteFrom('offline_message')
    .where((is) => is.or([is('recipient', '=', id), is('sender', '=', id)]))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

export async function deleteMessagesBefore(queries: Queries, storedBefore: number): Promise<number> {
  const { numDeletedRows } = await queries
    .tables<MessageTables>()
    .deleteFrom('offline_message')
    .where('stored_at', '<', storedBefore)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
