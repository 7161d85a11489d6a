/**
 * Residents' passwords. Viewers never send the password itself but its MD5, so what is kept is argon2id over the MD5's
 * hexadecimal text; neither the password nor its MD5 is stored anywhere.
 */
import { createHash } from 'node:crypto';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { andThen } from '../at-once.ts';
import type { AtOnce } from '../at-once.ts';
import { RecordCache } from '../record-cache.ts';
import { within } from '../transactions.ts';
import * as store from './authentication-store.ts';
import { hashDigest, verifyDigest } from './password-hashing.ts';
import { deleteTokensOf } from './tokens-store.ts';
import { Tokens } from './tokens.ts';
import { VerifiedPasswords } from './verified-passwords.ts';

/** Characters of a new password. */
const passwordLengthMin = 8;
/** UTF-16 units of a password; more only costs time. */
const passwordLengthMax = 256;

/** `password:<account>` is announced whenever a password is set or removed. */
const topic = 'password';

/** A new password breaks a rule; the message never holds it. */
export class PasswordRefusedError extends Error {
  override readonly name = 'PasswordRefusedError';
}

/** Whatever checks or hashes a password rejects with BusyError when too many wait for that already. */
export class Authentication {
  readonly #database: Database;
  readonly #hashes: RecordCache<string>;
  readonly #verified = new VerifiedPasswords();
  readonly #tokens: Tokens;
  #decoy: Promise<string> | undefined;

  constructor(database: Database) {
    this.#database = database;
    this.#hashes = new RecordCache({ database, topic });
    this.#tokens = new Tokens(database);
    database.onChange((changed) => {
      const account = changed?.startsWith(`${topic}:`)
        ? tryParseUuid(changed.slice(topic.length + 1))
        : undefined;
      if (account !== undefined) this.#verified.forget(account);
    });
  }

  /** Throws PasswordRefusedError. */
  async setPassword(account: Uuid, clear: string): Promise<void> {
    await this.store(account, await hashPassword(clear));
  }

  /** For passwords that are known by their MD5 only, with or without the viewers' `$1$`. Throws PasswordRefusedError. */
  async setPasswordMd5(account: Uuid, md5: string): Promise<void> {
    const digest = parseMd5(md5);
    if (digest === undefined) throw new PasswordRefusedError('not the MD5 of a password');
    await this.store(account, await hashDigest(digest));
  }

  /** Takes a hash of `hashPassword`, which is made before a transaction because it takes long. Ends the account's tokens. */
  async store(account: Uuid, passwordHash: string, transaction?: Queries): Promise<void> {
    await within(this.#database, transaction, async (queries) => {
      await store.writePasswordHash(queries, account, passwordHash, Date.now());
      await deleteTokensOf(queries, account);
      queries.announce(`${topic}:${account}`);
    });
  }

  /** Whether this is the password. An account that does not exist takes as long as a wrong password. */
  verify(account: Uuid, clear: string): AtOnce<boolean> {
    return this.#verify(account, clear.length > passwordLengthMax ? undefined : md5Of(clear));
  }

  /**
   * As `verify`, for what viewers and simulators send: the MD5 in hexadecimal, with or without `$1$`. Without a promise when
   * it was right before.
   */
  verifyMd5(account: Uuid, md5: string): AtOnce<boolean> {
    return this.#verify(account, parseMd5(md5));
  }

  async hasPassword(account: Uuid): Promise<boolean> {
    return (await store.readPasswordHash(this.#database, account)) !== undefined;
  }

  /** Nobody can log in with a password then. */
  async removePassword(account: Uuid, transaction?: Queries): Promise<boolean> {
    return within(this.#database, transaction, async (queries) => {
      const removed = await store.deletePasswordHash(queries, account);
      await deleteTokensOf(queries, account);
      queries.announce(`${topic}:${account}`);
      return removed;
    });
  }

  /** A token for who gave the right password, valid for so many minutes: from 0 to 30. */
  issueToken(principal: Uuid, minutes: number): Promise<Uuid> {
    return this.#tokens.issue(principal, minutes);
  }

  /** Whether the token is the principal's and valid; then it stays so for the next `minutes`. */
  verifyToken(principal: Uuid, token: Uuid, minutes: number): Promise<boolean> {
    return this.#tokens.verify(principal, token, minutes);
  }

  /** Whether the token was valid; it is no more. */
  releaseToken(principal: Uuid, token: Uuid): Promise<boolean> {
    return this.#tokens.release(principal, token);
  }

  /** Takes expired tokens away; returns how many. */
  cleanOld(): Promise<number> {
    return this.#tokens.cleanOld();
  }

  #verify(account: Uuid, digest: string | undefined): AtOnce<boolean> {
    const loaded = this.#hashes.load(account, () => store.readPasswordHash(this.#database, account));
    return andThen(loaded, (stored) => {
      if (stored !== undefined && digest !== undefined && this.#verified.knows(account, digest, stored))
        return true;
      return this.#compute(account, digest, stored);
    });
  }

  async #compute(account: Uuid, digest: string | undefined, stored: string | undefined): Promise<boolean> {
    // A decoy is hashed against when there is nothing to compare with.
    const matches = await verifyDigest(stored ?? (await this.#decoyHash()), digest ?? zeroUuid);
    if (!matches || stored === undefined || digest === undefined) return false;
    this.#verified.remember(account, digest, stored);
    return true;
  }

  async #decoyHash(): Promise<string> {
    this.#decoy ??= hashDigest('decoy');
    try {
      return await this.#decoy;
    } catch (error) {
      this.#decoy = undefined;
      throw error;
    }
  }
}

/** What to keep of a new password; some 6 ms of a processor in a thread. Throws PasswordRefusedError or BusyError. */
export async function hashPassword(clear: string): Promise<string> {
  if ([...clear].length < passwordLengthMin)
    throw new PasswordRefusedError(`a password needs at least ${passwordLengthMin} characters`);
  if (clear.length > passwordLengthMax)
    throw new PasswordRefusedError(`a password may have at most ${passwordLengthMax} characters`);
  return hashDigest(md5Of(clear));
}

/** As viewers and OpenSimulator compute it: over UTF-8, in lower case hexadecimal. */
function md5Of(clear: string): string {
  return createHash('md5').update(clear, 'utf8').digest('hex');
}

function parseMd5(text: string): string | undefined {
  const digest = text.startsWith('$1$') ? text.slice(3) : text;
  return /^[0-9a-f]{32}$/i.test(digest) ? digest.toLowerCase() : undefined;
}
