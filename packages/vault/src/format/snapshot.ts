/** What stands in a snapshot file. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';

export interface Snapshot {
  /** Unix milliseconds. */
  readonly time: number;
  readonly tree: BlobId;
  /** Name of the file of the snapshot that this one was made against. */
  readonly parent?: string;
  readonly paths: readonly string[];
  readonly hostname: string;
  readonly username?: string;
  readonly tags: readonly string[];
  /** Name of the first version, when it was rewritten. */
  readonly original?: string;
  readonly programVersion?: string;
  readonly summary?: SnapshotSummary;
}

/** Counts as restic shows them; times in Unix milliseconds. */
export interface SnapshotSummary {
  readonly backupStart: number;
  readonly backupEnd: number;
  readonly filesNew: number;
  readonly filesChanged: number;
  readonly filesUnmodified: number;
  readonly dirsNew: number;
  readonly dirsChanged: number;
  readonly dirsUnmodified: number;
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  /** Bytes before and after compression and sealing. */
  readonly dataAdded: number;
  readonly dataAddedPacked: number;
  readonly totalFilesProcessed: number;
  readonly totalBytesProcessed: number;
}

/** A snapshot and the name of its file. */
export interface StoredSnapshot extends Snapshot {
  readonly id: string;
}
