/** Writes a snapshot, or what stands at a path of it, into a folder. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Repository } from '../repository/repository.ts';

export interface RestoreFolderOptions {
  /** Root tree of a snapshot. */
  readonly tree: BlobId;
  /** Names from the root; default everything. */
  readonly path?: readonly string[];
  /** Absent, or an empty folder. */
  readonly into: string;
  readonly signal?: AbortSignal;
  readonly progress?: (done: RestoreTotals) => void;
}

export interface RestoreTotals {
  readonly folders: number;
  readonly files: number;
  readonly bytes: number;
}

export interface RestoreReport extends RestoreTotals {
  /** Files that could not be restored whole: nothing stands at their paths. */
  readonly failed: readonly { readonly path: string; readonly reason: string }[];
  /** Devices and the like, which are passed over. */
  readonly skipped: readonly string[];
}

/** Throws PathNotFoundError, NotEmptyError, and ColdPacksError when packs must be fetched first. */
export function restoreFolder(repository: Repository, options: RestoreFolderOptions): Promise<RestoreReport> {
  throw new Error(`not yet: ${typeof repository} ${options.into}`);
}
