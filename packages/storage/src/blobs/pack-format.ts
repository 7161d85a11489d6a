/** The bytes of a pack file: header, records, footer, trailer. README.md of this folder is the specification. */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { parseBlobId, type BlobId } from './blob-store.ts';

export const packHeaderBytes = 32;
export const recordHeaderBytes = 72;
export const footerHeaderBytes = 8;
export const footerEntryBytes = 72;
export const trailerBytes = 32;
/** Records of one pack, so that its footer (1.2 MB) and a list of its records are little in memory. */
export const packRecordsMax = 16_384;
/** Contents larger than this are stored raw, so that reading a part of one never needs more memory than this. */
export const zstdContentBytesMax = 16 * 1024 * 1024;

const packMagic = Buffer.from('GKPACK\r\n', 'latin1');
export const recordMagic: Buffer = Buffer.from([0x89, 0x47, 0x4b, 0x52]); // 0x89 "GKR"
const footerMagic = Buffer.from([0x89, 0x47, 0x4b, 0x46]); // 0x89 "GKF"
const trailerMagic = Buffer.from('GKSEAL\r\n', 'latin1');
const formatVersion = 1;

export type RecordKind = 'raw' | 'zstd' | 'tombstone';
const kindOfCode: readonly (RecordKind | 'gap')[] = ['gap', 'raw', 'zstd', 'tombstone'];

/** One record of a pack. A tombstone has no content: it says that older records of this id are deleted. */
export interface PackRecord {
  readonly kind: RecordKind;
  readonly id: BlobId;
  /** Microseconds since 1970, strictly rising over all records that a store writes; a moved copy keeps its stamp. */
  readonly stamp: number;
  readonly length: number;
  readonly storedLength: number;
  /** Of the record's header in the pack. */
  readonly offset: number;
}

export interface RecordHeader extends PackRecord {
  readonly payloadCrc: number;
}

/** Bytes between records that are no record, known when the pack was sealed. */
export interface PackGap {
  readonly kind: 'gap';
  readonly offset: number;
  readonly storedLength: number;
}

export type FooterEntry = PackRecord | PackGap;

/** Bytes of the pack that a record takes. */
export function recordBytes(record: { readonly storedLength: number }): number {
  return recordHeaderBytes + record.storedLength;
}

/** A pack's id and the seed of its checksums: bytes copied from another pack or place never pass for a record of this one. */
export interface PackIdentity {
  readonly id: Buffer;
  readonly seed: number;
}

const packNamePattern = /^[0-9a-f]{32}$/;

/** 32 hexadecimal digits; the first 12 are the Unix time in ms, so that names sort by creation. */
export function newPackName(now: number = Date.now()): string {
  return now.toString(16).padStart(12, '0').slice(-12) + randomBytes(10).toString('hex');
}

export function isPackName(name: string): boolean {
  return packNamePattern.test(name);
}

/** Unix milliseconds of a pack's creation. */
export function packNameTime(name: string): number {
  return Number.parseInt(name.slice(0, 12), 16);
}

/** Throws a RangeError when the name is not a pack's name. */
export function packIdentity(name: string): PackIdentity {
  if (!isPackName(name)) throw new RangeError(`not a pack name: ${JSON.stringify(name.slice(0, 80))}`);
  const id = Buffer.from(name, 'hex');
  return { id, seed: crc32(id) };
}

function writeU64(into: Buffer, value: number, at: number): void {
  into.writeUInt32LE(value % 0x1_0000_0000, at);
  into.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4);
}

/** Undefined for numbers that no file can have. */
function readU64(from: Buffer, at: number): number | undefined {
  const value = from.readUInt32LE(at + 4) * 0x1_0000_0000 + from.readUInt32LE(at);
  return Number.isSafeInteger(value) ? value : undefined;
}

function placedCrc(bytes: Uint8Array, identity: PackIdentity, offset: number): number {
  const place = Buffer.allocUnsafe(8);
  writeU64(place, offset, 0);
  return crc32(bytes, crc32(place, identity.seed));
}

export function encodePackHeader(identity: PackIdentity): Buffer {
  const bytes = Buffer.alloc(packHeaderBytes);
  packMagic.copy(bytes, 0);
  bytes.writeUInt16LE(formatVersion, 8);
  identity.id.copy(bytes, 12);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 28)), 28);
  return bytes;
}

/** The pack name in a header, or undefined when it is damaged. Throws PackVersionError for a later version. */
export function decodePackHeader(bytes: Buffer): string | undefined {
  if (bytes.length < packHeaderBytes || !bytes.subarray(0, 8).equals(packMagic)) return undefined;
  if (bytes.readUInt32LE(28) !== crc32(bytes.subarray(0, 28))) return undefined;
  const version = bytes.readUInt16LE(8);
  const name = bytes.toString('hex', 12, 28);
  if (version !== formatVersion) throw new PackVersionError(name, version);
  return name;
}

export class PackVersionError extends Error {
  override readonly name = 'PackVersionError';
  constructor(pack: string, version: number) {
    super(`pack ${pack} has format version ${version}; this program reads version ${formatVersion}`);
  }
}

export function encodeRecordHeader(record: RecordHeader, identity: PackIdentity): Buffer {
  const bytes = Buffer.allocUnsafe(recordHeaderBytes);
  recordMagic.copy(bytes, 0);
  bytes.writeUInt32LE(kindOfCode.indexOf(record.kind), 4);
  bytes.write(record.id, 8, 'hex');
  writeU64(bytes, record.stamp, 40);
  writeU64(bytes, record.length, 48);
  writeU64(bytes, record.storedLength, 56);
  bytes.writeUInt32LE(record.payloadCrc, 64);
  bytes.writeUInt32LE(placedCrc(bytes.subarray(0, 68), identity, record.offset), 68);
  return bytes;
}

