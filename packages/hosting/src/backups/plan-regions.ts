/** The regions of a snapshot: what changed of a region is not asked, only whether something did. */
import { regionTopic } from '@gridkeep/grid/record-changes/changed-records';
import { recordTable } from '@gridkeep/grid/record-changes/record-tables';
import type { RecordTable } from '@gridkeep/grid/record-changes/record-tables';
import { readBlobId } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { parseUuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { entryName } from '../backup-layout/entry-names.ts';
import {
  accompanyingFile,
  objectsFolder,
  parcelsFolder,
  regionFile,
  settingsFile,
  terrainFile,
} from '../backup-layout/layout.ts';
import { encodeRow, readRows, rowObject, selectTable, streamRows } from '../backup-layout/table-rows.ts';
import type { TableRow } from '../backup-layout/table-rows.ts';
import { idRange, writeCollection, writeFolders } from './collection-writer.ts';
import type { CollectionSource } from './collection-writer.ts';
import { ParentFolder } from './parent-tree.ts';
import type { PlanContext } from './plan-context.ts';
import { bytesColumn, numberColumn, textColumn, uuidColumn } from './row-columns.ts';

const region = recordTable('region');
const object = recordTable('region_object');
const parcel = recordTable('region_parcel');
const settings = recordTable('region_settings');
const terrain = recordTable('region_terrain');
const accompanying = recordTable('accompanying_asset');

export async function planRegions(context: PlanContext): Promise<void> {
  const { queries, script, changed, parent, at } = context;
  const before = parent.folder('regions');
  if (before !== undefined && changed?.regions.size === 0) {
    await script.keep(before);
    return;
  }
  const ids = [...(changed?.regions ?? [])];
  await script.open('regions', at);
  await writeFolders(
    script,
    {
      list: async (prefix, limit) => {
        const rows = await readRows(
          queries,
          sql<TableRow>`select id from region where ${within(context, 'id', prefix)} order by id limit ${limit}`,
        );
        return rows.map((row) => uuidColumn(row, 'id'));
      },
      write: (id) => planRegion(context, id),
    },
    {
      at,
      parent: await parent.inside(before),
      changed: {
        id: (id) => changed === undefined || changed.regions.has(id),
        prefix: (prefix) => changed === undefined || ids.some((id) => id.startsWith(prefix)),
      },
    },
  );
  await script.close();
}

function within({ queries }: PlanContext, column: string, prefix: string) {
  const [least, greatest] = idRange(prefix);
  return sql`${sql.ref(column)} between ${queries.uuid(parseUuid(least))} and ${queries.uuid(parseUuid(greatest))}`;
}

async function planRegion(context: PlanContext, id: Uuid): Promise<void> {
  const { script, at, signal } = context;
  signal.throwIfAborted();
  const row = await oneRow(context, region, 'id', id);
  if (row === undefined) return;
  const name = textColumn(row, 'name');
  const settingsRow = await oneRow(context, settings, 'region', id);
  const terrainRow = await oneRow(context, terrain, 'region', id);
  await script.open(entryName(name, id), at);
  const document = {
    region: rowObject(region, row),
    settings: settingsRow === undefined ? null : rowObject(settings, settingsRow, 'document'),
    terrain: terrainRow === undefined ? null : rowObject(terrain, terrainRow),
  };
  await script.text(regionFile, at, `${JSON.stringify(document)}\n`);
  if (settingsRow !== undefined) await script.text(settingsFile, at, textColumn(settingsRow, 'document'));
  if (terrainRow !== undefined)
    await script.content({
      ...{ name: terrainFile, at },
      blob: readBlobId(bytesColumn(terrainRow, 'blob')),
      size: numberColumn(terrainRow, 'size'),
      need: { id, kind: 'terrain', name, of: id },
      topic: regionTopic(id),
    });
  const everything = { at, parent: ParentFolder.nothing, changed: () => true };
  await writeCollection(script, objectsOf(context, id), { name: objectsFolder, ...everything });
  await writeCollection(script, parcelsOf(context, id), { name: parcelsFolder, ...everything });
  await planAccompanying(context, id);
  await script.close();
}

async function oneRow(
  { queries }: PlanContext,
  table: RecordTable,
  column: string,
  id: Uuid,
): Promise<TableRow | undefined> {
  const query = sql<TableRow>`${selectTable(table)} where ${sql.ref(column)} = ${queries.uuid(id)}`;
  return (await readRows(queries, query))[0];
}

function contentOf(
  context: PlanContext,
  table: RecordTable,
  id: Uuid,
): Pick<CollectionSource<TableRow>, 'read' | 'count'> {
  const { queries } = context;
  const here = (prefix: string) => sql`region = ${queries.uuid(id)} and ${within(context, 'id', prefix)}`;
  return {
    read: (prefix, limit) =>
      readRows(
        queries,
        sql<TableRow>`${selectTable(table)} where ${here(prefix)} order by id limit ${limit}`,
      ),
    count: async (prefix, limit) => {
      const query = sql<TableRow>`select count(*) as count from
        (select 1 from ${sql.table(table.name)} where ${here(prefix)} limit ${limit}) counted`;
      const [row] = await readRows(queries, query);
      return row === undefined ? 0 : numberColumn(row, 'count');
    },
  };
}

function objectsOf(context: PlanContext, id: Uuid): CollectionSource<TableRow> {
  return {
    ...contentOf(context, object, id),
    write: async (script, row) => {
      await script.record(encodeRow(object, row));
      const [objectId, name] = [uuidColumn(row, 'id'), textColumn(row, 'name')];
      await script.content({
        name: entryName(name, objectId, '.xml'),
        at: context.at,
        blob: readBlobId(bytesColumn(row, 'blob')),
        size: numberColumn(row, 'size'),
        need: { id: objectId, kind: 'object', name, of: id },
        topic: regionTopic(id),
      });
    },
  };
}

function parcelsOf(context: PlanContext, id: Uuid): CollectionSource<TableRow> {
  return {
    ...contentOf(context, parcel, id),
    write: async (script, row) => {
      await script.record(encodeRow(parcel, row, 'document'));
      const name = entryName(textColumn(row, 'name'), uuidColumn(row, 'id'), '.xml');
      await script.text(name, context.at, textColumn(row, 'document'));
    },
  };
}

async function planAccompanying({ queries, script, at }: PlanContext, id: Uuid): Promise<void> {
  const query = sql<TableRow>`${selectTable(accompanying)} where holder = ${queries.uuid(id)} order by asset`;
  const [first] = await readRows(queries, sql<TableRow>`${query} limit 1`);
  if (first === undefined) return;
  await script.lines(accompanyingFile, at, lines());
  async function* lines(): AsyncGenerator<string> {
    for await (const row of streamRows(queries, query))
      yield JSON.stringify({ id: uuidColumn(row, 'asset') });
  }
}
