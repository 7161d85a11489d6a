/** Is a record what its header says? Reads it in pieces, so that its size does not matter. */
import { createHash, hash } from 'node:crypto';
import { promisify } from 'node:util';
import { crc32, zstdDecompress } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';
import { recordHeaderBytes, type PackRecord } from './pack-format.ts';

/** 'checksum' and 'hash': these bytes are not the content; 'cut': the source ends first. */
export type RecordState = 'whole' | 'cut' | 'checksum' | 'hash';

const pieceBytes = 1024 * 1024;
const zstdDecompressAsync = promisify(zstdDecompress);

/** Content of a zstd payload. Throws when it is not zstd or does not have exactly that length. */
export async function decompress(payload: Uint8Array, length: number): Promise<Buffer> {
  const content = await zstdDecompressAsync(payload, { maxOutputLength: Math.max(length, 1) });
  if (content.length !== length) throw new RangeError(`${content.length} bytes instead of ${length}`);
  return content;
}

/** Compares the payload with its checksum only. */
export async function checkPayloadCrc(
  source: ByteSource,
  record: PackRecord,
  payloadCrc: number,
): Promise<RecordState> {
  let crc = 0;
  for await (const piece of payloadPieces(source, record)) {
    if (piece === undefined) return 'cut';
    crc = crc32(piece, crc);
  }
  return crc === payloadCrc ? 'whole' : 'checksum';
}

/** Compares the content with the hash it is named by. This needs no checksum, so also works under a broken header. */
export async function checkContentHash(source: ByteSource, record: PackRecord): Promise<RecordState> {
  if (record.kind === 'tombstone') return 'whole';
  if (record.kind === 'zstd') {
    const payload = await source.read(record.offset + recordHeaderBytes, record.storedLength);
    if (payload.length < record.storedLength) return 'cut';
    try {
      const content = await decompress(payload, record.length);
      return hash('sha256', content) === record.id ? 'whole' : 'hash';
    } catch {
      return 'hash';
    }
  }
  const digest = createHash('sha256');
  for await (const piece of payloadPieces(source, record)) {
    if (piece === undefined) return 'cut';
    digest.update(piece);
  }
  return digest.digest('hex') === record.id ? 'whole' : 'hash';
}

/** The payload in pieces; undefined and the end where the source ends before the record. */
async function* payloadPieces(source: ByteSource, record: PackRecord): AsyncGenerator<Buffer | undefined> {
  let offset = record.offset + recordHeaderBytes;
  const end = offset + record.storedLength;
  while (offset < end) {
    const piece = await source.read(offset, Math.min(pieceBytes, end - offset));
    if (piece.length < Math.min(pieceBytes, end - offset)) {
      yield undefined;
      return;
    }
    yield piece;
    offset += piece.length;
  }
}
