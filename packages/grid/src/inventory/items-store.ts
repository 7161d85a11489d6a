/** Queries on inventory items. Lists of ids hold at most `rowsPerStatement`. */
import type { Queries } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { InventoryItem } from './inventory-records.ts';
import { itemOfRow, rowOfItem } from './inventory-tables.ts';
import type { InventoryTables } from './inventory-tables.ts';

const gestureAssetType = 21;

export async function findItem(queries: Queries, id: Uuid): Promise<InventoryItem | undefined> {
  return (await findItems(queries, [id]))[0];
}

export async function findItems(queries: Queries, ids: readonly Uuid[]): Promise<readonly InventoryItem[]> {
  if (ids.length === 0) return [];
  const rows = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_item')
    .selectAll()
    .where(
      'id',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .execute();
  return rows.map(itemOfRow);
}

/** Items in the order of their ids; a page of them with `after` and `limit`. */
export async function itemsIn(
  queries: Queries,
  folders: readonly Uuid[],
  page?: { readonly after: Uuid | undefined; readonly limit: number },
): Promise<readonly InventoryItem[]> {
  if (folders.length === 0) return [];
  let query = queries
    .tables<InventoryTables>()
    .selectFrom('inventory_item')
    .selectAll()
    .where(
      'folder',
      'in',
      folders.map((id) => queries.uuid(id)),
    )
    .orderBy('id');
  if (page !== undefined) query = query.limit(page.limit);
  if (page?.after !== undefined) query = query.where('id', '>', queries.uuid(page.after));
  return (await query.execute()).map(itemOfRow);
}

export async function itemsNamed(
  queries: Queries,
  folders: readonly Uuid[],
  name: string,
): Promise<readonly InventoryItem[]> {
  if (folders.length === 0) return [];
  const rows = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_item')
    .selectAll()
    .where(
      'folder',
      'in',
      folders.map((id) => queries.uuid(id)),
    )
    .where('name', '=', name)
    .orderBy('id')
    .execute();
  return rows.map(itemOfRow);
}

export async function activeGestures(queries: Queries, owner: Uuid): Promise<readonly InventoryItem[]> {
  const rows = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_item')
    .selectAll()
    .where('owner', '=', queries.uuid(owner))
    // Written out, so that the partial index is used.
    .where(sql<boolean>`asset_type = ${sql.lit(gestureAssetType)}`)
    .where(sql<boolean>`flags & 1 = 1`)
    .orderBy('id')
    .execute();
  return rows.map(itemOfRow);
}

/** The current permissions of the owner's items with this asset. */
export async function permissionsOn(queries: Queries, owner: Uuid, asset: Uuid): Promise<readonly number[]> {
  const rows = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_item')
    .select('current_permissions')
    .distinct()
    .where('owner', '=', queries.uuid(owner))
    .where('asset', '=', queries.uuid(asset))
    .execute();
  return rows.map((row) => row.current_permissions);
}

/** Returns how many were stored; ids that exist are left alone. */
export async function insertItems(queries: Queries, items: readonly InventoryItem[]): Promise<number> {
  if (items.length === 0) return 0;
  const result = await queries
    .tables<InventoryTables>()
    .insertInto('inventory_item')
    .values(items.map((item) => rowOfItem(queries, item)))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0n);
}

export async function replaceItem(queries: Queries, item: InventoryItem): Promise<void> {
  const { id, ...rest } = rowOfItem(queries, item);
  await queries
    .tables<InventoryTables>()
    .updateTable('inventory_item')
    .set(rest)
    .where('id', '=', id)
    .execute();
}

export async function setItemFolder(queries: Queries, id: Uuid, folder: Uuid): Promise<void> {
  await queries
    .tables<InventoryTables>()
    .updateTable('inventory_item')
    .set({ folder: queries.uuid(folder) })
    .where('id', '=', queries.uuid(id))
    .execute();
}

export async function deleteItemRows(queries: Queries, ids: readonly Uuid[]): Promise<void> {
  await queries
    .tables<InventoryTables>()
    .deleteFrom('inventory_item')
    .where(
      'id',
      'in',
      ids.map((id) => queries.uuid(id)),
    )
    .execute();
}

/** Returns how many went. */
export async function deleteItemsIn(queries: Queries, folders: readonly Uuid[]): Promise<number> {
  const result = await queries
    .tables<InventoryTables>()
    .deleteFrom('inventory_item')
    .where(
      'folder',
      'in',
      folders.map((id) => queries.uuid(id)),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

export async function deleteItemsOf(queries: Queries, owner: Uuid): Promise<void> {
  await queries
    .tables<InventoryTables>()
    .deleteFrom('inventory_item')
    .where('owner', '=', queries.uuid(owner))
    .execute();
}

export async function countItems(queries: Queries, owner: Uuid): Promise<number> {
  const { count } = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_item')
    .select(sql<number>`count(*)`.as('count'))
    .where('owner', '=', queries.uuid(owner))
    .executeTakeFirstOrThrow();
  return count;
}

export async function countItemsByFolder(
  queries: Queries,
  folders: readonly Uuid[],
): Promise<ReadonlyMap<Uuid, number>> {
  if (folders.length === 0) return new Map();
  const rows = await queries
    .tables<InventoryTables>()
    .selectFrom('inventory_item')
    .select(['folder', sql<number>`count(*)`.as('count')])
    .where(
      'folder',
      'in',
      folders.map((id) => queries.uuid(id)),
    )
    .groupBy('folder')
    .execute();
  return new Map(rows.map((row) => [readUuid(row.folder), row.count]));
}
