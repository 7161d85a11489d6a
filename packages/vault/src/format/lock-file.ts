/** Lock files (restic: internal/repository/lock_file.go). */
import { FormatError } from './format-error.ts';
import { asCount, asObject, asString, parseJson } from './json-input.ts';
import { formatTimestamp, parseTimestamp } from './timestamp.ts';

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
  const { time, exclusive, hostname, username, pid } = lock;
  return JSON.stringify({ time: formatTimestamp(time), exclusive, hostname, username, pid });
}

/** Throws FormatError. */
export function readLockFile(text: string): LockFile {
  const file = asObject(parseJson(text, 'lock'), 'lock');
  const exclusive = file['exclusive'];
  if (typeof exclusive !== 'boolean') throw new FormatError('lock: exclusive is neither true nor false');
  return {
    time: parseTimestamp(file['time'], 'lock: time'),
    exclusive,
    hostname: asString(file['hostname'] ?? '', 'lock: hostname'),
    username: asString(file['username'] ?? '', 'lock: username'),
    pid: asCount(file['pid'] ?? 0, 'lock: pid'),
  };
}
