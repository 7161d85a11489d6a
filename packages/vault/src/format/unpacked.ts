/** Files that are no packs (index, snapshot, lock): JSON, compressed or not (restic: internal/repository/repository.go). */

/** JSON of one unpacked file; 50,000 blobs in an index are 6 MB, restic sets no limit. */
export const unpackedBytesMax = 128 * 1024 * 1024;

/** The plaintext to be sealed: the byte 2 and one zstd frame. */
export function packUnpacked(json: string): Buffer {
  void json;
  throw new Error('not yet');
}

/** The JSON of an opened file. Throws FormatError. */
export function readUnpacked(plain: Uint8Array, bytesMax = unpackedBytesMax): string {
  void [plain, bytesMax];
  throw new Error('not yet');
}
