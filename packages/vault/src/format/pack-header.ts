/** The end of a pack file: what is in it (restic: internal/repository/pack/pack.go). */
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { sealOverhead } from '../sealing/sealer.ts';
import { FormatError } from './format-error.ts';
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

/** Lengths and offsets are 32 bits wide. */
export const packBytesMax = 0xffff_ffff;
/** Of the sealed header; restic refuses a longer one. */
export const headerBytesMax = 16 * 1024 * 1024;
/** At the very end of a pack: the length of the sealed header. */
export const packTrailerBytes = 4;

const plainEntryBytes = 37;
const compressedEntryBytes = 41;
export const entryBytesMax = compressedEntryBytes;
const dataMark = 0;
const treeMark = 1;
const compressedMark = 2;

/**
 * What is sealed as the header: the entries must follow each other from offset 0 without a gap. Throws RangeError when
 * they do not, or are too many.
 */
export function encodePackHeader(entries: readonly PackEntry[]): Buffer {
  const header = Buffer.alloc(headerPlainBytes(entries));
  if (header.length === 0) throw new RangeError('a pack has at least one blob');
  if (header.length + sealOverhead > headerBytesMax) throw new RangeError('too many blobs for a pack');
  let at = 0;
  let offset = 0;
  for (const entry of entries) {
    if (entry.offset !== offset) throw new RangeError('blobs of a pack follow each other without a gap');
    at = writeEntry(entry, header, at);
    offset += entry.length;
  }
  if (offset > packBytesMax) throw new RangeError('a pack ends before 4 GiB');
  return header;
}

/** One entry of a header, from `at` on; where it ends. At most `entryBytesMax`. Throws RangeError for what is no entry. */
export function writeEntry(
  { type, id, length, uncompressedLength }: Omit<PackEntry, 'offset'>,
  header: Buffer,
  at: number,
): number {
  if (length < sealOverhead) throw new RangeError('a sealed blob is longer');
  const mark = type === 'data' ? dataMark : treeMark;
  let end = header.writeUInt8(uncompressedLength === undefined ? mark : mark + compressedMark, at);
  end = header.writeUInt32LE(length, end);
  if (uncompressedLength !== undefined) {
    if (uncompressedLength === 0) throw new RangeError('an empty blob cannot be compressed');
    end = header.writeUInt32LE(uncompressedLength, end);
  }
  return end + header.write(id, end, 'hex');
}

/** From the opened header. Throws FormatError. */
export function decodePackHeader(plain: Uint8Array): PackEntry[] {
  const header = Buffer.from(plain.buffer, plain.byteOffset, plain.length);
  const entries: PackEntry[] = [];
  let offset = 0;
  for (let at = 0; at < header.length;) {
    const mark = header.readUInt8(at);
    if (mark > 3) throw new FormatError(`pack header: no such type of blob: ${mark}`);
    const compressed = mark >= compressedMark;
    const end = at + (compressed ? compressedEntryBytes : plainEntryBytes);
    if (end > header.length) throw new FormatError('pack header: ends in an entry');
    const length = header.readUInt32LE(at + 1);
    const uncompressedLength = compressed ? header.readUInt32LE(at + 5) : undefined;
    if (length < sealOverhead) throw new FormatError('pack header: a blob is shorter than its seal');
    if (uncompressedLength === 0) throw new FormatError('pack header: an empty compressed blob');
    const id = parseBlobId(header.toString('hex', end - 32, end));
    const type: BlobType = mark % 2 === dataMark ? 'data' : 'tree';
    entries.push({ type, id, offset, length, uncompressedLength });
    offset += length;
    at = end;
  }
  if (entries.length === 0) throw new FormatError('pack header: empty');
  if (offset > packBytesMax) throw new FormatError('pack header: blobs beyond 4 GiB');
  return entries;
}

type EntryShape = Pick<PackEntry, 'uncompressedLength'>;

/** Bytes of the header before it is sealed. */
export function headerPlainBytes(entries: Iterable<EntryShape>): number {
  let bytes = 0;
  for (const { uncompressedLength } of entries) {
    bytes += uncompressedLength === undefined ? plainEntryBytes : compressedEntryBytes;
  }
  return bytes;
}

/** Bytes of the whole pack file with these blobs: what both restic and rustic compute from the index and compare. */
export function packFileBytes(entries: Iterable<EntryShape & Pick<PackEntry, 'length'>>): number {
  let bytes = sealOverhead + packTrailerBytes;
  for (const entry of entries) {
    bytes += entry.length;
    bytes += entry.uncompressedLength === undefined ? plainEntryBytes : compressedEntryBytes;
  }
  return bytes;
}

/**
 * Bytes of the sealed header, from the last 4 bytes of a pack: it ends right before them. Throws FormatError when that
 * cannot be in a file of `fileBytes`.
 */
export function sealedHeaderBytes(trailer: Uint8Array, fileBytes: number): number {
  if (trailer.length !== packTrailerBytes) throw new FormatError('pack: too short');
  const bytes = Buffer.from(trailer).readUInt32LE(0);
  const least = sealOverhead + plainEntryBytes;
  if (bytes < least || bytes > headerBytesMax || bytes + packTrailerBytes > fileBytes) {
    throw new FormatError('pack: the length of its header cannot be');
  }
  return bytes;
}