/** The header at `offset` of the pack, or undefined when these bytes are none or are damaged. */
export function decodeRecordHeader(
  bytes: Buffer,
  identity: PackIdentity,
  offset: number,
): RecordHeader | undefined {
  if (bytes.length < recordHeaderBytes || !bytes.subarray(0, 4).equals(recordMagic)) return undefined;
  if (bytes.readUInt32LE(68) !== placedCrc(bytes.subarray(0, 68), identity, offset)) return undefined;
  const kind = kindOfCode[bytes.readUInt32LE(4)];
  const stamp = readU64(bytes, 40);
  const length = readU64(bytes, 48);
  const storedLength = readU64(bytes, 56);
  if (kind === undefined || kind === 'gap') return undefined;
  if (stamp === undefined || length === undefined || storedLength === undefined) return undefined;
  if (!lengthsFit(kind, length, storedLength)) return undefined;
  const id = parseBlobId(bytes.toString('hex', 8, 40));
  return { kind, id, stamp, length, storedLength, offset, payloadCrc: bytes.readUInt32LE(64) };
}

function lengthsFit(kind: RecordKind, length: number, storedLength: number): boolean {
  switch (kind) {
    case 'raw':
      return length === storedLength;
    case 'zstd':
      return length <= zstdContentBytesMax && storedLength < length;
    case 'tombstone':
      return length === 0 && storedLength === 0;
  }
}

/** Footer and trailer, to be written at `offset`, the end of the last record. */
export function encodeFooter(
  entries: readonly FooterEntry[],
  identity: PackIdentity,
  offset: number,
): Buffer[] {
  const body = Buffer.alloc(footerHeaderBytes + entries.length * footerEntryBytes);
  footerMagic.copy(body, 0);
  body.writeUInt32LE(entries.length, 4);
  let at = footerHeaderBytes;
  for (const entry of entries) {
    body.writeUInt32LE(kindOfCode.indexOf(entry.kind), at);
    if (entry.kind !== 'gap') {
      body.write(entry.id, at + 8, 'hex');
      writeU64(body, entry.stamp, at + 40);
      writeU64(body, entry.length, at + 48);
    }
    writeU64(body, entry.storedLength, at + 56);
    writeU64(body, entry.offset, at + 64);
    at += footerEntryBytes;
  }
  const trailer = Buffer.alloc(trailerBytes);
  writeU64(trailer, offset, 0);
  trailer.writeUInt32LE(entries.length, 8);
  trailer.writeUInt32LE(placedCrc(body, identity, offset), 16);
  trailer.writeUInt32LE(placedCrc(trailer.subarray(0, 20), identity, offset + body.length), 20);
  trailerMagic.copy(trailer, 24);
  return [body, trailer];
}

export interface Trailer {
  readonly footerOffset: number;
  readonly footerBytes: number;
  readonly footerCrc: number;
}

/** The trailer from the last bytes of a pack of that size; undefined when it is not sealed or the trailer is damaged. */
export function decodeTrailer(bytes: Buffer, identity: PackIdentity, packBytes: number): Trailer | undefined {
  if (bytes.length !== trailerBytes || !bytes.subarray(24).equals(trailerMagic)) return undefined;
  const place = packBytes - trailerBytes;
  if (bytes.readUInt32LE(20) !== placedCrc(bytes.subarray(0, 20), identity, place)) return undefined;
  const footerOffset = readU64(bytes, 0);
  const footerBytes = footerHeaderBytes + bytes.readUInt32LE(8) * footerEntryBytes;
  if (footerOffset === undefined || footerOffset + footerBytes !== place) return undefined;
  if (bytes.readUInt32LE(8) > packRecordsMax) return undefined;
  return { footerOffset, footerBytes, footerCrc: bytes.readUInt32LE(16) };
}

/** The table of contents, or undefined when it is damaged. */
export function decodeFooter(
  bytes: Buffer,
  identity: PackIdentity,
  trailer: Trailer,
): FooterEntry[] | undefined {
  if (bytes.length !== trailer.footerBytes || !bytes.subarray(0, 4).equals(footerMagic)) return undefined;
  if (placedCrc(bytes, identity, trailer.footerOffset) !== trailer.footerCrc) return undefined;
  const entries: FooterEntry[] = [];
  for (let at = footerHeaderBytes; at < bytes.length; at += footerEntryBytes) {
    const entry = decodeFooterEntry(bytes.subarray(at, at + footerEntryBytes));
    if (entry === undefined || entry.offset + entry.storedLength > trailer.footerOffset) return undefined;
    entries.push(entry);
  }
  return entries;
}

function decodeFooterEntry(bytes: Buffer): FooterEntry | undefined {
  const kind = kindOfCode[bytes.readUInt32LE(0)];
  const stamp = readU64(bytes, 40);
  const length = readU64(bytes, 48);
  const storedLength = readU64(bytes, 56);
  const offset = readU64(bytes, 64);
  if (kind === undefined || stamp === undefined || length === undefined) return undefined;
  if (storedLength === undefined || offset === undefined) return undefined;
  if (kind === 'gap') return { kind, offset, storedLength };
  if (!lengthsFit(kind, length, storedLength)) return undefined;
  return { kind, id: parseBlobId(bytes.toString('hex', 8, 40)), stamp, length, storedLength, offset };
}
