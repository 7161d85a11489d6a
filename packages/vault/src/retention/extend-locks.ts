/**
 * Where the target can lock objects (S3 Object Lock), everything that a locked restore point needs is locked as long as the
 * point: a new snapshot uses packs that were written, and locked, months ago. Locks are given in steps of 30 days, so that a
 * file is asked for at most once a month; what was done is noted, so that it goes on where it was interrupted.
 */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { markUsed } from '../prune/mark-used.ts';
import type { BlobIndex } from '../repository/blob-index.ts';
import { RepositoryDamagedError } from '../repository/repository-errors.ts';
import type { Repository } from '../repository/repository.ts';
import { isTargetFailure, type FileKind, type Target } from '../target/target.ts';
import { BlobMarks } from '../verify/blob-marks.ts';
import { dayMs } from './calendar.ts';
import { readRestorePoint } from './restore-points.ts';
import type { VaultClock } from './vault-clock.ts';
import type { VaultTime } from './vault-time.ts';

export interface ExtendLocksOptions {
  readonly clock: VaultClock;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
}

export interface ExtendLocksReport {
  /** false: the target cannot lock. */
  readonly supported: boolean;
  /** Files that are to be locked, and those whose lock was extended now. */
  readonly files: number;
  readonly extended: number;
  /** Unix milliseconds until which the longest lasts. */
  readonly until: number | undefined;
}

const stepMs = 30 * dayMs;
const stateName = 'object-locks';
const saveEvery = 1000;
/** A lock of the target cannot be taken back: a clock that is wrong by years must not lock for years. */
const clockErrorMax = 400 * dayMs;

/**
 * When a lock of the vault's time ends by the world's clock, by which targets go. Wall clock and vault clock may both be
 * wrong; the later one counts, within limits, because what is locked too short cannot be made good later.
 */
export function objectLockUntil(lockedUntil: number, time: VaultTime): number {
  const wall = time.now + time.lag;
  const base = Math.min(Math.max(wall, time.now), Math.min(wall, time.now) + clockErrorMax);
  return base + Math.max(0, lockedUntil - time.now);
}

/** To be called after each backup and prune. Throws BlobLostError, LockLostError, RepositoryLockedError, TargetError. */
export async function extendLocks(
  repository: Repository,
  options: ExtendLocksOptions,
): Promise<ExtendLocksReport> {
  const { target } = repository;
  if (target.protect === undefined) return { supported: false, files: 0, extended: 0, until: undefined };
  await using lock = await repository.lock('shared');
  const signal = options.signal === undefined ? lock.signal : AbortSignal.any([lock.signal, options.signal]);

  const wanted = await wantedLocks(repository, await options.clock.sample(), signal);
  const known = await readKnown(repository);
  // What is not wanted any more is forgotten with it.
  const done = new Map<string, number>();
  for (const { key } of wanted) {
    const until = known.get(key);
    if (until !== undefined) done.set(key, until);
  }
  const due = wanted.filter(({ key, until }) => (done.get(key) ?? 0) < until);
  let count = 0;
  try {
    for (const { kind, name, key, until } of due) {
      signal.throwIfAborted();
      const step = Math.ceil(until / stepMs) * stepMs;
      if (await protect(target, kind, name, step, signal)) done.set(key, step);
      count += 1;
      options.progress?.(count, due.length);
      if (count % saveEvery === 0) await writeKnown(repository, done);
    }
  } finally {
    if (count > 0) await writeKnown(repository, done);
  }
  const until = wanted.reduce<number | undefined>(
    (latest, file) => Math.max(latest ?? file.until, file.until),
    undefined,
  );
  return { supported: true, files: wanted.length, extended: count, until };
}

interface WantedLock {
  readonly kind: FileKind;
  readonly name: string;
  /** In the notes. */
  readonly key: string;
  /** Unix milliseconds. */
  readonly until: number;
}

async function wantedLocks(
  repository: Repository,
  time: VaultTime,
  signal: AbortSignal,
): Promise<WantedLock[]> {
  const locked: { id: string; tree: BlobId; until: number }[] = [];
  for (const snapshot of await repository.listSnapshots()) {
    const point = readRestorePoint(snapshot);
    if (typeof point === 'string' || point.lockedUntil === undefined || point.lockedUntil <= time.now)
      continue;
    locked.push({
      id: snapshot.id,
      tree: snapshot.tree,
      until: objectLockUntil(point.lockedUntil, time),
    });
  }
  const longest = locked.reduce((latest, { until }) => Math.max(latest, until), 0);
  if (longest === 0) return [];
  // The longest lock first: the first that marks a blob is the one that needs it longest.
  locked.sort((a, b) => b.until - a.until);
  const index = await repository.loadIndex();
  const packs = await lockedPacks(repository, index, locked, signal);

  const wanted: WantedLock[] = [];
  const add = (kind: FileKind, name: string, until: number): void => {
    wanted.push({ kind, name, key: `${kind}/${name.slice(0, 16)}`, until });
  };
  const indexes = new Map<string, number>();
  packs.forEach((until, number) => {
    if (until === 0) return;
    const { id, indexFiles } = index.pack(number);
    add('pack', id, until);
    for (const file of indexFiles) indexes.set(file, Math.max(indexes.get(file) ?? 0, until));
  });
  for (const [file, until] of indexes) add('index', file, until);
  for (const { id, until } of locked) add('snapshot', id, until);
  for (const kind of ['key', 'config'] as const)
    for await (const { name } of repository.target.list(kind, signal)) add(kind, name, longest);
  return wanted;
}

/** Until when each pack is needed, by its number; 0: by no locked snapshot. */
async function lockedPacks(
  repository: Repository,
  index: BlobIndex,
  locked: readonly { readonly tree: BlobId; readonly until: number }[],
  signal: AbortSignal,
): Promise<Float64Array> {
  const packs = new Float64Array(index.packCount);
  const marks = new BlobMarks(index.size);
  for (const { tree, until } of locked)
    await markUsed(repository, index, [tree], marks, {
      signal,
      // All copies: which of them a prune keeps is not known yet.
      onMarked: (type, id) => {
        for (const slot of index.slotsOf(type, id)) {
          const number = index.packNumberOf(slot);
          packs[number] = Math.max(packs[number] ?? 0, until);
        }
      },
    });
  return packs;
}

/** false: it is gone since it was listed. */
async function protect(
  target: Target,
  kind: FileKind,
  name: string,
  until: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await target.protect?.(kind, name, until, signal);
    return true;
  } catch (error) {
    if (!isTargetFailure(error, 'absent')) throw error;
    return false;
  }
}

/** Lines of key and days since 1970. Lost notes only cost asking for all files again. */
async function readKnown(repository: Repository): Promise<Map<string, number>> {
  const known = new Map<string, number>();
  try {
    const text = (await repository.readState(stateName))?.toString() ?? '';
    for (const line of text.split('\n')) {
      const [key = '', days = ''] = line.split(' ');
      if (/^[0-9]{1,6}$/.test(days)) known.set(key, Number(days) * dayMs);
    }
  } catch (error) {
    if (!(error instanceof RepositoryDamagedError)) throw error;
  }
  return known;
}

async function writeKnown(repository: Repository, known: ReadonlyMap<string, number>): Promise<void> {
  const lines = [...known].map(([key, until]) => `${key} ${Math.floor(until / dayMs)}`);
  await repository.writeState(stateName, Buffer.from(lines.join('\n')));
}
