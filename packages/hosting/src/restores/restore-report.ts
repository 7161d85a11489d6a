/** What a restore has changed, or would change. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Placement, RestoreScope } from './restore-request.ts';

export const restoredKinds = [
  'asset',
  'folder',
  'item',
  'region',
  'object',
  'parcel',
  'terrain',
  'settings',
  'map-tile',
  'row',
] as const;
export type RestoredKind = (typeof restoredKinds)[number];

export interface ChangeCount {
  readonly appear: number;
  readonly change: number;
  readonly vanish: number;
  /** There already as it was. */
  readonly same: number;
}

export interface RestoreChange {
  readonly kind: RestoredKind;
  readonly change: 'appear' | 'change' | 'vanish';
  /** An id; of other tables the name and the primary key. */
  readonly id: string;
  /** As people call it; '' when it has no name. */
  readonly name: string;
}

/** Content that the snapshot or its repository could not give. */
export interface LostContent {
  readonly id: string;
  readonly where: string;
}

export interface RestoreReport {
  readonly scope: RestoreScope;
  readonly placement: Placement;
  readonly dryRun: boolean;
  /** Name of the snapshot's file, and its time in Unix milliseconds. */
  readonly snapshot: string;
  readonly snapshotTime: number;
  /** Exact. */
  readonly counts: Readonly<Record<RestoredKind, ChangeCount>>;
  /** The first 1000. */
  readonly changes: readonly RestoreChange[];
  /** Content that the blob store lacked. */
  readonly newBlobs: number;
  readonly newBlobBytes: number;
  /** Assets that what was restored needs and neither grid nor snapshot has; the first 1000. */
  readonly missing: readonly LostContent[];
  readonly missingCount: number;
  /** What was made beside: the folder, object, region or asset, and its name. */
  readonly made: readonly { readonly kind: RestoredKind; readonly id: Uuid; readonly name: string }[];
  /** Milliseconds from the start to the end of this try. */
  readonly took: number;
}
