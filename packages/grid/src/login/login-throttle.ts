/**
 * Slows down who guesses passwords, and cannot be used to keep somebody out.
 *
 * Counted over 15 minutes are failures of an account at one address, of an address with whatever account, and of an account
 * at whatever address; an address is an IPv4 address or an IPv6 /64. The first two refuse, since they hurt only who shares the
 * address with the guesser. The third only makes guesses wait for a few seconds, however many there were: nobody can
 * lock an account that is not his. An address from which the account has logged in before is a known place: it has more
 * tries, no delay, and is not refused for what others did from the same address.
 *
 * While an attempt is refused the password is not looked at, so a right one is refused too: else guesses would go on, and the
 * right one would show itself. The refusal ends 15 minutes after the first failure, whatever is tried meanwhile: refused
 * attempts are not counted. Counts stand in the database, so several processes add up; a right password at a known
 * place costs one read and no write.
 */
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '@gridkeep/storage/database/database';
import { uuidFromBytes } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { addressNetwork } from '../network-address.ts';
import { OneAfterAnother } from './one-after-another.ts';
import * as store from './throttle-store.ts';

const windowMs = 15 * 60_000;
/** Failures of one account at one address until it is refused. */
const failuresMax = 10;
/** The same where the account has logged in before. */
const failuresAtKnownPlaceMax = 30;
/** Failures from one address, whatever the account: a classroom shares one. */
const failuresOfAddressMax = 60;
/** Failures of one account that cost nothing. */
const failuresWithoutDelay = 20;
const delayPerFailureMs = 100;
const delayMsMax = 3000;
/** Attempts that wait at once; guessing from many places must not fill the memory. */
const delayedMax = 2000;
/** Attempts on one account from one address that wait for the one before. */
const waitingMax = 8;
/** How long failures and known places are kept. */
const failuresKeptMs = 60 * 60_000;
const placesKeptMs = 400 * 24 * 3_600_000;
/** A known place is written again when it is older. */
const placeRefreshMs = 30 * 24 * 3_600_000;

/** Who tries from where. */
export interface LoginPlace {
  /** The account's name in one spelling, whether or not there is such an account. */
  readonly name: string;
  /** IP address. */
  readonly address: string;
}

export type LoginAttempt =
  | { readonly outcome: 'right'; readonly placeIsNew: boolean }
  | { readonly outcome: 'wrong' }
  | { readonly outcome: 'refused'; readonly retryMinutes: number };

export interface LoginThrottleOptions {
  readonly database: Database;
  /** Unix milliseconds; for tests. */
  readonly now?: () => number;
  /** For tests. */
  readonly delay?: (ms: number) => Promise<unknown>;
}

export class LoginThrottle {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #delay: (ms: number) => Promise<unknown>;
  readonly #attempts = new OneAfterAnother(waitingMax);
  #delayed = 0;

  constructor(options: LoginThrottleOptions) {
    this.#database = options.database;
    this.#now = options.now ?? Date.now;
    this.#delay = options.delay ?? ((ms) => wait(ms));
  }

  /** Looks at a password with `verify` unless it is refused. Rejects with BusyError, and with what `verify` rejects with. */
  async attempt(place: LoginPlace, verify: () => boolean | Promise<boolean>): Promise<LoginAttempt> {
    const keys = keysOf(place);
    // Each attempt sees how the one before ended: many at once are no way around the count.
    return this.#attempts.run(keys.pair, async () => {
      const counts = await store.readCounts(this.#database, Object.values(keys));
      const knownAt = counts.get(keys.place)?.changedAt;
      const refusal = this.#refusal(keys, counts, knownAt !== undefined);
      if (refusal !== undefined) return refusal;
      if (knownAt === undefined) await this.#slowDown(this.#failures(counts.get(keys.account)));
      if (await verify())
        return {
          outcome: 'right',
          placeIsNew: knownAt === undefined || knownAt < this.#now() - placeRefreshMs,
        };
      const now = this.#now();
      await store.countFailures(this.#database, [keys.pair, keys.address, keys.account], now, now - windowMs);
      return { outcome: 'wrong' };
    });
  }

  /** Makes a place known from which a login has succeeded; one statement. */
  async remember(place: LoginPlace): Promise<void> {
    await store.writePlace(this.#database, keysOf(place).place, this.#now());
  }

  #refusal(
    keys: Keys,
    counts: ReadonlyMap<Uuid, store.LoginCount>,
    known: boolean,
  ): LoginAttempt | undefined {
    const limits = [
      [keys.pair, known ? failuresAtKnownPlaceMax : failuresMax],
      [keys.address, known ? Infinity : failuresOfAddressMax],
    ] as const;
    const ends = limits.flatMap(([key, max]) => {
      const count = counts.get(key);
      return count !== undefined && this.#failures(count) >= max ? [count.since + windowMs] : [];
    });
    if (ends.length === 0) return undefined;
    const ms = Math.max(...ends) - this.#now();
    return { outcome: 'refused', retryMinutes: Math.max(1, Math.ceil(ms / 60_000)) };
  }

  #failures(count: store.LoginCount | undefined): number {
    return count === undefined || count.since < this.#now() - windowMs ? 0 : count.failures;
  }

  async #slowDown(failures: number): Promise<void> {
    const ms = Math.min(delayMsMax, (failures - failuresWithoutDelay) * delayPerFailureMs);
    if (ms <= 0 || this.#delayed >= delayedMax) return;
    this.#delayed += 1;
    try {
      await this.#delay(ms);
    } finally {
      this.#delayed -= 1;
    }
  }

  /** Forgets failures after an hour and places after 400 days; returns how many. */
  async cleanOld(): Promise<number> {
    const now = this.#now();
    return store.deleteOld(this.#database, now - failuresKeptMs, now - placesKeptMs);
  }
}

interface Keys {
  readonly pair: Uuid;
  readonly address: Uuid;
  readonly account: Uuid;
  readonly place: Uuid;
}

function keysOf({ name, address }: LoginPlace): Keys {
  const network = addressNetwork(address);
  return {
    pair: digest('pair', name, network),
    address: digest('address', network),
    account: digest('account', name),
    place: digest('place', name, network),
  };
}

/** Of fixed length, whatever was typed. */
function digest(...parts: readonly string[]): Uuid {
  return uuidFromBytes(createHash('sha256').update(JSON.stringify(parts), 'utf8').digest());
}
