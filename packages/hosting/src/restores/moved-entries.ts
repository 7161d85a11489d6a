/**
 * What vanished in one place and appeared in another has moved. Differences are held back until their other half comes by, as
 * far as memory is given for it; what is left is told as it was found.
 */
import type { RecordFields } from '../backup-layout/record-fields.ts';
import type { DifferenceKind, FoundDifference, SnapshotDifference } from './snapshot-difference.ts';

type FieldsOf = (before: RecordFields, after: RecordFields) => SnapshotDifference['fields'];

const movable: ReadonlySet<DifferenceKind> = new Set(['folder', 'item', 'object']);
/** Where something is stands in its path; a version only counts changes. */
const placeFields = new Set(['folder', 'parent', 'region', 'version']);
/** Characters of records held back. */
const heldMax = 32 * 1024 * 1024;

export async function* joinMoves(
  found: AsyncIterable<FoundDifference>,
  changedFields: FieldsOf,
): AsyncGenerator<SnapshotDifference> {
  const open = new Map<string, { readonly difference: SnapshotDifference; readonly record: RecordFields }>();
  let held = 0;
  for await (const { difference, record } of found) {
    const { kind, change, id } = difference;
    if (record === undefined || change === 'changed' || !movable.has(kind)) {
      yield difference;
      continue;
    }
    const key = `${kind} ${id}`;
    const half = open.get(key);
    if (half === undefined || half.difference.change === change) {
      held += record.json.length;
      if (half !== undefined || held > heldMax) yield difference;
      else open.set(key, { difference, record });
      continue;
    }
    open.delete(key);
    held -= half.record.json.length;
    const [older, newer] =
      change === 'appeared' ? [half, { difference, record }] : [{ difference, record }, half];
    const fields = changedFields(older.record, newer.record);
    // It came along with a folder that moved.
    if (fields.every(({ field }) => field === 'version')) continue;
    const isPlaceOnly = (field: string): boolean => placeFields.has(field);
    yield {
      ...newer.difference,
      change: 'moved',
      from: older.difference.path,
      fields: fields.filter(({ field }) => !isPlaceOnly(field)),
    };
  }
  for (const { difference } of open.values()) yield difference;
}
