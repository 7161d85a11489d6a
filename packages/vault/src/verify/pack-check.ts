/** Whether a pack is what its name, its header and the index say. Runs in a thread for large packs. */
import { createHash } from 'node:crypto';
import type { PackEntry } from '../format/pack-header.ts';
import {
  decodePackHeader,
  packFileBytes,
  packTrailerBytes,
  sealedHeaderBytes,
} from '../format/pack-header.ts';
import { openBlob } from '../repository/blob-reading.ts';
import { RepositoryDamagedError } from '../repository/repository-errors.ts';
import { openingFile } from '../repository/repository-files.ts';
import type { Sealer } from '../sealing/sealer.ts';

export interface PackCheck {
  /** The file hashes to its name. */
  readonly isWhole: boolean;
  /** What is wrong with the header, or between it and the index. */
  readonly header: string | undefined;
  /** Places in `expected` of blobs that cannot be had from this pack. */
  readonly broken: readonly number[];
}

/** `expected`: the blobs that the index lists. Never throws because of bytes. */
export function checkPack(
  sealer: Sealer,
  name: string,
  bytes: Uint8Array,
  expected: readonly PackEntry[],
): PackCheck {
  const broken: number[] = [];
  for (const [at, blob] of expected.entries()) {
    const sealed = bytes.subarray(blob.offset, blob.offset + blob.length);
    if (sealed.length < blob.length || !opens(sealer, blob, sealed)) broken.push(at);
  }
  return {
    isWhole: createHash('sha256').update(bytes).digest('hex') === name,
    header: headerProblem(sealer, name, bytes, expected),
    broken,
  };
}

function opens(sealer: Sealer, blob: PackEntry, sealed: Uint8Array): boolean {
  try {
    const plain = openBlob(sealer, blob.type, blob.id, sealed, blob.uncompressedLength);
    // restic and rustic refuse a length that is not exactly right.
    return blob.uncompressedLength === undefined || plain.length === blob.uncompressedLength;
  } catch (error) {
    if (error instanceof RepositoryDamagedError) return false;
    throw error;
  }
}

function headerProblem(
  sealer: Sealer,
  name: string,
  bytes: Uint8Array,
  expected: readonly PackEntry[],
): string | undefined {
  try {
    const listed = openingFile('pack', name, () => {
      const end = bytes.length - packTrailerBytes;
      const header = sealedHeaderBytes(bytes.subarray(Math.max(0, end)), bytes.length);
      return decodePackHeader(sealer.open(bytes.subarray(end - header, end)));
    });
    if (packFileBytes(listed) !== bytes.length) return 'its header does not account for all of its bytes';
    const ordered = expected.toSorted((a, b) => a.offset - b.offset);
    const isSame =
      ordered.length === listed.length &&
      ordered.every((blob, at) => {
        const other = listed[at];
        return (
          other?.id === blob.id &&
          other.type === blob.type &&
          other.offset === blob.offset &&
          other.length === blob.length &&
          other.uncompressedLength === blob.uncompressedLength
        );
      });
    return isSame ? undefined : 'its header and the index list different blobs';
  } catch (error) {
    if (error instanceof RepositoryDamagedError) return 'its header cannot be read';
    throw error;
  }
}
