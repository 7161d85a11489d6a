/**
 * Residents' passwords. Viewers never send the password itself but its MD5, so what is kept is argon2id over the MD5's
 * hexadecimal text; neither the password nor its MD5 is stored anywhere.
 */
import { createHash } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import * as store from './authentication-store.ts';

/** Characters of a new password. */
export const passwordLengthMin = 8;
/** UTF-16 units of a password; more only costs time. */
export const passwordLengthMax = 256;

/** The argon2id settings that OWASP names first: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** A new password breaks a rule; the message never holds it. */
export class PasswordRefusedError extends Error {
  override readonly name = 'PasswordRefusedError';
}

export class Authentication {
  readonly #database: Database;
  #decoy: Promise<string> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Throws PasswordRefusedError. */
  async setPassword(account: Uuid, clear: string): Promise<void> {
    await this.store(account, await hashPassword(clear));
  }

  /** For passwords that are known by their MD5 only, with or without the viewers' `$1$`. Throws PasswordRefusedError. */
  async setPasswordMd5(account: Uuid, md5: string): Promise<void> {
    const digest = parseMd5(md5);
    if (digest === undefined) throw new PasswordRefusedError('not the MD5 of a password');
    await this.store(account, await hash(digest, cost));
  }

  /** Takes a hash of `hashPassword`, which is made before a transaction because it takes long. */
  async store(account: Uuid, passwordHash: string, queries: Queries = this.#database): Promise<void> {
    await store.writePasswordHash(queries, account, passwordHash, Date.now());
  }

  /** Whether this is the password. An account that does not exist takes as long as a wrong password. */
  async verify(account: Uuid, clear: string): Promise<boolean> {
    return this.#verify(account, clear.length > passwordLengthMax ? undefined : md5Of(clear));
  }

  /** As `verify`, for what viewers and simulators send: the MD5 in hexadecimal, with or without `$1$`. */
  async verifyMd5(account: Uuid, md5: string): Promise<boolean> {
    return this.#verify(account, parseMd5(md5));
  }

  async hasPassword(account: Uuid): Promise<boolean> {
    return (await store.readPasswordHash(this.#database, account)) !== undefined;
  }

  /** Nobody can log in with a password then. */
  async removePassword(account: Uuid, queries: Queries = this.#database): Promise<boolean> {
    return store.deletePasswordHash(queries, account);
  }

  async #verify(account: Uuid, digest: string | undefined): Promise<boolean> {
    const stored = await store.readPasswordHash(this.#database, account);
    // argon2 compares in constant time; a decoy is hashed against when there is nothing to compare with.
    const matches = await verify(stored ?? (await this.#decoyHash()), digest ?? zeroUuid);
    return matches && stored !== undefined && digest !== undefined;
  }

  #decoyHash(): Promise<string> {
    return (this.#decoy ??= hash('decoy', cost));
  }
}

/** What to keep of a new password; some 20 ms of a processor in a thread. Throws PasswordRefusedError. */
export async function hashPassword(clear: string): Promise<string> {
  if ([...clear].length < passwordLengthMin)
    throw new PasswordRefusedError(`a password needs at least ${passwordLengthMin} characters`);
  if (clear.length > passwordLengthMax)
    throw new PasswordRefusedError(`a password may have at most ${passwordLengthMax} characters`);
  return hash(md5Of(clear), cost);
}

/** As viewers and OpenSimulator compute it: over UTF-8, in lower case hexadecimal. */
function md5Of(clear: string): string {
  return createHash('md5').update(clear, 'utf8').digest('hex');
}

function parseMd5(text: string): string | undefined {
  const digest = text.startsWith('$1$') ? text.slice(3) : text;
  return /^[0-9a-f]{32}$/i.test(digest) ? digest.toLowerCase() : undefined;
}
