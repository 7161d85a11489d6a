/** What residents wear, as simulators wrote it: names and values whose meaning is theirs. */
import type { Database } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';

const unfinished = () => new Error('not there yet');

/** Too many values, or one too long; the message says which limit. */
export class AvatarRefusedError extends Error {
  override readonly name = 'AvatarRefusedError';
}

export class Avatars {
  readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Always with an `AvatarType`; an unknown user has nothing else. */
  find(_userId: Uuid): Promise<ReadonlyMap<string, string>> {
    return Promise.reject(unfinished());
  }

  /** Throws AvatarRefusedError. */
  replace(_userId: Uuid, _values: ReadonlyMap<string, string>): Promise<void> {
    return Promise.reject(unfinished());
  }

  /** False when there was nothing. */
  reset(_userId: Uuid): Promise<boolean> {
    return Promise.reject(unfinished());
  }

  /** Throws AvatarRefusedError. */
  setItems(_userId: Uuid, _values: ReadonlyMap<string, string>): Promise<void> {
    return Promise.reject(unfinished());
  }

  removeItems(_userId: Uuid, _names: Iterable<string>): Promise<void> {
    return Promise.reject(unfinished());
  }
}
