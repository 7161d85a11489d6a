/** The port to the place where a repository's files are. Only what a repository needs of it; retries, cold packs and faults wrap it. */

/** The files of a restic repository, and two kinds of Gridkeep's own that restic ignores. */
export type FileKind =
  | 'config'
  | 'key'
  | 'pack'
  | 'index'
  | 'snapshot'
  | 'lock'
  /** Reed-Solomon parity over groups of files, in `parity/`. */
  | 'parity'
  /** Sealed state of the vault, in `gridkeep/`: the only files that are replaced. */
  | 'state';

export interface TargetFile {
  /** 64 lower-case hexadecimal digits (SHA-256 of the content); for 'state' a short word, for 'config' empty. */
  readonly name: string;
  readonly bytes: number;
}

export interface FileRange {
  readonly offset: number;
  readonly length: number;
}

/** What a file is kept for: a target with storage classes puts 'data' on the cold one. Packs of trees are 'metadata'. */
export type PackContent = 'data' | 'metadata';

export interface SaveOptions {
  /** For packs; default 'metadata'. */
  readonly content?: PackContent;
  /** Unix milliseconds: where the target can lock objects, nobody can delete it before. */
  readonly lockedUntil?: number;
  readonly signal?: AbortSignal;
}

/** Every method throws TargetError for what a caller can tell apart. All may be called concurrently and repeated. */
export interface Target {
  /** For people, without secrets: `folder /srv/vault`, `s3://bucket/prefix`. */
  readonly description: string;
  /** In no order. Names that are none of this kind are passed over. */
  list(kind: FileKind, signal?: AbortSignal): AsyncIterable<TargetFile>;
  /** Exactly the range, or the whole file. 'absent' when there is none; 'short' when the file ends before the range does. */
  read(kind: FileKind, name: string, range?: FileRange, signal?: AbortSignal): Promise<Buffer>;
  /**
   * Resolves when the file is durable under its name, whole or not at all. Saving the same again is fine. 'config' and
   * 'state' are replaced, the others never changed.
   */
  save(kind: FileKind, name: string, bytes: Uint8Array, options?: SaveOptions): Promise<void>;
  /** Absent is fine. 'locked' where the target itself forbids it. */
  remove(kind: FileKind, name: string, signal?: AbortSignal): Promise<void>;
  /** Present where the target itself can forbid deletion (S3 Object Lock): never shortens what was said before. */
  readonly protect?: (
    kind: FileKind,
    name: string,
    lockedUntil: number,
    signal?: AbortSignal,
  ) => Promise<void>;
  /** Present where packs may have to be fetched from slow storage before they can be read. */
  readonly cold?: ColdStorage;
  close(): Promise<void>;
}

export type PackAvailability =
  /** Can be read now. */
  | 'ready'
  /** On slow storage: to be asked for with `fetch`. */
  | 'cold'
  /** Asked for, not there yet. */
  | 'fetching';

export interface ColdStorage {
  /** For people: where cold packs are. */
  readonly description: string;
  availability(pack: string, signal?: AbortSignal): Promise<PackAvailability>;
  /** Asks for a pack to be made readable; resolves when it was asked for, not when it is there. */
  fetch(pack: string, signal?: AbortSignal): Promise<void>;
}

/**
 * 'absent': no such file. 'short': it ends too early. 'full': no room. 'locked': the target forbids deletion. 'cold': a pack
 * that must be fetched first. 'permanent': asking again will not help (credentials, no bucket, read-only). 'passing': try again.
 */
export type TargetFailure = 'absent' | 'short' | 'full' | 'locked' | 'cold' | 'permanent' | 'passing';

export class TargetError extends Error {
  override readonly name = 'TargetError';
  readonly failure: TargetFailure;
  constructor(failure: TargetFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

export function isTargetFailure(error: unknown, failure: TargetFailure): boolean {
  return error instanceof TargetError && error.failure === failure;
}
