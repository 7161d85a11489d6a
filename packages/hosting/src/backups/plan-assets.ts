/** The assets of a snapshot, by the day on which they were made. */
import { assetKind, parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import { assetTopic } from '@gridkeep/grid/record-changes/changed-records';
import { assetDay } from '@gridkeep/grid/record-changes/record-changes-store';
import { recordTable } from '@gridkeep/grid/record-changes/record-tables';
import type { Queries } from '@gridkeep/storage/database/database';
import { readBlobId } from '@gridkeep/storage/database/stored-ids';
import { parseUuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { dayFolders, dayMs, dayOfFolders } from '../backup-layout/entry-names.ts';
import { readRows, rowObject, selectTable } from '../backup-layout/table-rows.ts';
import type { TableRow } from '../backup-layout/table-rows.ts';
import { idRange, writeCollection } from './collection-writer.ts';
import type { CollectionSource } from './collection-writer.ts';
import { ParentFolder } from './parent-tree.ts';
import type { PlanContext } from './plan-context.ts';
import { textColumn, numberColumn, bytesColumn } from './row-columns.ts';
import type { TreeScript } from './tree-script.ts';

const asset = recordTable('asset');
const day = sql.raw(assetDay);

export async function planAssets(context: PlanContext): Promise<void> {
  const { queries, script, changed, parent, at } = context;
  const before = parent.folder('assets');
  if (before !== undefined && changed?.assets.size === 0) {
    await script.keep(before);
    return;
  }
  const days = changed === undefined ? await allDays(queries) : [...changed.assets.keys()];
  const years = Map.groupBy(days, (one) => dayFolders(one)[0]);
  await script.open('assets', at);
  const inside = await parent.inside(before);
  await keepOthers(script, inside, years);
  for (const [year, daysOfYear] of years) {
    const months = Map.groupBy(daysOfYear, (one) => dayFolders(one)[1]);
    await script.open(year, timeOf(year));
    const insideYear = await inside.inside(inside.folder(year));
    await keepOthers(script, insideYear, months);
    for (const [month, daysOfMonth] of months) {
      const names = new Map(daysOfMonth.map((one) => [dayFolders(one)[2], one]));
      await script.open(month, timeOf(year, month));
      const insideMonth = await insideYear.inside(insideYear.folder(month));
      await keepOthers(script, insideMonth, names);
      for (const [name, one] of names) {
        context.signal.throwIfAborted();
        const ids = changed?.assets.get(one);
        await writeCollection(script, assetsOf(queries, one), {
          ...{ name, at: timeOf(year, month, name), parent: insideMonth },
          changed: (prefix) => ids === undefined || ids.some(prefix),
        });
      }
      await script.close();
    }
    await script.close();
  }
  await script.close();
}

async function keepOthers(
  script: TreeScript,
  parent: ParentFolder,
  rewritten: ReadonlyMap<string, unknown>,
): Promise<void> {
  for (const node of parent.folders()) if (!rewritten.has(node.name)) await script.keep(node);
}

function timeOf(year: string, month?: string, dayOfMonth?: string): number {
  return (dayOfFolders(year, month, dayOfMonth) ?? 0) * dayMs;
}

/** From one to the next by the index, not through all assets. */
async function allDays(queries: Queries): Promise<readonly number[]> {
  const days: number[] = [];
  let after: RawBuilder<unknown> = sql``;
  for (;;) {
    const query = sql<TableRow>`select ${day} as day from asset ${after} order by ${day} limit 1`;
    const [row] = await readRows(queries, query);
    if (row === undefined) return days;
    const found = numberColumn(row, 'day');
    days.push(found);
    after = sql`where ${day} > ${found}`;
  }
}

function assetsOf(queries: Queries, one: number): CollectionSource<TableRow> {
  const within = (prefix: string): RawBuilder<unknown> => {
    if (prefix === '') return sql`${day} = ${one}`;
    const [least, greatest] = idRange(prefix);
    return sql`${day} = ${one} and id between ${queries.uuid(parseUuid(least))} and ${queries.uuid(parseUuid(greatest))}`;
  };
  return {
    read: (prefix, limit) =>
      readRows(
        queries,
        sql<TableRow>`${selectTable(asset)} where ${within(prefix)} order by ${day}, id limit ${limit}`,
      ),
    count: async (prefix, limit) => {
      const query = sql<TableRow>`select count(*) as count from
        (select 1 from asset where ${within(prefix)} order by ${day}, id limit ${limit}) counted`;
      const [row] = await readRows(queries, query);
      return row === undefined ? 0 : numberColumn(row, 'count');
    },
    write: (script, row) => writeAsset(script, row, one),
  };
}

async function writeAsset(script: TreeScript, row: TableRow, one: number): Promise<void> {
  const record = rowObject(asset, row);
  await script.record(JSON.stringify(record));
  const id = parseUuid(textColumn(record, 'id'));
  await script.content({
    name: `${id}.${assetEnding(numberColumn(row, 'type'))}`,
    at: numberColumn(row, 'created_at'),
    blob: readBlobId(bytesColumn(row, 'blob')),
    size: numberColumn(row, 'size'),
    need: { id, kind: 'asset', name: textColumn(row, 'name'), of: '' },
    topic: assetTopic(one, id),
  });
}

/** As archives end the names of such files. */
function assetEnding(number: number): string {
  const type = parseAssetType(number);
  const suffix = type === undefined ? undefined : assetKind(type).archiveSuffix;
  return suffix === undefined ? 'bin' : suffix.slice(suffix.lastIndexOf('.') + 1);
}
