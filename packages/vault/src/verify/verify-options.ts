/** What a look at a repository is asked for. */

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
  /** 0: not known. */
  readonly all: number;
  readonly bytes: number;
}

export interface VerifyOptions {
  /** What is read of the packs besides all trees. Default 'none'; 'all' is slice 0 of 1. */
  readonly data?: DataSlice | 'all' | 'none';
  /** More packs to read, by name: those that were repaired. */
  readonly packs?: ReadonlySet<string>;
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
