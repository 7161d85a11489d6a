/** Lock files (restic: internal/repository/lock_file.go). */

export interface LockFile {
  /** Unix milliseconds. */
  readonly time: number;
  readonly exclusive: boolean;
  /** A name that no machine with restic on it has: restic there would take `pid` for its own. */
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
}

/** JSON, to be given to `packUnpacked`. */
export function writeLockFile(lock: LockFile): string {
  void lock;
  throw new Error('not yet');
}

/** Throws FormatError. */
export function readLockFile(text: string): LockFile {
  void text;
  throw new Error('not yet');
}
