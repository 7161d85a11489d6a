/** One difference between two snapshots, and how it is told out of the records of both. */
import { assetKind, parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { CollectionEntry } from '../backup-layout/collection-reader.ts';
import type { RecordFields } from '../backup-layout/record-fields.ts';

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
  | 'conflict'
  | 'missing'
  | 'row'
  | 'file';

export interface SnapshotDifference {
  readonly kind: DifferenceKind;
  readonly change: 'appeared' | 'changed' | 'moved' | 'vanished';
  /** An id, or the table and primary key of a row. */
  readonly id: string;
  readonly name: string;
  /** Where in the snapshot (of the newer, unless it vanished). */
  readonly path: string;
  /** Of what moved: where it was. What lies in a folder that moved is not told again. */
  readonly from?: string;
  /** Of assets and items, as people call it. */
  readonly type?: string;
  /** Of what changed: the fields, with both values for people. */
  readonly fields: readonly { readonly field: string; readonly before: string; readonly after: string }[];
  /** By whom, where the records tell: ids, or what stands there. */
  readonly owner?: string;
  readonly creator?: string;
  readonly group?: string;
}

/** A difference with the record that it is of, older or newer. */
export interface FoundDifference {
  readonly difference: SnapshotDifference;
  readonly record: RecordFields | undefined;
}

/** What the entries of a folder are. */
export type Branch =
  | 'top'
  | 'assets'
  | 'inventories'
  | 'inventory'
  | 'regions'
  | 'region'
  | 'map-tiles'
  | 'conflicts'
  | 'records'
  | 'missing';

/** Passwords, secrets and tokens: that they changed is told, not what they are. */
const secretFields = new Set([
  'password_hash',
  'secret',
  'token',
  'access_token',
  'secretHash',
  'simulators',
]);
const shownMax = 120;
const fieldsMax = 40;
export function differenceOf(
  branch: Branch,
  change: SnapshotDifference['change'],
  { id, record, place }: Pick<CollectionEntry, 'id' | 'record' | 'file' | 'place'>,
  fields: SnapshotDifference['fields'],
): FoundDifference {
  const name = record.has('name') ? textOf(record, 'name') : '';
  const kind = entryKind(branch, place);
  const more = { ...typeOf(kind, record), ...peopleOf(record) };
  return { difference: { kind, change, id, name, path: place, fields, ...more }, record };
}

function typeOf(kind: DifferenceKind, record: RecordFields): Pick<SnapshotDifference, 'type'> {
  const number = record.raw(kind === 'asset' ? 'type' : 'asset_type');
  const type = typeof number === 'number' ? parseAssetType(number) : undefined;
  return type === undefined || (kind !== 'asset' && kind !== 'item') ? {} : { type: assetKind(type).name };
}

function entryKind(branch: Branch, place: string): DifferenceKind {
  if (branch === 'assets') return 'asset';
  if (branch === 'map-tiles') return 'map-tile';
  if (branch === 'conflicts') return 'conflict';
  if (branch === 'missing') return 'missing';
  if (branch === 'inventory') return 'item';
  return place.includes('/parcels/') ? 'parcel' : 'object';
}

export function rowDifference(
  table: string,
  change: SnapshotDifference['change'],
  id: string,
  record: RecordFields,
  path: string,
  fields: SnapshotDifference['fields'],
): FoundDifference {
  const name = record.has('name') ? textOf(record, 'name') : fullName(record);
  const difference = { kind: 'row', change, id: `${table} ${id}`, name, path, fields } as const;
  return { difference: { ...difference, ...peopleOf(record) }, record: undefined };
}

function fullName(record: RecordFields): string {
  return record.has('first_name') ? `${textOf(record, 'first_name')} ${textOf(record, 'last_name')}` : '';
}

export function peopleOf(record: RecordFields): Pick<SnapshotDifference, 'owner' | 'creator' | 'group'> {
  const of = (name: string): string | undefined => {
    const text = record.has(name) ? textOf(record, name) : '';
    return text === '' || tryParseUuid(text) === zeroUuid ? undefined : text;
  };
  const [owner, creator, group] = [
    of('owner') ?? of('user_id') ?? of('agent'),
    of('creator'),
    of('group_id'),
  ];
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(creator === undefined ? {} : { creator }),
    ...(group === undefined ? {} : { group }),
  };
}

export function changedFields(before: RecordFields, after: RecordFields): SnapshotDifference['fields'] {
  const names = new Set([...before.names, ...after.names]);
  const changed: { field: string; before: string; after: string }[] = [];
  for (const field of names) {
    if (changed.length >= fieldsMax) break;
    const [was, now] = [JSON.stringify(before.raw(field)), JSON.stringify(after.raw(field))];
    if (was === now) continue;
    const isSecret = secretFields.has(field);
    changed.push({
      field,
      before: isSecret ? '(secret)' : textOf(before, field).slice(0, shownMax),
      after: isSecret ? '(secret)' : textOf(after, field).slice(0, shownMax),
    });
  }
  return changed;
}

export function textOf(record: RecordFields, name: string): string {
  const value = record.raw(name);
  if (value === undefined) return '';
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
