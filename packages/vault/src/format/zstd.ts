/** zstd as restic's readers take it: windows of at most 8 MiB are written, output is bounded when read. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { FormatError } from './format-error.ts';

/** Levels above 19 take windows above 8 MiB. */
const levelMax = 19;
/** 128 MiB: what the C library takes by default, and so the most that other writers use. */
const windowLogMax = 27;

/** One frame with its content size. Level 3 unless told, at most 19. */
export function compressZstd(plain: Uint8Array, level = 3): Buffer {
  if (!(level >= 1 && level <= levelMax)) throw new RangeError(`no such level: ${level}`);
  return zstdCompressSync(plain, {
    chunkSize: outputPieceBytes(plain.length),
    params: { [constants.ZSTD_c_compressionLevel]: level },
  });
}

/** Throws FormatError when it is no zstd, or gives more than `bytesMax` bytes. */
export function decompressZstd(compressed: Uint8Array, bytesMax: number): Buffer {
  try {
    return zstdDecompressSync(compressed, {
      maxOutputLength: Math.max(1, bytesMax),
      chunkSize: outputPieceBytes(bytesMax),
      params: { [constants.ZSTD_d_windowLogMax]: windowLogMax },
    });
  } catch (error) {
    throw new FormatError(
      `zstd: not whole, or more than ${bytesMax} bytes`,
      error instanceof Error ? { cause: error } : {},
    );
  }
}

/** Node puts output together from pieces; one piece for most blobs is up to four times as fast as its 16 KiB. */
function outputPieceBytes(expected: number): number {
  return Math.min(Math.max(expected, 64), 256 * 1024);
}
