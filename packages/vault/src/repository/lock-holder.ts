/** Who holds a lock, and whether that process still lives. */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { LockFile } from '../format/lock-file.ts';

/** As restic's: a lock that was not refreshed for so long has no owner (internal/repository/lock_file.go). */
export const staleMs = 30 * 60_000;

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

/** How this process names itself in locks. */
export interface LockIdentity {
  /** No name that a machine with restic has: restic there would look for `pid` among its own processes. */
  readonly hostname: string;
  /** Boot and process namespace, then the start of the process: a pid alone comes again. */
  readonly username: string;
  readonly pid: number;
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
}

/** Clock ticks since boot at which a process of this namespace began; undefined when there is none. */
function startOf(pid: number): string | undefined {
  const line = readOr(`/proc/${pid}/stat`);
  // The second field, the name, may hold spaces and brackets.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return line === '' || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function place(): string | undefined {
  const boot = readOr('/proc/sys/kernel/random/boot_id');
  if (boot === '') return undefined;
  try {
    return digest(boot, readlinkSync('/proc/self/ns/pid'));
  } catch {
    return undefined;
  }
}

export function ownIdentity(): LockIdentity {
  return {
    hostname: `gridkeep-${digest(readOr('/etc/machine-id'), hostname())}`,
    username: `${place() ?? 'unknown'}.${startOf(process.pid) ?? '0'}`,
    pid: process.pid,
  };
}

/**
 * A lock of this machine whose process is gone for certain. Where that cannot be seen, of another boot or container of
 * this machine, one that is stale. Locks of other machines are never judged.
 */
export function isAbandoned(lock: LockFile, now: number, self = ownIdentity()): boolean {
  if (lock.hostname !== self.hostname) return false;
  const [lockPlace, start] = lock.username.split('.');
  // A process that can be seen is not gone because somebody set the clock.
  if (lockPlace !== 'unknown' && lockPlace === self.username.split('.')[0])
    return startOf(lock.pid) !== start;
  return isStale(lock, now);
}

export function isStale(lock: LockFile, now: number): boolean {
  return now - lock.time > staleMs;
}
