/**
 * Friendships: what one user allows another, each direction for itself. Source of the rules:
 * OpenSim/Services/Friends/FriendsService.cs, OpenSim/Data/MySQL/MySQLFriendsData.cs
 */
import type { Database } from '@gridkeep/storage/database/database';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { isSameSecret } from '../same-secret.ts';
import { parseUserText, tryParseUserText } from '../user-text.ts';
import * as store from './friends-store.ts';

/** OpenSim/Services/Interfaces/IFriendsService.cs, FriendRights */
export const friendRights = { seeOnline: 1, seeOnMap: 2, modifyObjects: 4 } as const;

export interface Friend {
  /** The zero id when the principal is a visitor. */
  readonly principalId: Uuid;
  /** A UUID, or `uuid;home address;First Last;secret` of a friend on another grid. */
  readonly friend: string;
  /** Bits of `friendRights` that the principal gives the friend. */
  readonly myFlags: number;
  /** Bits that the friend gives; -1 while the friendship waits for an answer. */
  readonly theirFlags: number;
}

/** Texts are UUIDs or identifiers of users of other grids; UserTextError when they are neither. */
export class Friends {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** By the UUID that the text is or begins with. */
  async list(principalText: string): Promise<readonly Friend[]> {
    const { id } = parseUserText(principalText);
    return (await store.listFriends(this.#database, id)).map(friendOf);
  }

  /** What the principal has about one friend. */
  async find(principalId: Uuid, friendId: Uuid): Promise<Friend | undefined> {
    const [record] = await store.listFriends(this.#database, principalId, friendId);
    return record === undefined ? undefined : friendOf(record);
  }

  /**
   * Writes one direction in one statement; what was there between the two UUIDs is replaced, its secret too. A RangeError
   * when the flags are not 0 to 2147483647.
   */
  async store(principalText: string, friendText: string, flags: number): Promise<void> {
    const [principal, friend] = [parseUserText(principalText), parseUserText(friendText)];
    if (!Number.isInteger(flags) || flags < 0 || flags > 2 ** 31 - 1)
      throw new RangeError(`rights of a friend are ${flags}`);
    await store.writeFriends(this.#database, [{ principal, friend, flags }]);
  }

  /** Both directions in one statement, each with the right to see who is on-line: a friendship that both have agreed to. */
  async confirm(principalText: string, friendText: string): Promise<void> {
    const [principal, friend] = [parseUserText(principalText), parseUserText(friendText)];
    if (principal.id === friend.id) throw new RangeError('nobody is a friend of themselves');
    const flags = friendRights.seeOnline;
    await store.writeFriends(this.#database, [
      { principal, friend, flags },
      { principal: friend, friend: principal, flags },
    ]);
  }

  /** One direction; a UUID also finds the friend of another grid with that UUID. False when nothing matched. */
  async delete(principalText: string, friendText: string): Promise<boolean> {
    return store.deleteFriend(this.#database, parseUserText(principalText), parseUserText(friendText));
  }

  /**
   * Both directions of a friendship between two grids, when its secret is this one. False when it is not, or there is no
   * such friendship, or it has no secret.
   */
  async deleteWithSecret(principalId: Uuid, friendId: Uuid, secret: string): Promise<boolean> {
    const [record] = await store.listFriends(this.#database, principalId, friendId);
    const kept = record === undefined ? '' : (tryParseUserText(record.friendText)?.secret ?? '');
    if (record === undefined || kept === '' || !isSameSecret(kept, secret)) return false;
    await store.deleteFriendship(this.#database, record);
    return true;
  }
}

function friendOf(record: store.FriendRecord): Friend {
  const { principalId, principalText, friendText, flags, theirFlags } = record;
  return {
    principalId: principalText === principalId ? principalId : zeroUuid,
    ...{ friend: friendText, myFlags: flags, theirFlags },
  };
}
