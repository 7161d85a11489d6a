/** A repository in the restic format: opened, read, locked; written through a RepositoryWriter. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { RepositoryConfig } from '../format/repository-config.ts';
import type { StoredSnapshot } from '../format/snapshot.ts';
import type { BlobType, FileNode, TreeNode } from '../format/tree-node.ts';
import type { MasterKey } from '../sealing/master-key.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { Target } from '../target/target.ts';
import type { BlobIndex } from './blob-index.ts';
import type { RepositoryLock } from './repository-lock.ts';
import type { RepositoryWriter, WriterOptions } from './repository-writer.ts';

export interface KeyCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

export interface CreateOptions {
  readonly password: string;
  readonly keyCost?: KeyCost;
  /** Of a sister repository, 14 hexadecimal digits; default random. */
  readonly polynomial?: string;
  readonly cacheFolder?: string;
}

export type RepositoryAccess = { readonly password: string } | { readonly masterKey: MasterKey };

export interface OpenOptions {
  /** For the index in binary; may be shared by repositories and lost. */
  readonly cacheFolder?: string;
}

export interface LockOptions {
  /** How long to wait for others, milliseconds; default 0. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

export declare class NoRepositoryError extends Error {}
export declare class RepositoryExistsError extends Error {}
export declare class WrongPasswordError extends Error {}
/** What a file or blob holds is not what its name or the format says. `kind` 'blob' for blobs. */
export declare class RepositoryDamagedError extends Error {
  readonly kind: string;
  readonly file: string;
}
/** No index file knows the blob. */
export declare class BlobMissingError extends Error {
  readonly type: BlobType;
  readonly id: BlobId;
}

export declare function createRepository(target: Target, options: CreateOptions): Promise<Repository>;
export declare function openRepository(
  target: Target,
  access: RepositoryAccess,
  options?: OpenOptions,
): Promise<Repository>;

export declare class Repository {
  readonly id: string;
  readonly target: Target;
  readonly sealer: Sealer;
  readonly masterKey: MasterKey;
  readonly config: RepositoryConfig;
  /** Oldest first. */
  listSnapshots(): Promise<StoredSnapshot[]>;
  readSnapshot(id: string): Promise<StoredSnapshot>;
  /** Absent is fine. Needs an exclusive lock. */
  removeSnapshot(id: string): Promise<void>;
  /** Up to date with the index files that are there now; the same object as long as none vanished. */
  loadIndex(): Promise<BlobIndex>;
  /** Checked against its hash. Loads the index when needed. Tries every pack that has it. */
  readBlob(type: BlobType, id: BlobId): Promise<Buffer>;
  readTree(id: BlobId): Promise<readonly TreeNode[]>;
  readFile(node: FileNode): AsyncGenerator<Buffer>;
  /** The text of an index, snapshot or lock file, checked against its name. */
  readUnpacked(kind: 'index' | 'snapshot' | 'lock', name: string): Promise<string>;
  /** Seals and saves; returns the name. */
  writeUnpacked(
    kind: 'index' | 'snapshot' | 'lock',
    text: string,
    options?: { lockedUntil?: number },
  ): Promise<string>;
  /** Sealed state of the vault; undefined when there is none. Throws RepositoryDamagedError. */
  readState(name: string): Promise<Buffer | undefined>;
  writeState(name: string, plain: Uint8Array): Promise<void>;
  lock(kind: 'shared' | 'exclusive', options?: LockOptions): Promise<RepositoryLock>;
  /** Name of the key file. */
  addKey(password: string, cost?: KeyCost): Promise<string>;
  /** Refuses the last one. */
  removeKey(name: string): Promise<void>;
  /** The new key first, then all those of the old password away. */
  changePassword(old: string, next: string, cost?: KeyCost): Promise<void>;
  /** One writer at a time on one Repository object; others open their own. */
  beginWriting(lock: RepositoryLock, options?: WriterOptions): Promise<RepositoryWriter>;
  /** Stops threads; the target stays open. */
  close(): Promise<void>;
}
