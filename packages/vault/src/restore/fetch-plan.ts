/** What has to be read for a restore: which packs, how many bytes, from where, and which must be fetched first. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Repository } from '../repository/repository.ts';
import type { PackAvailability } from '../target/target.ts';

export interface PlannedPack {
  readonly id: string;
  /** Sealed, of the blobs that are needed. */
  readonly bytes: number;
  readonly blobs: number;
  readonly availability: PackAvailability;
}

export interface FetchPlan {
  /** In the order of their ids. */
  readonly packs: readonly PlannedPack[];
  readonly blobs: number;
  readonly bytes: number;
  /** Whole sizes of the packs that must be fetched first, which is what storage providers count. */
  readonly bytesToFetch: number;
  /** Packs that are 'cold' or 'fetching'. */
  readonly toFetch: number;
  /** Where they are, for people. */
  readonly place: string;
  /** Blobs that no index knows: the restore will lack them. */
  readonly unknown: number;
}

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Time between two looks. Default one minute. */
  readonly pollMs?: number;
  readonly progress?: (ready: number, packs: number) => void;
}

/** Data blobs only; the same one counts once. */
export function planFetch(
  repository: Repository,
  blobs: Iterable<BlobId> | AsyncIterable<BlobId>,
  signal?: AbortSignal,
): Promise<FetchPlan> {
  throw new Error(`not yet: ${typeof repository} ${typeof blobs} ${signal?.aborted}`);
}

/** Asks for every pack of the plan that is cold and resolves when all can be read. */
export function fetchPacks(
  repository: Repository,
  plan: FetchPlan,
  options: FetchOptions = {},
): Promise<void> {
  throw new Error(`not yet: ${typeof repository} ${plan.blobs} ${options.pollMs}`);
}
