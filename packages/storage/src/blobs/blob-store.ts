/** The contract of content storage: immutable blobs by SHA-256. Implemented by PackStore; see README.md for the format. */

declare const blobIdBrand: unique symbol;
/** SHA-256 of a blob's bytes: 64 hexadecimal digits, lower case. */
export type BlobId = string & { readonly [blobIdBrand]: true };

/** The id, or undefined when the text is not 64 hexadecimal digits. */
export function tryParseBlobId(text: string): BlobId | undefined {
  const lower = text.toLowerCase();
  return isBlobId(lower) ? lower : undefined;
}

function isBlobId(text: string): text is BlobId {
  return /^[0-9a-f]{64}$/.test(text);
}

/** Throws a RangeError when the text is not a blob id. */
export function parseBlobId(text: string): BlobId {
  const id = tryParseBlobId(text);
  if (id === undefined) throw new RangeError(`not a blob id: ${JSON.stringify(text.slice(0, 80))}`);
  return id;
}

/** Half open: bytes start, start+1, … end-1. `end` past the blob is cut to its size. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface BlobStat {
  readonly id: BlobId;
  /** Bytes of the content. */
  readonly size: number;
  /** Bytes it takes in its pack, header included. */
  readonly storedSize: number;
  readonly pack: string;
}

export interface PutResult {
  readonly id: BlobId;
  readonly size: number;
  /** False when the content was there already: nothing was written. */
  readonly isNew: boolean;
}

export interface PutOptions {
  /** 'auto' tries zstd and keeps it when it saves; 'never' for JPEG2000, Ogg, mesh and the like. Default 'auto'. */
  readonly compress?: 'auto' | 'never';
  /** The id, when the caller has hashed the bytes already; it is trusted, so only for bytes this process hashed itself. */
  readonly id?: BlobId;
}

export interface BlobStoreStats {
  readonly blobs: number;
  readonly packs: number;
  /** Content bytes of all live blobs. */
  readonly logicalBytes: number;
  /** Bytes of the pack files. */
  readonly storedBytes: number;
  /** Bytes in packs that no live blob needs (deleted or superseded records). */
  readonly deadBytes: number;
}

/**
 * Every promise of a put resolves only when the bytes are durable by the store's policy.
 * Concurrent puts share one flush. All methods may be called concurrently.
 */
export interface BlobStore {
  put(bytes: Uint8Array, options?: PutOptions): Promise<PutResult>;
  /** For content of any size: memory does not grow with it. */
  putStream(source: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<PutResult>;
  /** The whole blob, hash-checked only by verify; undefined when absent. Throws BlobDamagedError when its record is broken. */
  get(id: BlobId): Promise<Uint8Array | undefined>;
  /** A part of a blob or all of it as a stream with back-pressure; undefined when absent. */
  read(id: BlobId, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Which of the ids are here; thousands at once. */
  has(ids: Iterable<BlobId>): Promise<ReadonlySet<BlobId>>;
  /** As `has`, and the grace of those that are here starts anew: for callers that refer to a blob without putting it. */
  protect(ids: Iterable<BlobId>): Promise<ReadonlySet<BlobId>>;
  stat(id: BlobId): Promise<BlobStat | undefined>;
  /** All live blobs in the order of their ids, not held in memory. */
  list(): AsyncIterable<BlobStat>;
  stats(): Promise<BlobStoreStats>;
  close(): Promise<void>;
}

/** The bytes of a record do not match its checksum or its hash. */
export class BlobDamagedError extends Error {
  override readonly name = 'BlobDamagedError';
  readonly id: BlobId;
  readonly pack: string;
  constructor(id: BlobId, pack: string, detail: string) {
    super(`blob ${id} in pack ${pack} is damaged: ${detail}`);
    this.id = id;
    this.pack = pack;
  }
}
