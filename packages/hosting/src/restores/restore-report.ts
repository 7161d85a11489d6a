/** What a restore has changed, or would change. */
import type { Uuid } from '@gridkeep/wire/uuid';
import Type from 'typebox';
import Value from 'typebox/value';
import type { Placement, RestoreScope } from './restore-request.ts';
import { restoreScopeSchema, storedUuidSchema } from './restore-scope-schema.ts';

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
  /** Of these, content that the backup had and that its vault has lost. What never was there costs a restore nothing. */
  readonly lostCount: number;
  /** Of a dry run: contents that must be fetched from cold storage before it is known what else they need. */
  readonly unreadContents: number;
  /** What was made beside: the folder, object, region or asset, and its name. */
  readonly made: readonly { readonly kind: RestoredKind; readonly id: Uuid; readonly name: string }[];
  /** Milliseconds from the start to the end of this try. */
  readonly took: number;
}

const count = Type.Object({
  appear: Type.Number(),
  change: Type.Number(),
  vanish: Type.Number(),
  same: Type.Number(),
});
const kind = Type.Unsafe<RestoredKind>(Type.String({ enum: [...restoredKinds] }));
const lost = Type.Object({ id: Type.String(), where: Type.String() });
const change = Type.Union([Type.Literal('appear'), Type.Literal('change'), Type.Literal('vanish')]);

const reportSchema = Type.Object({
  scope: restoreScopeSchema,
  placement: Type.Union([Type.Literal('in-place'), Type.Literal('beside')]),
  dryRun: Type.Boolean(),
  snapshot: Type.String(),
  snapshotTime: Type.Number(),
  counts: Type.Object({
    asset: count,
    folder: count,
    item: count,
    region: count,
    object: count,
    parcel: count,
    terrain: count,
    settings: count,
    'map-tile': count,
    row: count,
  }),
  changes: Type.Array(Type.Object({ kind, change, id: Type.String(), name: Type.String() })),
  newBlobs: Type.Number(),
  newBlobBytes: Type.Number(),
  missing: Type.Array(lost),
  missingCount: Type.Number(),
  lostCount: Type.Number(),
  unreadContents: Type.Number(),
  made: Type.Array(Type.Object({ kind, id: storedUuidSchema, name: Type.String() })),
  took: Type.Number(),
});

/** What the ledger holds of a restore that came to its end. Throws a TypeError for anything else. */
export function parseRestoreReport(text: string): RestoreReport {
  const value: unknown = JSON.parse(text);
  if (!Value.Check(reportSchema, value)) throw new TypeError('the ledger holds no report of a restore');
  return value;
}

/** How much of a kind appeared and so on, without what is nothing. */
export function countText(count: ChangeCount, ahead: boolean): string {
  const words = [
    [count.appear, ahead ? 'to add' : 'added'],
    [count.change, ahead ? 'to change' : 'changed'],
    [count.vanish, ahead ? 'to remove' : 'removed'],
    [count.same, 'there already as it was'],
  ] as const;
  return words
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`)
    .join(', ');
}

/** What was done, compared and brought, and how long that took, in one sentence without its end. */
export function restoreText(report: RestoreReport): string {
  const all = { appear: 0, change: 0, vanish: 0, same: 0 };
  for (const count of Object.values(report.counts)) {
    all.appear += count.appear;
    all.change += count.change;
    all.vanish += count.vanish;
    all.same += count.same;
  }
  const compared = all.appear + all.change + all.vanish + all.same;
  return (
    `${compared} records of backup and grid compared in ${(report.took / 1000).toFixed(1)} s: ` +
    `${countText(all, report.dryRun) || 'nothing to do'}; ` +
    (report.newBlobs === 0
      ? 'all content is here'
      : `${report.newBlobs} contents (${(report.newBlobBytes / 1e6).toFixed(1)} MB) ` +
        (report.dryRun ? 'to be read from the vault' : 'read from the vault, each checked by its SHA-256'))
  );
}
