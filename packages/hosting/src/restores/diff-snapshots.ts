/** What appeared, changed and vanished between two snapshots of a grid; reads only what differs. */
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';

export type DifferenceKind =
  | 'grid'
  | 'asset'
  | 'resident'
  | 'folder'
  | 'item'
  | 'region'
  | 'object'
  | 'parcel'
  | 'terrain'
  | 'settings'
  | 'map-tile'
  | 'missing'
  | 'row'
  | 'file';

export interface SnapshotDifference {
  readonly kind: DifferenceKind;
  readonly change: 'appeared' | 'changed' | 'vanished';
  /** An id, or the table and primary key of a row. */
  readonly id: string;
  readonly name: string;
  /** Where in the snapshot (of the newer, unless it vanished). */
  readonly path: string;
  /** Of what changed: the fields, with both values for people. */
  readonly fields: readonly { readonly field: string; readonly before: string; readonly after: string }[];
  /** By whom, where the records tell. */
  readonly owner?: string;
  readonly creator?: string;
  readonly group?: string;
}

export interface DiffOptions {
  /** Only this part, as `browse` understands paths. */
  readonly path?: string;
  readonly signal?: AbortSignal;
}

/** In the order of the layout; memory does not grow with the differences. */
export async function* diffSnapshots(
  source: SnapshotSource,
  older: SnapshotRoot,
  newer: SnapshotRoot,
  options: DiffOptions = {},
): AsyncGenerator<SnapshotDifference> {
  throw new Error('not yet');
}
