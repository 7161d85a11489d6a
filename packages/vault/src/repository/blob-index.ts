/** Where every blob of a repository is: typed arrays, about 50 bytes a blob, no object per blob. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { BlobType } from '../format/tree-node.ts';

export interface BlobLocation {
  readonly pack: string;
  readonly offset: number;
  /** Sealed. */
  readonly length: number;
  /** Undefined when it is not compressed. */
  readonly uncompressedLength: number | undefined;
}

export interface IndexedBlob extends BlobLocation {
  /** Number of the entry, 0 … size − 1, the same as long as nothing is removed: for bitmaps. */
  readonly slot: number;
  readonly type: BlobType;
  readonly id: BlobId;
}

/** A pack as the index knows it. Its entries are the slots from `first` up to `first + blobs`. */
export interface IndexedPack {
  readonly number: number;
  readonly id: string;
  /** Names of the index files that list it; empty while it is in none yet. */
  readonly indexFiles: readonly string[];
  readonly first: number;
  readonly blobs: number;
  /** What the file must measure. */
  readonly bytes: number;
  readonly content: BlobType | 'mixed';
}

export declare class BlobIndex {
  /** Entries, blobs that are in several packs counted each time. */
  get size(): number;
  get packCount(): number;
  /** Names of the index files that went in. */
  indexFiles(): string[];
  /** Packs that rustic has put down to be deleted: not to be relied on. */
  packsToDelete(): string[];
  has(type: BlobType, id: BlobId): boolean;
  find(type: BlobType, id: BlobId): BlobLocation | undefined;
  /** Slot of the first entry, −1 when there is none. */
  slotOf(type: BlobType, id: BlobId): number;
  /** Slots of all entries: a blob may be in several packs. */
  slotsOf(type: BlobType, id: BlobId): number[];
  at(slot: number): IndexedBlob;
  /** Number of the pack of an entry. */
  packNumberOf(slot: number): number;
  pack(number: number): IndexedPack;
  /** Numbers of the packs of that name; several only when index files contradict each other. */
  packNumbersOf(pack: string): number[];
  packs(): Generator<IndexedPack>;
  entries(): Generator<IndexedBlob>;
}
