/** Makes the index anew from the headers of the packs. */
import type { Repository } from './repository.ts';
import type { RepositoryLock } from './repository-lock.ts';

export interface RebuildOptions {
  /** Read every header again, not only those of packs that no index lists or whose size is wrong. */
  readonly everything?: boolean;
  readonly signal?: AbortSignal;
}

export interface RebuildReport {
  readonly packs: number;
  readonly packsAdded: readonly string[];
  readonly packsMissing: readonly string[];
  readonly packsUnreadable: readonly string[];
}

export declare function rebuildIndex(
  repository: Repository,
  lock: RepositoryLock,
  options?: RebuildOptions,
): Promise<RebuildReport>;
