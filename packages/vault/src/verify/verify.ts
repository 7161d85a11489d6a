/** Looks at a repository: is everything there that snapshots need, and is it what was written? */
import type { Repository } from '../repository/repository.ts';
import type { BlobIndex } from '../repository/blob-index.ts';
import type { BlobMarks } from './blob-marks.ts';
import { checkFiles } from './check-files.ts';
import { checkPacks } from './check-packs.ts';
import { checkTrees } from './check-trees.ts';
import type { Finding } from './findings.ts';
import type { UnindexedBlob } from './findings-list.ts';
import { FindingsList } from './findings-list.ts';
import { readParity, readPacks } from './read-data.ts';
import type { DataSlice, VerifyOptions } from './verify-options.ts';

export type { DataSlice, VerifyCursor, VerifyOptions, VerifyProgress } from './verify-options.ts';

export interface VerifyReport {
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly findings: readonly Finding[];
  /** Findings beyond `findingsMax`. */
  readonly more: number;
  /** No finding is damage. */
  readonly sound: boolean;
  readonly snapshots: number;
  readonly packs: number;
  readonly blobs: number;
  readonly trees: number;
  readonly packsRead: number;
  readonly bytesRead: number;
  /** The index that was looked at. */
  readonly index: BlobIndex;
  /** Entries of the index that cannot be read, by slot. */
  readonly damaged: BlobMarks;
  /** What snapshots need and no index knows; at most `findingsMax`. */
  readonly unindexed: readonly UnindexedBlob[];
}

const findingsMaxDefault = 10_000;

/**
 * All damage is in the report; throws what the signal was aborted with, and TargetError 'passing' when the target does not
 * answer. The caller holds a shared lock: a prune beside it would look like damage.
 */
export async function verify(repository: Repository, options: VerifyOptions = {}): Promise<VerifyReport> {
  const startedAt = Date.now();
  const slice = sliceOf(options);
  const list = new FindingsList(options.findingsMax ?? findingsMaxDefault);
  // Snapshots before the index, the index before packs: what a backup adds meanwhile is then all there.
  const files = await checkFiles(repository, list, options);
  const packs = await checkPacks(repository, files.index, list, options);
  const trees = await checkTrees(repository, files, list, options);
  const data = await readPacks(repository, files.index, list, packs, { ...options, slice });
  if (slice !== undefined) await readParity(repository.target, list, slice, options);
  return {
    startedAt,
    endedAt: Date.now(),
    findings: list.kept,
    more: list.more,
    sound: list.isSound,
    snapshots: files.snapshots.length,
    packs: files.index.packCount,
    blobs: files.index.size,
    trees,
    ...data,
    index: files.index,
    damaged: list.damaged,
    unindexed: list.unindexed,
  };
}

function sliceOf({ data = 'none' }: VerifyOptions): DataSlice | undefined {
  if (data === 'none') return undefined;
  if (data === 'all') return { slice: 0, of: 1 };
  const { slice, of } = data;
  if (!(
    Number.isInteger(of) &&
    of >= 1 &&
    of <= 256 &&
    Number.isInteger(slice) &&
    slice >= 0 &&
    slice < of
  )) {
    throw new RangeError('a slice is 0 to of − 1, and of is 1 to 256');
  }
  return data;
}
