/** Where the target can lock objects: everything that a locked restore point needs is locked as long as the point. */
import type { Repository } from '../repository/repository.ts';
import type { VaultClock } from './vault-clock.ts';

export interface ExtendLocksOptions {
  readonly clock: VaultClock;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
}

export interface ExtendLocksReport {
  /** false: the target cannot lock. */
  readonly supported: boolean;
  readonly files: number;
  readonly extended: number;
  /** Unix milliseconds until which the longest lasts. */
  readonly until: number | undefined;
}

export declare function extendLocks(
  repository: Repository,
  options: ExtendLocksOptions,
): Promise<ExtendLocksReport>;
