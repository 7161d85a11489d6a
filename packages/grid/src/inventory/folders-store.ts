/** Queries on inventory folders. Lists of ids hold at most `rowsPerStatement`. */
import type { Queries } from '@gridkeep/storage/database/database';
import { readUuid, readUuidText } from '@gridkeep/storage/database/stored-ids';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { InventoryFolder } from './inventory-records.ts';
import { folderOfRow, rowOfFolder } from './inventory-tables.ts';
import type { InventoryTables } from './inventory-tables.ts';

/** How deep folders may lie; also where a walk upwards gives up. */
export const folderDepthMax = 200;

export async function findFolder(queries: Queries, id: Uuid): Promise<InventoryFolder | undefined> {
  const row = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_folder')
    .selectAll()
    .where('id', '=', queries.uuid(id))
    .executeTakeFirst();
  return row === undefined ? undefined : folderOfRow(row);
}

export async function findFolders(
  queries: Queries,
  ids: readonly Uuid[],
): Promise<readonly InventoryFolder[]> {
  if (ids.length === 0) return [];
  const rows = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_folder')
    .selectAll()
    .where(
      'id',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .execute();
  return rows.map(folderOfRow);
}

export async function rootsOf(queries: Queries, owner: Uuid): Promise<readonly InventoryFolder[]> {
  const rows = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_folder')
    .selectAll()
    .where('owner', '=', queries.uuid(owner))
    .where('parent', '=', queries.uuid(zeroUuid))
    .orderBy('id')
    .execute();
  return rows.map(folderOfRow);
}

/** The roots of an owner, each with the folders of that type directly below it, if any; in the order of ids. */
export async function rootsWithType(
  queries: Queries,
  owner: Uuid,
  type: number,
): Promise<readonly { readonly root: InventoryFolder; readonly child: InventoryFolder | undefined }[]> {
  const rows = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_folder as root')
    .leftJoin('inventory_folder as child', (join) =>
      join
        .onRef('child.parent', '=', 'root.id')
        .onRef('child.owner', '=', 'root.owner')
        .on('child.type', '=', type),
    )
    .selectAll('root')
    .select(['child.id as child_id', 'child.name as child_name', 'child.version as child_version'])
    .where('root.owner', '=', queries.uuid(owner))
    .where('root.parent', '=', queries.uuid(zeroUuid))
    .orderBy('root.id')
    .orderBy('child.id')
    .execute();
  return rows.map(({ child_id, child_name, child_version, ...row }) => {
    const root = folderOfRow(row);
    if (child_id === null || child_name === null || child_version === null) return { root, child: undefined };
    const child = {
      ownerId: root.ownerId,
      parentId: root.id,
      type,
      name: child_name,
      version: child_version,
    };
    return { root, child: { id: readUuid(child_id), ...child } };
  });
}

/** Between folders and between the parts of one; texts of inventories hold no control characters (`storableText`). */
const [folderEnd, partEnd] = ['\x1e', '\x1f'];

/**
 * In no order. Read as one text: thousands of rows would cost ten times as much on their way between threads, and every login
 * asks.
 */
export async function foldersOfOwner(queries: Queries, owner: Uuid): Promise<readonly InventoryFolder[]> {
  const end = sql.lit(partEnd);
  const sqlite = queries.dialect === 'sqlite';
  const [id, parent] = sqlite
    ? [sql`lower(hex(id))`, sql`lower(hex(parent))`]
    : [sql`cast(id AS text)`, sql`cast(parent AS text)`];
  const row = sql`${id} || ${end} || ${parent} || ${end} || type || ${end} || version || ${end} || name`;
  const all = sqlite
    ? sql`group_concat(${row}, ${sql.lit(folderEnd)})`
    : sql`string_agg(${row}, ${sql.lit(folderEnd)})`;
  const { folders } = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_folder')
    .select(sql<string | null>`${all}`.as('folders'))
    .where('owner', '=', queries.uuid(owner))
    .executeTakeFirstOrThrow();
  return folders === null ? [] : foldersOfText(folders, owner);
}

function foldersOfText(text: string, ownerId: Uuid): readonly InventoryFolder[] {
  // Many folders have one parent.
  const parents = new Map<string, Uuid>();
  const parentOf = (stored: string): Uuid => {
    const known = parents.get(stored) ?? readUuidText(stored);
    parents.set(stored, known);
    return known;
  };
  return text.split(folderEnd).map((folder) => {
    const [id = '', parent = '', type, version, name = ''] = folder.split(partEnd);
    return {
      ...{ id: readUuidText(id), ownerId, parentId: parentOf(parent), name },
      ...{ type: Number(type), version: Number(version) },
    };
  });
}

/** Children in the order of their ids; a page of them with `after` and `limit`. */
export async function childFolders(
  queries: Queries,
  parents: readonly Uuid[],
  page?: { readonly after: Uuid | undefined; readonly limit: number },
): Promise<readonly InventoryFolder[]> {
  if (parents.length === 0) return [];
  let query = queries
    .tables<InventoryTables>()
    .selectFrom('inventory_folder')
    .selectAll()
    .where(
      'parent',
      'in',
      parents.map((id) => queries.uuid(id)),
    )
    .orderBy('id');
  if (page !== undefined) query = query.limit(page.limit);
  if (page?.after !== undefined) query = query.where('id', '>', queries.uuid(page.after));
  return (await query.execute()).map(folderOfRow);
}

export async function childrenNamed(
  queries: Queries,
  parents: readonly Uuid[],
  name: string,
): Promise<readonly InventoryFolder[]> {
  if (parents.length === 0) return [];
  const rows = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_folder')
    .selectAll()
    .where(
      'parent',
      'in',
      parents.map((id) => queries.uuid(id)),
    )
    .where('name', '=', name)
    .orderBy('id')
    .execute();
  return rows.map(folderOfRow);
}

/** The folder and all above it, nearest first; ends after `folderDepthMax` also where the table holds a cycle. */
export async function folderAndAncestors(queries: Queries, id: Uuid): Promise<readonly InventoryFolder[]> {
  const rows = await queries
    .tables<InventoryTables>()
    .withRecursive('line', (step) =>
      step
        .selectFrom('inventory_folder')
        .selectAll()
        .select(sql<number>`cast(0 as bigint)`.as('distance'))
        .where('id', '=', queries.uuid(id))
        .unionAll(
          step
            .selectFrom('inventory_folder')
            .innerJoin('line', 'line.parent', 'inventory_folder.id')
            .selectAll('inventory_folder')
            .select(sql<number>`line.distance + 1`.as('distance'))
            .where('line.distance', '<', folderDepthMax),
        ),
    )
    .selectFrom('line')
    .selectAll()
    .orderBy('distance')
    .execute();
  return rows.map(folderOfRow);
}

/** The ids of the folders and of all below them. */
export async function subtreeIds(queries: Queries, ids: readonly Uuid[]): Promise<readonly Uuid[]> {
  if (ids.length === 0) return [];
  const rows = await queries
    .tables<InventoryTables>()
    .withRecursive('tree', (step) =>
      step
        .selectFrom('inventory_folder')
        .select('id')
        .where(
          'id',
          'in',
          ids.map((id) => queries.uuid(id)),
        )
        // UNION, not UNION ALL: a row that came up before ends that line.
        .union(
          step
            .selectFrom('inventory_folder')
            .innerJoin('tree', 'tree.id', 'inventory_folder.parent')
            .select('inventory_folder.id'),
        ),
    )
    .selectFrom('tree')
    .select('id')
    .execute();
  return rows.map((row) => readUuid(row.id));
}

/** How many folders lie on the longest way down from a folder, itself included. */
export async function heightOf(queries: Queries, id: Uuid): Promise<number> {
  const { height } = await queries
    .tables<InventoryTables>()
    .withRecursive('tree', (step) =>
      step
        .selectFrom('inventory_folder')
        .select(['id', sql<number>`cast(1 as bigint)`.as('level')])
        .where('id', '=', queries.uuid(id))
        .unionAll(
          step
            .selectFrom('inventory_folder')
            .innerJoin('tree', 'tree.id', 'inventory_folder.parent')
            .select(['inventory_folder.id', sql<number>`tree.level + 1`.as('level')])
            .where('tree.level', '<', folderDepthMax),
        ),
    )
    .selectFrom('tree')
    .select(sql<number>`coalesce(max(level), 0)`.as('height'))
    .executeTakeFirstOrThrow();
  return height;
}

/** Returns how many were stored; ids that exist are left alone. */
export async function insertFolders(queries: Queries, folders: readonly InventoryFolder[]): Promise<number> {
  if (folders.length === 0) return 0;
  const result = await queries
    .tables<InventoryTables>()
    .insertInto('inventory_folder')
    .values(folders.map((folder) => rowOfFolder(queries, folder)))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0n);
}

