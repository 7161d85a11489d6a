/**
 * Removes at a copy what the source no longer has. Decided by what the copy holds, never by what the source says: an emptied or
 * rewritten source must not cost the copy one snapshot that is to be kept.
 */
import { RepositoryDamagedError } from '../repository/repository-errors.ts';
import type { Repository } from '../repository/repository.ts';
import { openRepository } from '../repository/repository.ts';
import type { StoredSnapshot } from '../format/snapshot.ts';
import type { FileName } from '../parity/withdrawn.ts';
import { fileKey, withdrawFromParity } from '../parity/withdrawn.ts';
import type { MasterKey } from '../sealing/master-key.ts';
import type { Target } from '../target/target.ts';
import { isTargetFailure } from '../target/target.ts';
import { verify } from '../verify/verify.ts';
import { targetWithout } from './files-only.ts';

export interface FollowOptions {
  readonly masterKey: MasterKey;
  /** Whether retention and locks let go of a snapshot, by the vault's own time and all snapshots of the copy. */
  readonly mayForget: (
    snapshots: readonly StoredSnapshot[],
  ) => ReadonlySet<string> | Promise<ReadonlySet<string>>;
}

export interface FollowResult {
  readonly removed: number;
  /** Snapshots that only the copy has and that must be kept. */
  readonly kept: readonly FileName[];
  /** Why nothing was removed; undefined when it was, or when there was nothing. */
  readonly refused: string | undefined;
}

/** Kinds in the order in which they go: nothing that is left refers to what went. */
const order = ['snapshot', 'index', 'pack', 'key'] as const;

/** `surplus`: files that the copy has and the source does not. */
export async function followRemovals(
  copy: Target,
  surplus: readonly FileName[],
  options: FollowOptions,
  signal?: AbortSignal,
): Promise<FollowResult> {
  if (surplus.length === 0) return { removed: 0, kept: [], refused: undefined };
  const repository = await openRepository(copy, { masterKey: options.masterKey });
  const snapshots = await readAll(repository);
  if (snapshots === undefined) return refused('a snapshot at the copy cannot be read');
  const mayGo = await options.mayForget(snapshots);
  const kept = surplus.filter(({ kind, name }) => kind === 'snapshot' && !mayGo.has(name));
  if (kept.length > 0) {
    return {
      removed: 0,
      kept,
      refused: 'the copy holds snapshots that must be kept and that the source lacks',
    };
  }
  const hidden = new Set(surplus.map(fileKey));
  const left = await openRepository(targetWithout(copy, hidden), { masterKey: options.masterKey });
  const report = await verify(left, signal === undefined ? {} : { signal });
  if (!report.sound) {
    const first = report.findings.find(({ severity }) => severity === 'damage');
    return refused(`what would be left is not a whole repository. ${first?.detail ?? ''}`);
  }
  await withdrawFromParity(copy, surplus, signal);
  let removed = 0;
  for (const kind of order) {
    for (const file of surplus) {
      if (file.kind !== kind) continue;
      signal?.throwIfAborted();
      try {
        await copy.remove(file.kind, file.name, signal);
        removed += 1;
      } catch (error) {
        // The copy's own locks may last longer.
        if (!isTargetFailure(error, 'locked')) throw error;
      }
    }
  }
  return { removed, kept: [], refused: undefined };
}

function refused(why: string): FollowResult {
  return { removed: 0, kept: [], refused: why };
}

async function readAll(repository: Repository): Promise<StoredSnapshot[] | undefined> {
  try {
    return await repository.listSnapshots();
  } catch (error) {
    if (error instanceof RepositoryDamagedError) return undefined;
    throw error;
  }
}
