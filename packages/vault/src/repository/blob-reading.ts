/** One blob out of a pack: opened, decompressed, checked against its id. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { decompressZstd } from '../format/zstd.ts';
import type { BlobType } from '../format/tree-node.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { isTargetFailure, type Target } from '../target/target.ts';
import type { BlobIndex, BlobLocation } from './blob-index.ts';
import { BlobMissingError, RepositoryDamagedError } from './repository-errors.ts';
import { hashName, openingFile } from './repository-files.ts';

/** What an index says is a blob's length is believed up to here: a whole one is held in memory. */
export const blobBytesLimit = 1024 * 1024 * 1024;

/** From the sealed bytes of a blob; `room` as for `Sealer.open`, and the result may lie in it. Throws RepositoryDamagedError. */
export function openBlob(
  sealer: Sealer,
  type: BlobType,
  id: BlobId,
  sealed: Uint8Array,
  uncompressedLength: number | undefined,
  room?: Buffer,
): Buffer {
  if ((uncompressedLength ?? 0) > blobBytesLimit) {
    throw new RepositoryDamagedError(type, id, 'its length is beyond reason');
  }
  return openingFile(type, id, () => {
    const plain = sealer.open(sealed, room);
    const bytes = uncompressedLength === undefined ? plain : decompressZstd(plain, uncompressedLength);
    if (hashName(bytes) !== id)
      throw new RepositoryDamagedError(type, id, 'its content does not have its hash');
    return bytes;
  });
}

/** Tries every pack that has it, each twice: what was damaged on its way comes right the second time. */
export async function readBlobFrom(
  target: Target,
  sealer: Sealer,
  index: BlobIndex,
  type: BlobType,
  id: BlobId,
  signal?: AbortSignal,
): Promise<Buffer> {
  let failure: Error | undefined;
  for (const slot of index.slotsOf(type, id)) {
    const place = index.at(slot);
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      try {
        return openBlob(sealer, type, id, await readSealed(target, place, signal), place.uncompressedLength);
      } catch (error) {
        if (signal?.aborted === true || !(error instanceof Error)) throw error;
        failure ??= error;
        if (!(error instanceof RepositoryDamagedError)) break;
      }
    }
  }
  throw failure ?? new BlobMissingError(type, id);
}

async function readSealed(target: Target, place: BlobLocation, signal?: AbortSignal): Promise<Buffer> {
  if (place.length > blobBytesLimit) {
    throw new RepositoryDamagedError('pack', place.pack, 'a blob of it is longer than reason allows');
  }
  try {
    const range = { offset: place.offset, length: place.length };
    return await target.read('pack', place.pack, range, signal);
  } catch (error) {
    if (!isTargetFailure(error, 'short')) throw error;
    throw new RepositoryDamagedError('pack', place.pack, 'it is cut off', { cause: error });
  }
}
