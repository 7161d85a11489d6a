/** What can be wrong with a repository itself; what is wrong with its place is TargetError. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { BlobType } from '../format/tree-node.ts';

/** There is no `config` and no key. */
export class NoRepositoryError extends Error {
  override readonly name = 'NoRepositoryError';
}

export class RepositoryExistsError extends Error {
  override readonly name = 'RepositoryExistsError';
}

export class WrongPasswordError extends Error {
  override readonly name = 'WrongPasswordError';
}

/** What a file or blob holds is not what its name or the format says. */
export class RepositoryDamagedError extends Error {
  override readonly name = 'RepositoryDamagedError';
  /** Of the file; 'data' and 'tree' for blobs. */
  readonly kind: string;
  /** Its name or id. */
  readonly file: string;
  constructor(kind: string, file: string, detail: string, options?: ErrorOptions) {
    super(`${kind} ${file} is damaged: ${detail}`, options);
    this.kind = kind;
    this.file = file;
  }
}

/** No index file knows the blob. */
export class BlobMissingError extends Error {
  override readonly name = 'BlobMissingError';
  readonly type: BlobType;
  readonly id: BlobId;
  constructor(type: BlobType, id: BlobId) {
    super(`${type} blob ${id} is in no index of the repository`);
    this.type = type;
    this.id = id;
  }
}

/** Blobs whose bytes are not what their ids say: nothing that refers to them may be saved. */
export class BlobRejectedError extends Error {
  override readonly name = 'BlobRejectedError';
  readonly ids: readonly BlobId[];
  constructor(ids: readonly BlobId[]) {
    super(`${ids.length} blobs are not what their ids say, first ${ids[0] ?? ''}`);
    this.ids = ids;
  }
}
