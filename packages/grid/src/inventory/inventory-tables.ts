/** Tables of inventory folders and items, and how rows become records. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { InventoryFolder, InventoryItem } from './inventory-records.ts';

export interface FolderRow {
  id: StoredUuid;
  owner: StoredUuid;
  parent: StoredUuid;
  name: string;
  type: number;
  version: number;
}

export interface ItemRow {
  id: StoredUuid;
  owner: StoredUuid;
  folder: StoredUuid;
  asset: StoredUuid;
  asset_type: number;
  inventory_type: number;
  name: string;
  description: string;
  base_permissions: number;
  current_permissions: number;
  everyone_permissions: number;
  group_permissions: number;
  next_permissions: number;
  creator: StoredUuid;
  creator_data: string;
  creator_claim: string;
  flags: number;
  sale_type: number;
  sale_price: number;
  group_id: StoredUuid;
  group_owned: number;
  creation_date: number;
}

export interface InventoryTables {
  inventory_folder: FolderRow;
  inventory_item: ItemRow;
}

export const inventoryMigrations: readonly Migration[] = [
  {
    name: 'inventory-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE inventory_folder (
        id ${types.uuid} PRIMARY KEY,
        owner ${types.uuid} NOT NULL,
        parent ${types.uuid} NOT NULL,
        name ${types.text} NOT NULL,
        type ${types.integer} NOT NULL,
        version ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE INDEX inventory_folder_owner ON inventory_folder (owner)`,
      // Roots all have the parent zero, so the owner is part of the key.
      `CREATE INDEX inventory_folder_parent ON inventory_folder (parent, owner)`,
      `CREATE TABLE inventory_item (
        id ${types.uuid} PRIMARY KEY,
        owner ${types.uuid} NOT NULL,
        folder ${types.uuid} NOT NULL,
        asset ${types.uuid} NOT NULL,
        asset_type ${types.integer} NOT NULL,
        inventory_type ${types.integer} NOT NULL,
        name ${types.text} NOT NULL,
        description ${types.text} NOT NULL,
        base_permissions ${types.integer} NOT NULL,
        current_permissions ${types.integer} NOT NULL,
        everyone_permissions ${types.integer} NOT NULL,
        group_permissions ${types.integer} NOT NULL,
        next_permissions ${types.integer} NOT NULL,
        creator ${types.uuid} NOT NULL,
        creator_data ${types.text} NOT NULL,
        creator_claim ${types.text} NOT NULL,
        flags ${types.integer} NOT NULL,
        sale_type ${types.integer} NOT NULL,
        sale_price ${types.integer} NOT NULL,
        group_id ${types.uuid} NOT NULL,
        group_owned ${types.integer} NOT NULL,
        creation_date ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE INDEX inventory_item_folder ON inventory_item (folder, id)`,
      `CREATE INDEX inventory_item_asset ON inventory_item (owner, asset)`,
      // Asked for at every login, and few among very many.
      `CREATE INDEX inventory_item_gesture ON inventory_item (owner) WHERE asset_type = 21`,
    ],
  },
];

export function folderOfRow(row: FolderRow): InventoryFolder {
  return {
    id: readUuid(row.id),
    ownerId: readUuid(row.owner),
    parentId: readUuid(row.parent),
    name: row.name,
    type: row.type,
    version: row.version,
  };
}

export function rowOfFolder(queries: Queries, folder: InventoryFolder): FolderRow {
  return {
    id: queries.uuid(folder.id),
    owner: queries.uuid(folder.ownerId),
    parent: queries.uuid(folder.parentId),
    name: folder.name,
    type: folder.type,
    version: folder.version,
  };
}

export function itemOfRow(row: ItemRow): InventoryItem {
  return {
    id: readUuid(row.id),
    ownerId: readUuid(row.owner),
    folderId: readUuid(row.folder),
    assetId: readUuid(row.asset),
    assetType: row.asset_type,
    inventoryType: row.inventory_type,
    name: row.name,
    description: row.description,
    basePermissions: row.base_permissions,
    currentPermissions: row.current_permissions,
    everyonePermissions: row.everyone_permissions,
    groupPermissions: row.group_permissions,
    nextPermissions: row.next_permissions,
    creatorId: readUuid(row.creator),
    creatorData: row.creator_data,
    creatorClaim: row.creator_claim,
    flags: row.flags,
    saleType: row.sale_type,
    salePrice: row.sale_price,
    groupId: readUuid(row.group_id),
    groupOwned: row.group_owned !== 0,
    creationDate: row.creation_date,
  };
}

export function rowOfItem(queries: Queries, item: InventoryItem): ItemRow {
  return {
    id: queries.uuid(item.id),
    owner: queries.uuid(item.ownerId),
    folder: queries.uuid(item.folderId),
    asset: queries.uuid(item.assetId),
    asset_type: item.assetType,
    inventory_type: item.inventoryType,
    name: item.name,
    description: item.description,
    base_permissions: item.basePermissions,
    current_permissions: item.currentPermissions,
    everyone_permissions: item.everyonePermissions,
    group_permissions: item.groupPermissions,
    next_permissions: item.nextPermissions,
    creator: queries.uuid(item.creatorId),
    creator_data: item.creatorData,
    creator_claim: item.creatorClaim,
    flags: item.flags,
    sale_type: item.saleType,
    sale_price: item.salePrice,
    group_id: queries.uuid(item.groupId),
    group_owned: item.groupOwned ? 1 : 0,
    creation_date: item.creationDate,
  };
}
