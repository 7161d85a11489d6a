/** Tokens of people who gave the right password. Only hashes are stored, so who reads the database has no token. */
import { createHash } from 'node:crypto';
import type { Database } from '@gridkeep/storage/database/database';
import { randomUuid, uuidToBytes } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import * as store from './tokens-store.ts';

/** Minutes; also what is given when nothing is asked for (OpenSim/Server/Handlers/Authentication). */
export const tokenMinutesMax = 30;
const minuteMs = 60_000;

export class Tokens {
  readonly #database: Database;
  readonly #now: () => number;

  /** `now` gives Unix milliseconds; for tests. */
  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /** A new token, valid for so many minutes; a random id of 122 bits. */
  async issue(account: Uuid, minutes: number): Promise<Uuid> {
    const token = randomUuid();
    await store.insertToken(this.#database, key(account, token), this.#now() + lifeMs(minutes));
    return token;
  }

  /** Whether it is valid; then it is so for the next `minutes`. */
  verify(account: Uuid, token: Uuid, minutes: number): Promise<boolean> {
    const now = this.#now();
    return store.renewToken(this.#database, key(account, token), now, now + lifeMs(minutes));
  }

  /** Takes expired ones away; returns how many. */
  cleanOld(): Promise<number> {
    return store.deleteExpiredTokens(this.#database, this.#now());
  }

  /** Whether it was valid; it is no more. */
  release(account: Uuid, token: Uuid): Promise<boolean> {
    return store.deleteToken(this.#database, key(account, token), this.#now());
  }
}

function key(account: Uuid, token: Uuid): store.TokenKey {
  return { account, tokenHash: createHash('sha256').update(uuidToBytes(token)).digest() };
}

function lifeMs(minutes: number): number {
  return Math.max(0, Math.min(tokenMinutesMax, minutes)) * minuteMs;
}