export async function replaceFolder(queries: Queries, folder: InventoryFolder): Promise<void> {
  const { id, ...rest } = rowOfFolder(queries, folder);
  await queries
    .tables<InventoryTables>()
    .updateTable('inventory_folder')
    .set(rest)
    .where('id', '=', id)
    .execute();
}

/** Folders that do not exist are passed over. */
export async function raiseVersion(queries: Queries, ids: readonly Uuid[], by: number): Promise<void> {
  await queries
    .tables<InventoryTables>()
    .updateTable('inventory_folder')
    .set({ version: sql`version + ${by}` })
    .where(
      'id',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .execute();
}

export async function deleteFolderRows(queries: Queries, ids: readonly Uuid[]): Promise<void> {
  await queries
    .tables<InventoryTables>()
    .deleteFrom('inventory_folder')
    .where(
      'id',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .execute();
}

export async function deleteFoldersOf(queries: Queries, owner: Uuid): Promise<void> {
  await queries
    .tables<InventoryTables>()
    .deleteFrom('inventory_folder')
    .where('owner', '=', queries.uuid(owner))
    .execute();
}

export async function countFolders(queries: Queries, owner: Uuid): Promise<number> {
  const { count } = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_folder')
    .select(sql<number>`count(*)`.as('count'))
    .where('owner', '=', queries.uuid(owner))
    .executeTakeFirstOrThrow();
  return count;
}
