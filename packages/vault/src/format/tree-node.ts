/** What stands in a tree blob. Encoding and its rules are in tree-encoding.ts. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';

/** Data and trees are named apart: the same bytes may be both. */
export type BlobType = 'data' | 'tree';

export interface FileNode {
  readonly type: 'file';
  /** As on disk, before restic's escapes. */
  readonly name: string;
  /** Unix milliseconds; restic keeps nanoseconds, which reading rounds down. */
  readonly modifiedAt: number;
  /** Sum of the lengths of `content`. */
  readonly size: number;
  readonly content: readonly BlobId[];
  /** Permission bits; default 0o644. */
  readonly mode?: number;
}

export interface FolderNode {
  readonly type: 'dir';
  readonly name: string;
  readonly modifiedAt: number;
  readonly subtree: BlobId;
  /** Permission bits; default 0o755. */
  readonly mode?: number;
}

/** Links, devices and the like, which restic wrote: kept apart, never made by Gridkeep. */
export interface OtherNode {
  readonly type: 'symlink' | 'dev' | 'chardev' | 'fifo' | 'socket';
  readonly name: string;
  readonly modifiedAt: number;
  readonly linkTarget?: string;
  readonly mode?: number;
}

export type TreeNode = FileNode | FolderNode | OtherNode;
