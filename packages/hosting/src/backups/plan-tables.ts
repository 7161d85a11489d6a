/** Tables that a snapshot holds as a whole, and the map. */
import { tableTopic } from '@gridkeep/grid/record-changes/changed-records';
import { tablesAlwaysTaken } from '@gridkeep/grid/record-changes/change-triggers';
import { recordTable, tablesIn } from '@gridkeep/grid/record-changes/record-tables';
import type { RecordTable } from '@gridkeep/grid/record-changes/record-tables';
import { readBlobId } from '@gridkeep/storage/database/stored-ids';
import { sql } from 'kysely';
import { entryName } from '../backup-layout/entry-names.ts';
import { mapTileId } from '../backup-layout/grid-document.ts';
import { encodeRow, readRows, rowObject, selectTable, streamRows } from '../backup-layout/table-rows.ts';
import type { TableRow } from '../backup-layout/table-rows.ts';
import { inMemory, writeCollection } from './collection-writer.ts';
import type { PlanContext } from './plan-context.ts';
import { bytesColumn, numberColumn } from './row-columns.ts';

export async function planTables(context: PlanContext): Promise<void> {
  const { script, changed, parent, at } = context;
  await script.open('records', at);
  const inside = await parent.inside(parent.folder('records'));
  for (const table of tablesIn('records')) {
    const name = `${table.name}.jsonl`;
    const before = inside.file(name);
    const isSame =
      changed !== undefined && !changed.tables.has(table.name) && !tablesAlwaysTaken.has(table.name);
    if (isSame && before !== undefined) await script.keep(before);
    else await script.lines(name, at, linesOf(context, table));
  }
  await script.close();
}

async function* linesOf({ queries, signal }: PlanContext, table: RecordTable): AsyncGenerator<string> {
  const order = sql.join(table.key.map((column) => sql.ref(column)));
  for await (const row of streamRows(queries, sql<TableRow>`${selectTable(table)} order by ${order}`)) {
    signal.throwIfAborted();
    yield encodeRow(table, row);
  }
}

const mapTile = recordTable('map_tile');

/** As many as regions, so they may stand in memory. */
export async function planMapTiles({ queries, script, changed, parent, at }: PlanContext): Promise<void> {
  const name = 'map-tiles';
  const before = parent.folder(name);
  if (changed !== undefined && !changed.tables.has('map_tile')) {
    if (before !== undefined) await script.keep(before);
    return;
  }
  const rows = await readRows(queries, selectTable(mapTile));
  const tiles = rows
    .map((row) => {
      const [zoom, x, y] = [numberColumn(row, 'zoom'), numberColumn(row, 'x'), numberColumn(row, 'y')];
      return { id: mapTileId(zoom, x, y), title: `${zoom}-${x}-${y}`, row };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const source = inMemory(
    tiles,
    (tile) => tile.id,
    async (_, { id, title, row }) => {
      await script.record(JSON.stringify({ id, ...rowObject(mapTile, row) }));
      await script.content({
        name: entryName(title, id, '.jpg'),
        at: numberColumn(row, 'updated_at'),
        blob: readBlobId(bytesColumn(row, 'blob')),
        size: numberColumn(row, 'size'),
        need: { id, kind: 'map-tile', name: title, of: '' },
        topic: tableTopic('map_tile'),
      });
    },
  );
  await writeCollection(script, source, { name, at, parent, changed: () => true });
}
