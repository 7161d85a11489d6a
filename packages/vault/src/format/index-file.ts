/** Index files: which blob stands where in which pack (restic: internal/repository/index/index.go). */
import type { PackEntry } from './pack-header.ts';

export interface IndexPack {
  /** Name of the pack file. */
  readonly id: string;
  /** All blobs of the pack. */
  readonly blobs: readonly PackEntry[];
}

export interface IndexFile {
  readonly packs: readonly IndexPack[];
  /** Packs that rustic will delete soon: not to be relied on, deleted by no one else before `time` is old. */
  readonly packsToDelete: readonly DoomedPack[];
}

export interface DoomedPack extends IndexPack {
  /** When it was marked, Unix milliseconds. */
  readonly time: number | undefined;
}

/** JSON, to be given to `packUnpacked`. */
export function writeIndexFile(packs: Iterable<IndexPack>): string {
  void packs;
  throw new Error('not yet');
}

/** Blobs come in the order of their offsets. Throws FormatError. */
export function readIndexFile(text: string): IndexFile {
  void text;
  throw new Error('not yet');
}
