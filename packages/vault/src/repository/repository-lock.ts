/** A lock in the repository, refreshed while it is held. */

export interface LockHolder {
  /** Name of its file. */
  readonly name: string;
  readonly exclusive: boolean;
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
  /** Unix milliseconds of the last refresh. */
  readonly time: number;
  readonly isStale: boolean;
}

export interface RepositoryLock {
  readonly isExclusive: boolean;
  /** Aborted when the lock could not be refreshed in time: everything that relies on it must stop. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Others hold locks that forbid this one; the message says whose and what to do. */
export declare class RepositoryLockedError extends Error {
  readonly holders: readonly LockHolder[];
}
