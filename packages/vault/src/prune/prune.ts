/** Takes out of a repository what no kept snapshot needs. */
import type { Repository } from '../repository/repository.ts';
import type { KeptSnapshot } from '../retention/forget.ts';
import type { Retention } from '../retention/restore-points.ts';
import type { VaultClock, VaultTime } from '../retention/vault-clock.ts';

export interface PruneOptions {
  /** Decides, together with what stands in the snapshots, what may go. There is no way to name snapshots. */
  readonly clock: VaultClock;
  readonly retention?: Partial<Retention>;
  readonly zone: string;
  /** Says what would go; changes nothing. Takes no exclusive lock. */
  readonly dryRun?: boolean;
  /** Bytes that nobody uses, as a share of those in use, that may stay in packs: default 0.05. */
  readonly maxUnusedShare?: number;
  /** Also rewrites packs that would have to be fetched from cold storage; default false. */
  readonly repackCold?: boolean;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: PruneProgress) => void;
}

export interface PruneProgress {
  readonly phase: 'marking' | 'repacking' | 'indexing' | 'removing';
  readonly done: number;
  /** undefined while it is not known. */
  readonly total: number | undefined;
}

export interface PruneReport {
  readonly time: VaultTime;
  readonly kept: readonly KeptSnapshot[];
  /** Names of snapshots that were, or with dryRun would be, forgotten. */
  readonly forgotten: readonly string[];
  readonly packsRemoved: number;
  readonly packsRepacked: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly bytesFreed: number;
  /** Unused bytes that stay in packs. */
  readonly bytesUnused: number;
  readonly bytesUsed: number;
  readonly indexesWritten: number;
  readonly indexesRemoved: number;
  /** Files that the target does not let go yet (Object Lock); a later prune takes them. */
  readonly postponed: number;
  /** There was no room to repack: what could go without it went. */
  readonly full: boolean;
}

/** A kept snapshot needs what is not there or cannot be read: nothing was removed. Verify and repair first. */
export class PruneRefusedError extends Error {
  override readonly name = 'PruneRefusedError';
}

/** Throws PruneRefusedError, the repository's error when somebody else holds a lock, and TargetError. */
export declare function prune(repository: Repository, options: PruneOptions): Promise<PruneReport>;
