/** Files that are no packs (index, snapshot, lock): JSON, compressed or not (restic: internal/repository/repository.go). */
import { FormatError } from './format-error.ts';
import { compressZstd, decompressZstd } from './zstd.ts';

/** JSON of one unpacked file; 50,000 blobs in an index are 6 MB, restic sets no limit. */
export const unpackedBytesMax = 128 * 1024 * 1024;

const compressedMark = 2;
const openingBrace = 0x7b;
const openingBracket = 0x5b;

/** The plaintext to be sealed: the byte 2 and one zstd frame. */
export function packUnpacked(json: string): Buffer {
  return Buffer.concat([Buffer.of(compressedMark), compressZstd(Buffer.from(json))]);
}

/** The JSON of an opened file. Throws FormatError. */
export function readUnpacked(plain: Uint8Array, bytesMax = unpackedBytesMax): string {
  const bytes = Buffer.from(plain.buffer, plain.byteOffset, plain.length);
  switch (bytes[0]) {
    case openingBrace:
    case openingBracket:
      if (bytes.length > bytesMax) throw new FormatError(`a file of more than ${bytesMax} bytes`);
      return bytes.toString('utf8');
    case compressedMark:
      return decompressZstd(bytes.subarray(1), bytesMax).toString('utf8');
    default:
      throw new FormatError('neither JSON nor compressed JSON');
  }
}
