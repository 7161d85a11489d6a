/** Where residents and visitors have their home and were last, and whether they are on-line. */
import type { Database } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';

export interface GridUser {
  /** A UUID, or `uuid;home address;First Last` of a visitor. */
  readonly userId: string;
  readonly homeRegionId: Uuid;
  readonly homePosition: Vector3;
  readonly homeLookAt: Vector3;
  readonly lastRegionId: Uuid;
  readonly lastPosition: Vector3;
  readonly lastLookAt: Vector3;
  readonly online: boolean;
  /** Unix milliseconds; 0 never. */
  readonly login: number;
  /** Unix milliseconds; 0 never. */
  readonly logout: number;
}

const unfinished = () => new Error('not there yet');

/** `userText` is a UUID or begins with one and a semicolon; RangeError when it is neither. */
export class GridUsers {
  readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  loggedIn(_userText: string): Promise<GridUser> {
    return Promise.reject(unfinished());
  }

  loggedOut(_userText: string, _regionId: Uuid, _position: Vector3, _lookAt: Vector3): Promise<void> {
    return Promise.reject(unfinished());
  }

  setHome(_userText: string, _regionId: Uuid, _position: Vector3, _lookAt: Vector3): Promise<void> {
    return Promise.reject(unfinished());
  }

  setPosition(_userText: string, _regionId: Uuid, _position: Vector3, _lookAt: Vector3): Promise<void> {
    return Promise.reject(unfinished());
  }

  /** By the UUID at the beginning; of several rows the one that logged in or out last. */
  find(_userText: string): Promise<GridUser | undefined> {
    return Promise.reject(unfinished());
  }

  /** Those that are known, in the order asked for. */
  findMany(_userTexts: Iterable<string>): Promise<readonly GridUser[]> {
    return Promise.reject(unfinished());
  }
}
