/** Looks at a repository: is everything there that snapshots need, and is it what was written? */
import type { Repository } from '../repository/repository.ts';
import type { BlobMarks } from './blob-marks.ts';
import type { Finding } from './findings.ts';

/** Packs whose id has (first byte mod `of`) = `slice`; restic's `--read-data-subset`. `of` is 1 to 256. */
export interface DataSlice {
  readonly slice: number;
  readonly of: number;
}

/** Where a look stopped: to be kept and given back to go on. Packs are read in the order of their names. */
export interface VerifyCursor {
  readonly slice: number;
  readonly of: number;
  /** Name of the last pack that was read. */
  readonly pack: string;
}

export interface VerifyProgress {
  readonly stage: 'structure' | 'trees' | 'data';
  readonly done: number;
  readonly all: number;
  readonly bytes: number;
}

export interface VerifyOptions {
  /** What is read of the packs besides all trees. Default 'none'; 'all' is slice 0 of 1. */
  readonly data?: DataSlice | 'all' | 'none';
  /** Of reading packs. Default: no limit. */
  readonly bytesPerSecond?: number;
  /** Goes on after this pack when its slice is the one asked for. */
  readonly cursor?: VerifyCursor;
  /** Called after each pack. */
  readonly saveCursor?: (cursor: VerifyCursor) => Promise<void>;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: VerifyProgress) => void;
  /** Findings that are kept in the report; the rest are counted. Default 10 000. */
  readonly findingsMax?: number;
}

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
  readonly packsRead: number;
  readonly bytesRead: number;
  /** Blobs that cannot be read, by their place in the index: input of `affectedPaths`. */
  readonly damaged: BlobMarks;
}

/** Throws what the signal was aborted with; all damage is in the report. */
export function verify(_repository: Repository, _options?: VerifyOptions): Promise<VerifyReport> {
  throw new Error('being written');
}
