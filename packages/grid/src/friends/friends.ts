/** Friendships: what one user allows another, each direction for itself. */
import type { Database } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';

/** OpenSim/Framework/FriendInfo, FriendRights */
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

const unfinished = () => new Error('not there yet');

/** Texts are UUIDs or begin with one and a semicolon; RangeError when they are neither. */
export class Friends {
  readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** By the UUID at the beginning of the text. */
  list(_principalText: string): Promise<readonly Friend[]> {
    return Promise.reject(unfinished());
  }

  /** What the principal has about one friend. */
  find(_principalId: Uuid, _friendId: Uuid): Promise<Friend | undefined> {
    return Promise.reject(unfinished());
  }

  /** Writes one direction; what was there between the two UUIDs is replaced, its secret too. */
  store(_principalText: string, _friendText: string, _flags: number): Promise<void> {
    return Promise.reject(unfinished());
  }

  /** Both directions at once, each with rights 1, in place of what there was: a friendship that both have agreed to. */
  confirm(_principalText: string, _friendText: string): Promise<void> {
    return Promise.reject(unfinished());
  }

  /** One direction; a text without an address also finds the friend with one. False when nothing matched. */
  delete(_principalText: string, _friendText: string): Promise<boolean> {
    return Promise.reject(unfinished());
  }

  /** Both directions, when the secret of the friendship is this one. False when it is not, or there is no friendship. */
  deleteWithSecret(_principalId: Uuid, _friendId: Uuid, _secret: string): Promise<boolean> {
    return Promise.reject(unfinished());
  }
}
