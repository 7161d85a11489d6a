/** What reading a snapshot needs of a repository; `Repository` of the vault gives it. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { FileNode, TreeNode } from '@gridkeep/vault/format/tree-node';

export interface SnapshotSource {
  /** The nodes of a tree, their names unique. Throws when it is not there or its bytes are wrong. */
  readTree(id: BlobId): Promise<readonly TreeNode[]>;
  /** The bytes of a file, each piece checked by its hash. */
  readFile(node: FileNode): AsyncIterable<Uint8Array>;
  /** Told by dry runs of what a real restore reads. */
  willRead?(node: FileNode): void;
}

/** A snapshot's name, time and root; `StoredSnapshot` of the vault gives it. */
export interface SnapshotRoot {
  readonly id: string;
  /** Unix milliseconds. */
  readonly time: number;
  readonly tree: BlobId;
}

/** The snapshot is no backup of a grid, or something in it breaks the layout; the message names the place. */
export class SnapshotContentError extends Error {
  override readonly name = 'SnapshotContentError';
  /** From the root, names joined by `/`, shortened. */
  readonly place: string;
  constructor(place: string, detail: string) {
    super(`${place === '' ? 'the snapshot' : JSON.stringify(place.slice(0, 400))}: ${detail}`);
    this.place = place;
  }
}
