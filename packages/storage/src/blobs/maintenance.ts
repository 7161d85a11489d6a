/** What the owner of a store does with it beside putting and getting: verify, reindex, sweep, compact. Implemented by PackStore. */
import type { BlobId, BlobStore } from './blob-store.ts';
import type { StoredContent, StoredResult } from './stored-reading.ts';

export interface Progress {
  /** Bytes of packs looked at so far, of `bytesTotal` at the start. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly blobsDone: number;
}

/** Where a verification stands: everything before this place has been looked at. */
export interface VerifyCursor {
  readonly pack: string;
  readonly offset: number;
}

export type DamageReason =
  /** The record's bytes do not match its checksum or its hash. */
  | 'content'
  /** The record's header is broken; the content may still be whole (then `recoverable`). */
  | 'header'
  /** The pack ends before the record does. */
  | 'cut'
  /** The whole pack is gone. */
  | 'pack-missing'
  /** Bytes between records that are no record. The blob that stood there is unknown. */
  | 'gap'
  /** The pack's own table of contents is broken; its records were looked at one by one. */
  | 'footer'
  /** The index names a place where no such record stands. */
  | 'index-wrong'
  /** A live record that the index does not know. */
  | 'not-indexed';

export interface Damage {
  /** Undefined when it is not known which blob stood there. */
  readonly id: BlobId | undefined;
  readonly pack: string;
  readonly offset: number;
  readonly reason: DamageReason;
  readonly detail: string;
  /** True when no content is lost by it: reindex or compaction repairs it. */
  readonly recoverable: boolean;
}

export interface VerifyOptions {
  readonly bytesPerSecondMax?: number;
  /** The cursor of an earlier, unfinished run; kept by the caller. */
  readonly resumeFrom?: VerifyCursor;
  readonly onProgress?: (progress: Progress, cursor: VerifyCursor) => void;
  /** Called for every damage, also beyond those kept in the report. */
  readonly onDamage?: (damage: Damage) => void;
  readonly signal?: AbortSignal;
}

export interface VerifyReport {
  readonly blobs: number;
  readonly bytes: number;
  /** The first `damagesKeptMax`; `damageCount` counts all. */
  readonly damages: readonly Damage[];
  readonly damageCount: number;
}

export interface ReindexOptions {
  /** Read and hash every record instead of trusting the packs' tables of contents. */
  readonly deep?: boolean;
  /** Called for every blob that the old index knew and the packs no longer have. */
  readonly onLost?: (id: BlobId, pack: string) => void;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface ReindexReport {
  readonly packs: number;
  readonly blobs: number;
  /** Blobs that the old index did not know or had at another place. */
  readonly recovered: number;
  /** The first `damagesKeptMax` of the lost; `lostCount` counts all. */
  readonly lost: readonly { readonly id: BlobId; readonly pack: string }[];
  readonly lostCount: number;
  readonly damages: readonly Damage[];
  readonly damageCount: number;
}

export interface SweepOptions {
  /** Every blob that something refers to. What is put or found again by a put after the sweep began is safe without being named. */
  readonly live: AsyncIterable<BlobId> | Iterable<BlobId>;
  /** A blob is kept for so long after it was last put, referred to or not. */
  readonly graceMs: number;
  /** Unix milliseconds; the clock when left out. */
  readonly now?: number;
  readonly onProgress?: (progress: { readonly marked: number; readonly deleted: number }) => void;
  readonly signal?: AbortSignal;
}

export interface SweepReport {
  readonly marked: number;
  readonly deleted: number;
  readonly deletedBytes: number;
  /** Not referred to, but younger than the grace. */
  readonly spared: number;
}

export interface CompactOptions {
  /** Packs with at least this share of dead bytes are rewritten. Default 0.3. */
  readonly deadShareMin?: number;
  /** Sealed packs smaller than this are merged when there are at least two. Default: an eighth of the pack size limit. */
  readonly mergeBelowBytes?: number;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface CompactReport {
  readonly packsRemoved: number;
  readonly blobsMoved: number;
  readonly bytesMoved: number;
  readonly bytesFreed: number;
  /** Packs left as they are because a live record in them is damaged: nothing that may still be saved is thrown away. */
  readonly packsDamaged: readonly string[];
}

/** What opening the folder found and mended. */
export interface OpenReport {
  /** The index was absent or broken and was rebuilt from the packs. */
  readonly rebuilt: boolean;
  /** Unacknowledged bytes behind the last whole record of the open pack, cut off after a crash. */
  readonly tailsCut: readonly { readonly pack: string; readonly offset: number; readonly bytes: number }[];
  readonly packsMissing: readonly string[];
  readonly damages: readonly Damage[];
}

export interface MaintainedBlobStore extends BlobStore {
  readonly openReport: OpenReport;
  /** The bytes as they are stored, checked by their CRC and not decompressed; undefined when absent. Throws BlobDamagedError. */
  getStored(id: BlobId): Promise<StoredContent | undefined>;
  /** Many of them, each once, in the order of the packs; memory holds a place for each id and a few records. */
  readStored(ids: Iterable<BlobId>): AsyncIterable<StoredResult>;
  verify(options?: VerifyOptions): Promise<VerifyReport>;
  reindex(options?: ReindexOptions): Promise<ReindexReport>;
  sweep(options: SweepOptions): Promise<SweepReport>;
  compact(options?: CompactOptions): Promise<CompactReport>;
}

/** Another process has this folder open. */
export class BlobStoreLockedError extends Error {
  override readonly name = 'BlobStoreLockedError';
  readonly folder: string;
  constructor(folder: string) {
    super(`the blob store ${folder} is in use by another process`);
    this.folder = folder;
  }
}

/** Damages named in a report; more are only counted (and given to onDamage). */
export const damagesKeptMax = 10_000;
