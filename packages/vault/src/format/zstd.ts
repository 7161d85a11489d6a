/** zstd as restic's readers take it: windows of at most 8 MiB are written, output is bounded when read. */

/** One frame with its content size. Level 3 unless told. */
export function compressZstd(plain: Uint8Array, level = 3): Buffer {
  void [plain, level];
  throw new Error('not yet');
}

/** Throws FormatError when it is no zstd, or gives more than `bytesMax` bytes. */
export function decompressZstd(compressed: Uint8Array, bytesMax: number): Buffer {
  void [compressed, bytesMax];
  throw new Error('not yet');
}
