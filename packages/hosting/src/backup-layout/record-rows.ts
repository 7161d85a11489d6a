/** Rows of a snapshot as the records of the grid's services. The names of columns are those of their tables. */
import { assetFlagsMask, assetBytesMax } from '@gridkeep/grid/assets/asset-record';
import type { AssetRecord } from '@gridkeep/grid/assets/asset-record';
import type { InventoryFolder, InventoryItem } from '@gridkeep/grid/inventory/inventory-records';
import type { Region, RegionObject, RegionParcel } from '@gridkeep/grid/regions/region-records';
import type { RecordFields } from './record-fields.ts';
import { SnapshotContentError } from './snapshot-source.ts';

const uint32Max = 0xffff_ffff;
const objectBytesMax = 64 * 1024 * 1024;
const bitmapBytesMax = 1024 * 1024;

export function assetOfRow(row: RecordFields): AssetRecord {
  const type = row.integer('type', -128, 127);
  return {
    id: row.uuid('id'),
    blobId: row.blob('blob'),
    size: row.integer('size', 0, assetBytesMax(type)),
    type,
    name: row.text('name', 1024),
    description: row.text('description', 1024),
    creator: row.text('creator', 1024),
    flags: row.integer('flags', 0, assetFlagsMask),
    temporary: row.integer('temporary', 0, 1) === 1,
    local: row.integer('local', 0, 1) === 1,
    createdAt: row.integer('created_at'),
  };
}

export function folderOfRow(row: RecordFields): InventoryFolder {
  return {
    id: row.uuid('id'),
    ownerId: row.uuid('owner'),
    parentId: row.uuid('parent'),
    name: row.text('name', 1024),
    type: row.integer('type'),
    version: row.integer('version', 0),
  };
}

export function itemOfRow(row: RecordFields): InventoryItem {
  return {
    id: row.uuid('id'),
    ownerId: row.uuid('owner'),
    folderId: row.uuid('folder'),
    assetId: row.uuid('asset'),
    assetType: row.integer('asset_type'),
    inventoryType: row.integer('inventory_type'),
    name: row.text('name', 1024),
    description: row.text('description', 4096),
    basePermissions: row.integer('base_permissions', 0, uint32Max),
    currentPermissions: row.integer('current_permissions', 0, uint32Max),
    everyonePermissions: row.integer('everyone_permissions', 0, uint32Max),
    groupPermissions: row.integer('group_permissions', 0, uint32Max),
    nextPermissions: row.integer('next_permissions', 0, uint32Max),
    creatorId: row.uuid('creator'),
    creatorData: row.text('creator_data', 1024),
    creatorClaim: row.text('creator_claim', 4096),
    flags: row.integer('flags', 0, uint32Max),
    saleType: row.integer('sale_type'),
    salePrice: row.integer('sale_price'),
    groupId: row.uuid('group_id'),
    groupOwned: row.integer('group_owned', 0, 1) === 1,
    creationDate: row.integer('creation_date'),
  };
}

export function regionOfRow(row: RecordFields): Region {
  return {
    id: row.uuid('id'),
    name: row.text('name', 1024),
    locationX: row.integer('location_x'),
    locationY: row.integer('location_y'),
    sizeX: row.integer('size_x'),
    sizeY: row.integer('size_y'),
    ownerId: row.uuid('owner'),
    createdAt: row.integer('created_at'),
    contentRevision: row.integer('content_revision', 0),
    loadedFrom: row.text('loaded_from', 1024),
    loadedAt: row.integer('loaded_at'),
  };
}

export function objectOfRow(row: RecordFields): RegionObject {
  return {
    id: row.uuid('id'),
    blobId: row.blob('blob'),
    size: row.integer('size', 0, objectBytesMax),
    name: row.text('name', 1024),
    parts: row.integer('parts', 0),
    scripts: row.integer('scripts', 0),
    ownerId: row.uuid('owner'),
    groupId: row.uuid('group_id'),
    creatorId: row.uuid('creator'),
    x: row.real('x'),
    y: row.real('y'),
    z: row.real('z'),
  };
}

/** The document stands in a file of its own. */
export function parcelOfRow(row: RecordFields, document: string): RegionParcel {
  const bitmap = row.bytes('bitmap');
  if (bitmap.length > bitmapBytesMax) throw new SnapshotContentError(row.place, 'a bitmap is too large');
  return {
    id: row.uuid('id'),
    name: row.text('name', 1024),
    ownerId: row.uuid('owner'),
    groupId: row.uuid('group_id'),
    area: row.integer('area'),
    bitmap,
    document,
  };
}
