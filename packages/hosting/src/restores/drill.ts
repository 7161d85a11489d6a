/**
 * A restore that is really done: a sample of residents, regions and assets goes into a scratch grid of its own and is compared
 * with what the snapshot promised, by the meaning of the archives that both give, and with the live grid where that has not
 * changed since.
 */
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';

export interface DrillRequest {
  /** Decides the sample; the day as text, such as `2026-11-22`. */
  readonly seed: string;
  /** Default 2. */
  readonly residents?: number;
  /** Default 1. */
  readonly regions?: number;
  /** Beside those that residents and regions need; default 50. */
  readonly assets?: number;
}

export interface DrillContext {
  /** The scratch grid lies in a folder of it that is gone afterwards. */
  readonly temporaryFolder: string;
  readonly signal: AbortSignal;
  readonly progress: (progress: {
    readonly done: number;
    readonly total: number;
    readonly message: string;
  }) => void;
}

export interface DrillDifference {
  /** 'snapshot': what was restored is not what the snapshot holds. 'live': not what the live grid has, unchanged since. */
  readonly against: 'snapshot' | 'live';
  readonly what: string;
  readonly detail: string;
}

export interface DrillReport {
  readonly snapshot: string;
  /** Unix milliseconds. */
  readonly snapshotTime: number;
  readonly seed: string;
  readonly passed: boolean;
  readonly residents: readonly string[];
  readonly regions: readonly string[];
  readonly assets: number;
  readonly items: number;
  readonly objects: number;
  /** Bytes of content that were read from the repository. */
  readonly bytes: number;
  /** Compared with the live grid as well. */
  readonly comparedLive: number;
  /** The first 100. */
  readonly differences: readonly DrillDifference[];
  readonly differenceCount: number;
  /** Milliseconds of restoring and of all. */
  readonly restoreTook: number;
  readonly took: number;
}

/** `live` undefined: the machine that had the grid is gone. Throws only when it could not be carried out at all. */
export async function drillSnapshot(
  source: SnapshotSource,
  snapshot: SnapshotRoot,
  live: GridServices | undefined,
  request: DrillRequest,
  context: DrillContext,
): Promise<DrillReport> {
  throw new Error('not yet');
}
