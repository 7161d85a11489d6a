/** The inventories of a snapshot. Of a resident for whom something changed all folders are read, but of items only those changed. */
import { isBuiltIn } from '@gridkeep/content/assets/built-in';
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { folderTopic } from '@gridkeep/grid/record-changes/changed-records';
import { recordTable } from '@gridkeep/grid/record-changes/record-tables';
import type { FolderNode } from '@gridkeep/vault/format/tree-node';
import type { Uuid } from '@gridkeep/wire/uuid';
import { parseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { entryName } from '../backup-layout/entry-names.ts';
import type { ResidentDocument } from '../backup-layout/grid-document.ts';
import { folderFile, itemsFolder, residentFile } from '../backup-layout/layout.ts';
import { encodeRow, readRows, selectTable } from '../backup-layout/table-rows.ts';
import type { TableRow } from '../backup-layout/table-rows.ts';
import { idRange, inMemory, writeCollection, writeFolders } from './collection-writer.ts';
import type { CollectionSource } from './collection-writer.ts';
import { type PlacedFolder, placeFolders } from './folder-places.ts';
import { ParentFolder } from './parent-tree.ts';
import type { PlanContext } from './plan-context.ts';
import { numberColumn, textColumn, uuidColumn } from './row-columns.ts';

const folderTable = recordTable('inventory_folder');
const itemTable = recordTable('inventory_item');

export async function planInventories(context: PlanContext): Promise<void> {
  const { script, changed, parent, at } = context;
  const before = parent.folder('inventories');
  if (before !== undefined && changed?.inventories.size === 0) {
    await script.keep(before);
    return;
  }
  const prefixes = new Set<string>();
  for (const owner of changed?.inventories.keys() ?? [])
    for (const digits of [2, 4, 6]) prefixes.add(owner.slice(0, digits));
  await script.open('inventories', at);
  await writeFolders(
    script,
    {
      list: (prefix, limit) => listOwners(context, prefix, limit),
      write: (owner, node, folder) => planResident(context, owner, node, folder),
    },
    {
      at,
      parent: await parent.inside(before),
      changed: {
        id: (owner) => changed === undefined || changed.inventories.has(owner),
        prefix: (prefix) => changed === undefined || prefixes.has(prefix),
      },
    },
  );
  await script.close();
}

/** From one owner to the next by the indexes, not through all their folders. */
async function listOwners(context: PlanContext, prefix: string, limit: number): Promise<readonly Uuid[]> {
  const { queries } = context;
  const [least, greatest] = idRange(prefix).map(parseUuid);
  if (least === undefined || greatest === undefined) return [];
  const owners: Uuid[] = [];
  let from: RawBuilder<unknown> = sql`>= ${queries.uuid(least)}`;
  while (owners.length < limit) {
    const last = sql`owner <= ${queries.uuid(greatest)} order by owner limit 1`;
    const rows = await readRows(
      queries,
      sql<TableRow>`select * from (select owner from inventory_folder where owner ${from} and ${last}) of_folders
        union select * from (select owner from inventory_item where owner ${from} and ${last}) of_items
        order by owner limit 1`,
    );
    const [row] = rows;
    if (row === undefined) break;
    const owner = uuidColumn(row, 'owner');
    owners.push(owner);
    from = sql`> ${queries.uuid(owner)}`;
  }
  return owners;
}

interface Inventory {
  readonly owner: Uuid;
  readonly folders: ReadonlySet<Uuid>;
  /** Undefined: all of them. */
  readonly changed: ReadonlySet<Uuid> | undefined;
  /** Those that changed or have such below them. */
  readonly touched: ReadonlySet<Uuid>;
}

async function planResident(
  context: PlanContext,
  owner: Uuid,
  node: FolderNode | undefined,
  parent: ParentFolder,
): Promise<void> {
  const { queries, script, at, signal } = context;
  signal.throwIfAborted();
  const rows = await readRows(
    queries,
    sql<TableRow>`${selectTable(folderTable)} where owner = ${queries.uuid(owner)} order by id`,
  );
  const roots = placeFolders(
    rows,
    (row) => uuidColumn(row, 'id'),
    (row) => uuidColumn(row, 'parent'),
  );
  const changed = node === undefined ? undefined : context.changed?.inventories.get(owner);
  const inside = await parent.inside(node);
  const inventory: Inventory = {
    owner,
    folders: new Set(rows.map((row) => uuidColumn(row, 'id'))),
    changed,
    touched: touchedFolders(roots, changed),
  };
  const resident = await residentOf(context, owner);
  await script.open(entryName(`${resident.firstName} ${resident.lastName}`, owner), at);
  await script.text(residentFile, at, `${JSON.stringify(resident)}\n`);
  await planLooseItems(context, inventory, inside);
  await planFolders(context, inventory, roots, inside);
  await script.close();
}

async function residentOf({ queries }: PlanContext, id: Uuid): Promise<ResidentDocument> {
  const query = sql<TableRow>`select first_name, last_name from account where id = ${queries.uuid(id)}`;
  const [row] = await readRows(queries, query);
  if (row === undefined) return { id, firstName: '', lastName: '' };
  return { id, firstName: textColumn(row, 'first_name'), lastName: textColumn(row, 'last_name') };
}

function touchedFolders(
  roots: readonly PlacedFolder<TableRow>[],
  changed: ReadonlySet<Uuid> | undefined,
): ReadonlySet<Uuid> {
  const touched = new Set<Uuid>();
  const visit = (folder: PlacedFolder<TableRow>): boolean => {
    let isTouched = changed === undefined || changed.has(folder.id);
    for (const child of folder.children) if (visit(child)) isTouched = true;
    if (isTouched) touched.add(folder.id);
    return isTouched;
  };
  for (const root of roots) visit(root);
  return touched;
}

/** Items whose folder is none of the owner's. Looked for only where there may be some, since no index leads to them. */
async function planLooseItems(
  context: PlanContext,
  inventory: Inventory,
  inside: ParentFolder,
): Promise<void> {
  const { queries, script, at } = context;
  const { owner, folders, changed } = inventory;
  const before = inside.folder(itemsFolder);
  if (changed !== undefined && [...changed].every((id) => folders.has(id))) {
    if (before !== undefined) await script.keep(before);
    return;
  }
  const rows = await readRows(
    queries,
    sql<TableRow>`${selectItems} where inventory_item.owner = ${queries.uuid(owner)} and not exists
      (select 1 from inventory_folder where inventory_folder.id = inventory_item.folder
        and inventory_folder.owner = inventory_item.owner) order by inventory_item.id`,
  );
  const source = inMemory(
    rows,
    (row) => uuidColumn(row, 'id'),
    (_, row) => writeItem(context, row),
  );
  const place = { name: itemsFolder, at, parent: ParentFolder.nothing, changed: () => true };
  await writeCollection(script, source, place);
}

async function planFolders(
  context: PlanContext,
  inventory: Inventory,
  folders: readonly PlacedFolder<TableRow>[],
  inside: ParentFolder,
): Promise<void> {
  const byId = new Map(folders.map((folder) => [folder.id, folder]));
  const listed = inMemory(
    folders,
    (folder) => folder.id,
    () => Promise.resolve(),
  );
  await writeFolders(
    context.script,
    {
      list: async (prefix, limit) => (await listed.read(prefix, limit)).map(({ id }) => id),
      write: async (id, node, parent) => {
        const folder = byId.get(id);
        if (folder !== undefined) await planFolder(context, inventory, folder, await parent.inside(node));
      },
    },
    {
      ...{ at: context.at, parent: inside },
      changed: {
        id: (id) => inventory.touched.has(id),
        prefix: (prefix) => folders.some(({ id }) => id.startsWith(prefix) && inventory.touched.has(id)),
      },
    },
  );
}

async function planFolder(
  context: PlanContext,
  inventory: Inventory,
  folder: PlacedFolder<TableRow>,
  inside: ParentFolder,
): Promise<void> {
  const { script, at } = context;
  const document = inside.file(folderFile);
  const items = inside.folder(itemsFolder);
  await script.open(entryName(textColumn(folder.row, 'name'), folder.id), at);
  if (document !== undefined && inventory.changed?.has(folder.id) === false) {
    await script.keep(document);
    if (items !== undefined) await script.keep(items);
  } else {
    await script.text(folderFile, at, `${encodeRow(folderTable, folder.row)}\n`);
    const place = { name: itemsFolder, at, parent: ParentFolder.nothing, changed: () => true };
    await writeCollection(script, itemsOf(context, inventory.owner, folder.id), place);
  }
  await planFolders(context, inventory, folder.children, inside);
  await script.close();
}

const selectItems = sql<TableRow>`select ${sql.join(
  [...itemTable.columns.keys()].map((column) => sql.ref(`inventory_item.${column}`)),
)}, case when asset.id is null then 1 else 0 end as lacks_asset
  from inventory_item left join asset on asset.id = inventory_item.asset`;

function itemsOf(context: PlanContext, owner: Uuid, folder: Uuid): CollectionSource<TableRow> {
  const { queries } = context;
  const within = (prefix: string) => {
    const [least, greatest] = idRange(prefix);
    return sql`inventory_item.folder = ${queries.uuid(folder)} and inventory_item.owner = ${queries.uuid(owner)}
      and inventory_item.id between ${queries.uuid(parseUuid(least))} and ${queries.uuid(parseUuid(greatest))}`;
  };
  return {
    read: (prefix, limit) =>
      readRows(
        queries,
        sql<TableRow>`${selectItems} where ${within(prefix)} order by inventory_item.id limit ${limit}`,
      ),
    count: async (prefix, limit) => {
      const query = sql<TableRow>`select count(*) as count from
        (select 1 from inventory_item where ${within(prefix)} limit ${limit}) counted`;
      const [row] = await readRows(queries, query);
      return row === undefined ? 0 : numberColumn(row, 'count');
    },
    write: (_, row) => writeItem(context, row),
  };
}

const links: ReadonlySet<number> = new Set([AssetTypes.link, AssetTypes.linkFolder]);

async function writeItem({ script }: PlanContext, row: TableRow): Promise<void> {
  await script.record(encodeRow(itemTable, row));
  if (numberColumn(row, 'lacks_asset') === 0 || links.has(numberColumn(row, 'asset_type'))) return;
  const asset = uuidColumn(row, 'asset');
  if (asset === zeroUuid || isBuiltIn(asset)) return;
  const [id, owner, name] = [uuidColumn(row, 'id'), uuidColumn(row, 'owner'), textColumn(row, 'name')];
  await script.missing(
    { id, kind: 'item', reason: 'no-asset', needs: asset, name, of: owner },
    folderTopic(owner, uuidColumn(row, 'folder')),
  );
}
