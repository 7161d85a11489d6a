/** Which paths of which snapshots need damaged blobs. */
import type { StoredSnapshot } from '../format/snapshot.ts';
import type { Repository } from '../repository/repository.ts';
import type { BlobMarks } from './blob-marks.ts';

export interface AffectedPath {
  readonly snapshot: StoredSnapshot;
  /** From the root, without a leading slash; names as on disk. */
  readonly path: readonly string[];
  /** 'folder': its tree is lost, and with it all that is below. 'file': some or all of its content. */
  readonly what: 'file' | 'folder';
  /** Bytes of the file that are lost; unknown (0) for a folder. */
  readonly bytes: number;
}

export interface AffectedOptions {
  /** Newest first; default: all. */
  readonly snapshots?: readonly StoredSnapshot[];
  readonly signal?: AbortSignal;
}

/** Newest snapshot first. What several snapshots have in common is told for the newest of them only. */
export async function* affectedPaths(
  _repository: Repository,
  _damaged: BlobMarks,
  _options?: AffectedOptions,
): AsyncGenerator<AffectedPath> {
  throw new Error('being written');
}
