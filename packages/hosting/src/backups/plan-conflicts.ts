/** Content that was offered under an asset's id and not taken: kept until somebody decides, so backed up too. */
import { tableTopic } from '@gridkeep/grid/record-changes/changed-records';
import { readBlobId, storedBlobId } from '@gridkeep/storage/database/stored-ids';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { conflictId } from '../backup-layout/grid-document.ts';
import { readRows } from '../backup-layout/table-rows.ts';
import type { TableRow } from '../backup-layout/table-rows.ts';
import { writeCollection } from './collection-writer.ts';
import type { PlanContext } from './plan-context.ts';
import { bytesColumn, numberColumn } from './row-columns.ts';

const name = 'conflicts';
const table = 'asset_conflict';

export async function planConflicts({ queries, script, changed, parent, at }: PlanContext): Promise<void> {
  const before = parent.folder(name);
  if (before !== undefined && changed !== undefined && !changed.tables.has(table)) {
    await script.keep(before);
    return;
  }
  /** Each content once, however many assets it was offered for. */
  const contents = (prefix: string, limit: number): RawBuilder<TableRow> =>
    sql<TableRow>`select offered_blob, max(offered_size) as size from asset_conflict where ${within(prefix)}
      group by offered_blob order by offered_blob limit ${limit}`;
  const source = {
    read: (prefix: string, limit: number) => readRows(queries, contents(prefix, limit)),
    count: async (prefix: string, limit: number) => (await readRows(queries, contents(prefix, limit))).length,
    write: async (_: unknown, row: TableRow): Promise<void> => {
      const blob = readBlobId(bytesColumn(row, 'offered_blob'));
      const size = numberColumn(row, 'size');
      const id = conflictId(blob);
      await script.record(JSON.stringify({ id, blob: Buffer.from(blob, 'hex').toString('base64'), size }));
      await script.content({
        ...{ name: `${id}.bin`, at, blob, size, topic: tableTopic(table) },
        need: { id, kind: 'conflict', name: '', of: '' },
      });
    },
  };
  await writeCollection(script, source, { name, at, parent, changed: () => true });
}

/** The ids of entries are the first digits of their contents', and in the same order. */
function within(prefix: string): RawBuilder<unknown> {
  const [least, greatest] = ['0', 'f'].map((digit) => storedBlobId(parseBlobId(prefix.padEnd(64, digit))));
  return sql`offered_blob between ${least} and ${greatest}`;
}
