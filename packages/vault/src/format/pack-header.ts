/** The end of a pack file: what is in it (restic: internal/repository/pack/pack.go). */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { BlobType } from './tree-node.ts';

export interface PackEntry {
  readonly type: BlobType;
  /** SHA-256 of the plain, uncompressed blob. */
  readonly id: BlobId;
  readonly offset: number;
  /** Sealed bytes. */
  readonly length: number;
  /** Undefined: stored without compression. Never 0. */
  readonly uncompressedLength: number | undefined;
}

/** What is sealed as the header: the entries must follow each other from offset 0 without a gap. */
export function encodePackHeader(entries: readonly PackEntry[]): Buffer {
  void entries;
  throw new Error('not yet');
}

/** From the opened header. Throws FormatError. */
export function decodePackHeader(plain: Uint8Array): PackEntry[] {
  void plain;
  throw new Error('not yet');
}

/** Bytes of the whole pack file with these blobs: what both restic and rustic compute from the index and compare. */
export function packFileBytes(entries: Iterable<Pick<PackEntry, 'length' | 'uncompressedLength'>>): number {
  void entries;
  throw new Error('not yet');
}

/**
 * Bytes of the sealed header, from the last 4 bytes of a pack: it ends right before them. Throws FormatError when that
 * cannot be in a file of `fileBytes`.
 */
export function sealedHeaderBytes(trailer: Uint8Array, fileBytes: number): number {
  void [trailer, fileBytes];
  throw new Error('not yet');
}
