/** The table of friendships: a row for each direction. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { UserText } from '../user-text.ts';

interface FriendRow {
  principal: StoredUuid;
  friend: StoredUuid;
  principal_text: string;
  friend_text: string;
  flags: number;
}

interface FriendTables {
  friend: FriendRow;
}

export const friendMigrations: readonly Migration[] = [
  {
    name: 'friends-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE friend (
        principal ${types.uuid} NOT NULL,
        friend ${types.uuid} NOT NULL,
        principal_text ${types.text} NOT NULL,
        friend_text ${types.text} NOT NULL,
        flags ${types.integer} NOT NULL,
        PRIMARY KEY (principal, friend)
      )${types.strict}`,
    ],
  },
];

export interface FriendRecord {
  readonly principalId: Uuid;
  readonly friendId: Uuid;
  readonly principalText: string;
  readonly friendText: string;
  readonly flags: number;
  /** -1 when there is no row the other way round with the same texts. */
  readonly theirFlags: number;
}

export interface NewFriend {
  readonly principal: UserText;
  readonly friend: UserText;
  readonly flags: number;
}

/** All of a principal, or what it has about one friend; in the order of friends' ids. */
export async function listFriends(
  queries: Queries,
  principalId: Uuid,
  friendId?: Uuid,
): Promise<readonly FriendRecord[]> {
  let query = queries
    .tables<FriendTables>()
    .selectFrom('friend as mine')
    .leftJoin('friend as theirs', (join) =>
      join
        .onRef('theirs.principal', '=', 'mine.friend')
        .onRef('theirs.friend', '=', 'mine.principal')
        // With another secret it belongs to another friendship.
        .onRef('theirs.principal_text', '=', 'mine.friend_text')
        .onRef('theirs.friend_text', '=', 'mine.principal_text'),
    )
    .select([
      'mine.principal',
      'mine.friend',
      'mine.principal_text',
      'mine.friend_text',
      'mine.flags',
      'theirs.flags as their_flags',
    ])
    .where('mine.principal', '=', queries.uuid(principalId))
    .orderBy('mine.friend');
  if (friendId !== undefined) query = query.where('mine.friend', '=', queries.uuid(friendId));
  return (await query.execute()).map((row) => ({
    principalId: readUuid(row.principal),
    friendId: readUuid(row.friend),
    principalText: row.principal_text,
    friendText: row.friend_text,
    flags: row.flags,
    theirFlags: row.their_flags ?? -1,
  }));
}

/** One statement for all of them; they must differ in their ids. */
export async function writeFriends(queries: Queries, friends: readonly NewFriend[]): Promise<void> {
  await queries
    .tables<FriendTables>()
    .insertInto('friend')
    .values(
      friends.map(({ principal, friend, flags }) => ({
        principal: queries.uuid(principal.id),
        friend: queries.uuid(friend.id),
        principal_text: principal.text,
        friend_text: friend.text,
        flags,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['principal', 'friend']).doUpdateSet({
        principal_text: sql.ref<string>('excluded.principal_text'),
        friend_text: sql.ref<string>('excluded.friend_text'),
        flags: sql.ref<number>('excluded.flags'),
      }),
    )
    .execute();
}

/** One direction. A bare UUID stands for whatever text begins with it, anything else for itself. */
export async function deleteFriend(
  queries: Queries,
  principal: UserText,
  friend: UserText,
): Promise<boolean> {
  let query = queries
    .tables<FriendTables>()
    .deleteFrom('friend')
    .where('principal', '=', queries.uuid(principal.id))
    .where('friend', '=', queries.uuid(friend.id));
  if (principal.home !== '') query = query.where('principal_text', '=', principal.text);
  if (friend.home !== '') query = query.where('friend_text', '=', friend.text);
  return (await query.executeTakeFirst()).numDeletedRows > 0n;
}

/** Both directions between two users, if the texts are still these. */
export async function deleteFriendship(
  queries: Queries,
  { principalId, friendId, principalText, friendText }: FriendRecord,
): Promise<void> {
  const [principal, friend] = [queries.uuid(principalId), queries.uuid(friendId)];
  await queries
    .tables<FriendTables>()
    .deleteFrom('friend')
    .where((is) =>
      is.or([
        is.and({ principal, friend, principal_text: principalText, friend_text: friendText }),
        is.and({
          principal: friend,
          friend: principal,
          principal_text: friendText,
          friend_text: principalText,
        }),
      ]),
    )
    .execute();
}
