/**
 * Remembers in memory which passwords were right a short while ago, so that logging in again costs microseconds. What is kept
 * is worth nothing elsewhere: a keyed digest, under a key that lives and ends with the process.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Uuid } from '@gridkeep/wire/uuid';
import { LRUCache } from 'lru-cache';

const lifeMs = 12 * 60 * 60 * 1000;
const accountsMax = 20_000;

export class VerifiedPasswords {
  readonly #key = randomBytes(32);
  readonly #tags: LRUCache<Uuid, Buffer>;

  /** `now` gives milliseconds of a clock that never goes back; for tests. */
  constructor(now?: () => number) {
    this.#tags = new LRUCache({
      max: accountsMax,
      ttl: lifeMs,
      ...(now === undefined ? { ttlResolution: 1000 } : { ttlResolution: 0, perf: { now } }),
    });
  }

  /** The stored hash is part of it: a password that was changed, even elsewhere, is not known. */
  knows(account: Uuid, digest: string, storedHash: string): boolean {
    const tag = this.#tags.get(account);
    return tag !== undefined && timingSafeEqual(tag, this.#tag(account, digest, storedHash));
  }

  remember(account: Uuid, digest: string, storedHash: string): void {
    this.#tags.set(account, this.#tag(account, digest, storedHash));
  }

  forget(account: Uuid): void {
    this.#tags.delete(account);
  }

  #tag(account: Uuid, digest: string, storedHash: string): Buffer {
    return createHmac('sha256', this.#key).update(`${account}\n${digest}\n${storedHash}`).digest();
  }
}
