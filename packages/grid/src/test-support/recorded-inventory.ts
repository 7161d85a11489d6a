/** The inventories that a recording was made with, as far as it shows them, so that it can be replayed. */
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import type { TextExchange } from '@gridkeep/testing/recordings';
import { readForm } from '@gridkeep/wire/robust/form';
import type { Form } from '@gridkeep/wire/robust/form';
import { readReply } from '@gridkeep/wire/robust/reply';
import type { ReadReplyValue } from '@gridkeep/wire/robust/reply';
import { parseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { insertFolders } from '../inventory/folders-store.ts';
import type { InventoryFolder, InventoryItem } from '../inventory/inventory-records.ts';
import { insertItems } from '../inventory/items-store.ts';
import { transact } from '../transactions.ts';

/**
 * Puts everything in place that answers of the recording show and that was not made by it, in place of what is there.
 * A folder of which only the id is known becomes an ordinary one.
 */
export async function seedInventory(database: Database, exchanges: readonly TextExchange[]): Promise<void> {
  const { folders, items } = shownBy(exchanges);
  await transact(database, async (queries: Queries) => {
    for (const table of ['inventory_item', 'inventory_folder'])
      await queries.tables<Record<string, object>>().deleteFrom(table).execute();
    for (const folder of folders.values()) await insertFolders(queries, [folder]);
    for (const item of items.values()) await insertItems(queries, [item]);
  });
}

interface Shown {
  readonly folders: Map<Uuid, InventoryFolder>;
  readonly items: Map<Uuid, InventoryItem>;
}

function shownBy(exchanges: readonly TextExchange[]): Shown {
  const folders = new Map<Uuid, InventoryFolder>();
  const items = new Map<Uuid, InventoryItem>();
  const forms = exchanges.map(({ sent }) => readForm(sent));
  const made = new Set<string>();
  for (const [index, form] of forms.entries())
    if (/^ADD/.test(form.text('METHOD') ?? '') && exchanges[index]?.received.includes('True') === true)
      made.add(form.text('ID') ?? '');
  const show = (value: ReadReplyValue | Form): void => {
    if (typeof value === 'string') return;
    const fields = value instanceof Map ? value : 'fields' in value ? value.fields : new Map();
    const id = fields.get('ID');
    if (typeof id === 'string' && !made.has(id)) {
      if (fields.has('AssetID') && !items.has(parseUuid(id))) items.set(parseUuid(id), itemOf(fields));
      if (fields.has('ParentID') && fields.has('Name') && !folders.has(parseUuid(id)))
        folders.set(parseUuid(id), folderOf(fields));
    }
    if (value instanceof Map) for (const member of value.values()) show(member);
  };
  for (const [index, exchange] of exchanges.entries()) {
    show(readReply(exchange.received));
    const form = forms[index];
    if (form !== undefined) show(form);
  }
  const roots = new Set<string>();
  for (const [index, form] of forms.entries())
    if (form.text('METHOD') === 'GETFOLDERFORTYPE')
      roots.add(/<ParentID>(.*?)</.exec(exchanges[index]?.received ?? '')?.[1] ?? '');
  addPlaces(forms, made, roots, { folders, items });
  return { folders, items };
}

/** Folders that forms and items speak of, which are not shown: each is a root, so that it shows up nowhere else. */
function addPlaces(
  forms: readonly Form[],
  made: ReadonlySet<string>,
  roots: ReadonlySet<string>,
  { folders, items }: Shown,
): void {
  const need = (
    idText: string | undefined,
    ownerText: string | undefined,
    type = -1,
    name = 'not shown',
  ): void => {
    if (idText === undefined || ownerText === undefined || made.has(idText)) return;
    const [id, ownerId] = [parseUuid(idText), parseUuid(ownerText)];
    if (id === zeroUuid || folders.has(id)) return;
    folders.set(id, { id, ownerId, parentId: zeroUuid, name, type, version: 1 });
  };
  const purged = new Set(
    forms.filter((form) => form.text('METHOD') === 'PURGEFOLDER').map((form) => form.text('ID')),
  );
  for (const form of forms)
    if (form.text('METHOD') === 'MOVEFOLDER' && purged.has(form.text('ParentID')))
      need(form.text('ParentID'), form.text('PRINCIPAL'), FolderTypes.trash);
  for (const folder of [...folders.values()])
    if (roots.has(folder.parentId)) need(folder.parentId, folder.ownerId, FolderTypes.root, 'My Inventory');
    else need(folder.parentId, folder.ownerId);
  for (const item of items.values()) need(item.folderId, item.ownerId);
  for (const form of forms) {
    need(form.text('Folder'), form.text('Owner'));
    need(form.text('ParentID'), form.text('Owner') ?? form.text('PRINCIPAL'));
  }
}

type Fields = ReadonlyMap<string, unknown>;

function textIn(fields: Fields, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
}

function folderOf(fields: Fields): InventoryFolder {
  return {
    id: parseUuid(textIn(fields, 'ID')),
    ownerId: parseUuid(textIn(fields, 'Owner')),
    parentId: parseUuid(textIn(fields, 'ParentID')),
    name: textIn(fields, 'Name'),
    type: Number(textIn(fields, 'Type')),
    version: Number(textIn(fields, 'Version')),
  };
}

function itemOf(fields: Fields): InventoryItem {
  const id = (name: string): Uuid => parseUuid(textIn(fields, name));
  const whole = (name: string): number => Number(textIn(fields, name));
  return {
    id: id('ID'),
    ownerId: id('Owner'),
    folderId: id('Folder'),
    assetId: id('AssetID'),
    assetType: whole('AssetType'),
    inventoryType: whole('InvType'),
    name: textIn(fields, 'Name'),
    description: textIn(fields, 'Description'),
    basePermissions: whole('BasePermissions'),
    currentPermissions: whole('CurrentPermissions'),
    everyonePermissions: whole('EveryOnePermissions'),
    groupPermissions: whole('GroupPermissions'),
    nextPermissions: whole('NextPermissions'),
    creatorId: id('CreatorId'),
    creatorData: textIn(fields, 'CreatorData'),
    creatorClaim: '',
    flags: whole('Flags'),
    saleType: whole('SaleType'),
    salePrice: whole('SalePrice'),
    groupId: id('GroupID'),
    groupOwned: textIn(fields, 'GroupOwned') === 'True',
    creationDate: whole('CreationDate'),
  };
}

/**
 * A reply without versions of folders, and its items in the order of their ids: what else was done to the accounts of a
 * recording is not known, and OpenSimulator 0.9.2 answers questions for many items in the order of its database.
 */
export function comparableReply(text: string): string {
  const plain = text.replace(/<(VERSION|Version)>\d+</g, '<$1>0<');
  const items = [...plain.matchAll(/<item_\d+ type="List">.*?<\/item_\d+>/gs)].map(([item]) => item);
  if (!/^<\?xml[^>]*><ServerResponse><item_/.test(plain)) return plain;
  const bare = items.map((item) => item.replaceAll(/item_\d+/g, 'item')).sort();
  return `${plain.length} ${bare.join('\n')}`;
}
