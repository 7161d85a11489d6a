/** A lock in the repository, refreshed while it is held (restic: internal/repository/lock.go, lock_file.go). */
import { setTimeout as delay } from 'node:timers/promises';
import { FormatError } from '../format/format-error.ts';
import { readLockFile, writeLockFile, type LockFile } from '../format/lock-file.ts';
import { readUnpacked } from '../format/unpacked.ts';
import { SealBrokenError, type Sealer } from '../sealing/sealer.ts';
import { isTargetFailure, TargetError, type Target } from '../target/target.ts';
import { isAbandoned, isStale, ownIdentity, type LockHolder } from './lock-holder.ts';
import { RepositoryDamagedError } from './repository-errors.ts';
import { hashName, namesOf, writeUnpackedFile } from './repository-files.ts';

export type { LockHolder } from './lock-holder.ts';

export interface RepositoryLock {
  readonly isExclusive: boolean;
  /** Aborted when the lock could not be refreshed in time: everything that relies on it must stop. */
  readonly signal: AbortSignal;
  /** Again is fine. */
  release(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface LockOptions {
  /** How long to wait for others, milliseconds; default 0. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/** Times in milliseconds: restic's, shorter in tests. */
export interface LockTimes {
  readonly refreshMs: number;
  /** Without a refresh for so long others may take the lock for stale. */
  readonly lostMs: number;
  /** Between writing a lock and looking whether somebody else wrote one at the same time. */
  readonly settleMs: number;
}

const resticTimes: LockTimes = { refreshMs: 5 * 60_000, lostMs: 22.5 * 60_000, settleMs: 200 };
const retryRefreshMs = 30_000;
const waitStepMs = 1000;

/** Others hold locks that forbid this one; the message says whose and what to do. */
export class RepositoryLockedError extends Error {
  override readonly name = 'RepositoryLockedError';
  readonly holders: readonly LockHolder[];
  constructor(holders: readonly LockHolder[]) {
    super(
      holders
        .map(({ name, exclusive, hostname, pid, time, isStale: stale }) => {
          const who = `${exclusive ? 'an exclusive lock' : 'a lock'} of ${hostname}, process ${pid}, refreshed ${new Date(time).toISOString()} (${name.slice(0, 8)})`;
          return stale
            ? `${who}, is stale: if nothing works there any more, remove it with \`restic unlock\``
            : `${who}, is held: wait until it is released`;
        })
        .join('; '),
    );
    this.holders = holders;
  }
}

/** The lock was not refreshed in time, so that others may have taken it for stale. */
export class LockLostError extends Error {
  override readonly name = 'LockLostError';
}

export async function lockRepository(
  target: Target,
  sealer: Sealer,
  kind: 'shared' | 'exclusive',
  options: LockOptions & { readonly times?: LockTimes } = {},
): Promise<RepositoryLock> {
  const until = performance.now() + (options.waitMs ?? 0);
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return await lockOnce(target, sealer, kind === 'exclusive', options.times ?? resticTimes);
    } catch (error) {
      const left = until - performance.now();
      if (!(error instanceof RepositoryLockedError) || left <= 0) throw error;
      // Two who wait for each other must not stay in step.
      const waitMs = Math.min(left, waitStepMs * (0.5 + Math.random()));
      await delay(waitMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  }
}

async function lockOnce(
  target: Target,
  sealer: Sealer,
  exclusive: boolean,
  times: LockTimes,
): Promise<RepositoryLock> {
  await refuseConflicts(target, sealer, exclusive);
  const began = performance.now();
  const name = await writeLock(target, sealer, exclusive);
  try {
    await delay(times.settleMs);
    await refuseConflicts(target, sealer, exclusive, name);
  } catch (error) {
    await target.remove('lock', name).catch(() => undefined);
    throw error;
  }
  return new HeldLock(target, sealer, exclusive, times, name, began);
}

function writeLock(target: Target, sealer: Sealer, exclusive: boolean): Promise<string> {
  const lock: LockFile = { ...ownIdentity(), time: Date.now(), exclusive };
  return writeUnpackedFile(target, sealer, 'lock', writeLockFile(lock));
}

/** Removes what dead processes of this machine left. Exclusive conflicts with every lock, shared with exclusive ones. */
async function refuseConflicts(
  target: Target,
  sealer: Sealer,
  exclusive: boolean,
  own?: string,
): Promise<void> {
  const conflicts: LockHolder[] = [];
  for (const { name, lock } of await readLocks(target, sealer, own)) {
    if (isAbandoned(lock, Date.now())) await target.remove('lock', name);
    else if (exclusive || lock.exclusive)
      conflicts.push({ name, ...lock, isStale: isStale(lock, Date.now()) });
  }
  if (conflicts.length > 0) throw new RepositoryLockedError(conflicts);
}

/** All locks that there are. A file of 0 bytes is none, as in restic: somebody's disk was full. */
async function readLocks(
  target: Target,
  sealer: Sealer,
  except?: string,
): Promise<{ name: string; lock: LockFile }[]> {
  const locks: { name: string; lock: LockFile }[] = [];
  for (const name of await namesOf(target, 'lock')) {
    if (name === except) continue;
    const lock = await readLock(target, sealer, name);
    if (lock !== undefined) locks.push({ name, lock });
  }
  return locks;
}

async function readLock(target: Target, sealer: Sealer, name: string): Promise<LockFile | undefined> {
  try {
    const bytes = await target.read('lock', name);
    if (bytes.length === 0) return undefined;
    if (hashName(bytes) !== name) throw new FormatError('its content does not have its hash');
    return readLockFile(readUnpacked(sealer.open(bytes)));
  } catch (error) {
    // Released since it was listed.
    if (isTargetFailure(error, 'absent')) return undefined;
    if (!(error instanceof FormatError || error instanceof SealBrokenError)) throw error;
    throw new RepositoryDamagedError(
      'lock',
      name,
      `${error.message}; if nothing works in the repository, remove it with \`restic unlock --remove-all\``,
      { cause: error },
    );
  }
}

class HeldLock implements RepositoryLock {
  readonly isExclusive: boolean;
  readonly #target: Target;
  readonly #sealer: Sealer;
  readonly #times: LockTimes;
  readonly #lost = new AbortController();
  #name: string;
  /** By the monotonic clock: a clock that somebody sets does not prolong it. */
  #refreshedAt: number;
  #timer: NodeJS.Timeout;
  #refreshing: Promise<void> | undefined;
  #isReleased = false;

  constructor(
    target: Target,
    sealer: Sealer,
    exclusive: boolean,
    times: LockTimes,
    name: string,
    began: number,
  ) {
    this.isExclusive = exclusive;
    this.#target = target;
    this.#sealer = sealer;
    this.#times = times;
    this.#name = name;
    this.#refreshedAt = began;
    this.#timer = this.#after(times.refreshMs);
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    clearTimeout(this.#timer);
    await this.#refreshing;
    await this.#target.remove('lock', this.#name);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #after(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#refreshing = this.#refresh();
    }, ms).unref();
  }

  async #refresh(): Promise<void> {
    const began = performance.now();
    const lateMs = began - this.#refreshedAt;
    if (lateMs > this.#times.lostMs) return this.#lose();
    // Also when the target hangs.
    const giveUp = setTimeout(() => this.#lose(), this.#times.lostMs - lateMs).unref();
    try {
      const old = this.#name;
      // As restic: the new one first, so that there is one at every moment.
      this.#name = await writeLock(this.#target, this.#sealer, this.isExclusive);
      // What came too late does not count: others may have taken the lock for stale meanwhile.
      if (!this.#lost.signal.aborted) this.#refreshedAt = began;
      await this.#target.remove('lock', old).catch(() => undefined);
    } catch (error) {
      if (error instanceof TargetError && error.failure === 'permanent') return this.#lose();
    } finally {
      clearTimeout(giveUp);
    }
    if (this.#isReleased || this.#lost.signal.aborted) return;
    const wasRefreshed = this.#refreshedAt === began;
    this.#timer = this.#after(
      wasRefreshed ? this.#times.refreshMs : Math.min(retryRefreshMs, this.#times.refreshMs),
    );
  }

  #lose(): void {
    this.#lost.abort(new LockLostError('the lock of the repository could not be refreshed in time'));
  }
}
