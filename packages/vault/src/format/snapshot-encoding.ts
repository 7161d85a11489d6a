/** Snapshot files (restic: internal/data/snapshot.go). */
import type { Snapshot } from './snapshot.ts';

/** JSON, to be given to `packUnpacked`. */
export function writeSnapshot(snapshot: Snapshot): string {
  void snapshot;
  throw new Error('not yet');
}

/** Throws FormatError. */
export function readSnapshotFile(text: string): Snapshot {
  void text;
  throw new Error('not yet');
}
