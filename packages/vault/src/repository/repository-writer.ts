/** Puts blobs, trees and snapshots into a repository: packs made whole in threads, durable before an index names them. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Snapshot, StoredSnapshot } from '../format/snapshot.ts';
import type { BlobType, FileNode, TreeNode } from '../format/tree-node.ts';

export interface WriterOptions {
  readonly signal?: AbortSignal;
  /** Threads, 1 or 2; default 2. */
  readonly threads?: number;
  /** For all packs and indexes: where the target can lock objects, nobody deletes them before (Unix ms). */
  readonly lockedUntil?: number;
  /** Default 16 MiB and 6 MiB. */
  readonly dataPackBytes?: number;
  readonly treePackBytes?: number;
}

/** Bytes as the blob store keeps them. */
export interface StoredBytes {
  readonly codec: 'raw' | 'zstd';
  readonly payload: Uint8Array;
  /** Of the content. */
  readonly length: number;
}

export interface AddStoredOptions {
  /** Default 'data'. */
  readonly type?: BlobType;
  /** Write it although the index has it: for repacking. */
  readonly again?: boolean;
}

export interface WriterTotals {
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  /** Bytes of new blobs, before and after compression and sealing. */
  readonly dataAdded: number;
  readonly dataAddedPacked: number;
  /** Names of the packs written. */
  readonly packs: readonly string[];
}

/** `finish` met blobs whose bytes are not what their ids say; nothing refers to them may be saved. */
export declare class BlobRejectedError extends Error {
  readonly ids: readonly BlobId[];
}

export declare class RepositoryWriter {
  /** In the repository or accepted here. */
  has(type: BlobType, id: BlobId): boolean;
  /** Adds resolve when accepted; the bytes may be used again then. Errors of earlier blobs reject later calls. */
  addData(bytes: Uint8Array, options?: { id?: BlobId; compress?: 'auto' | 'never' }): Promise<BlobId>;
  addStored(id: BlobId, stored: StoredBytes, options?: AddStoredOptions): Promise<void>;
  addTree(nodes: readonly TreeNode[]): Promise<BlobId>;
  /** Cut by content. */
  addFile(name: string, modifiedAt: number, source: AsyncIterable<Uint8Array>): Promise<FileNode>;
  /** Makes all packs durable and writes the indexes. More may be added afterwards and finished again. */
  finish(): Promise<WriterTotals>;
  /** After finish. */
  saveSnapshot(snapshot: Snapshot, options?: { lockedUntil?: number }): Promise<StoredSnapshot>;
  /** Stops; what no index names yet is forgotten. After finish: only stops the threads. */
  close(): Promise<void>;
}
