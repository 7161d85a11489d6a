/** Tables of regions and their content, and how rows become records. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readBlobId, readUuid, storedBlobId } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Region, RegionObject, RegionParcel } from './region-records.ts';

export interface RegionRow {
  id: StoredUuid;
  name: string;
  /** The name in lower case, for uniqueness and lookups. */
  name_key: string;
  location_x: number;
  location_y: number;
  size_x: number;
  size_y: number;
  owner: StoredUuid;
  created_at: number;
  content_revision: number;
  loaded_from: string;
  loaded_at: number;
}

export interface ObjectRow {
  region: StoredUuid;
  id: StoredUuid;
  blob: Uint8Array;
  size: number;
  name: string;
  parts: number;
  scripts: number;
  owner: StoredUuid;
  group_id: StoredUuid;
  creator: StoredUuid;
  x: number;
  y: number;
  z: number;
}

export interface ParcelRow {
  region: StoredUuid;
  id: StoredUuid;
  name: string;
  owner: StoredUuid;
  group_id: StoredUuid;
  area: number;
  bitmap: Uint8Array;
  document: string;
}

export interface RegionTables {
  region: RegionRow;
  region_object: ObjectRow;
  region_parcel: ParcelRow;
  region_settings: { region: StoredUuid; document: string; revision: number };
  region_terrain: { region: StoredUuid; blob: Uint8Array; size: number };
}

export const regionMigrations: readonly Migration[] = [
  {
    name: 'regions-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE region (
        id ${types.uuid} PRIMARY KEY,
        name ${types.text} NOT NULL,
        name_key ${types.text} NOT NULL UNIQUE,
        location_x ${types.integer} NOT NULL,
        location_y ${types.integer} NOT NULL,
        size_x ${types.integer} NOT NULL,
        size_y ${types.integer} NOT NULL,
        owner ${types.uuid} NOT NULL,
        created_at ${types.integer} NOT NULL,
        content_revision ${types.integer} NOT NULL,
        loaded_from ${types.text} NOT NULL,
        loaded_at ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE TABLE region_object (
        region ${types.uuid} NOT NULL,
        id ${types.uuid} NOT NULL,
        blob ${types.bytes} NOT NULL,
        size ${types.integer} NOT NULL,
        name ${types.text} NOT NULL,
        parts ${types.integer} NOT NULL,
        scripts ${types.integer} NOT NULL,
        owner ${types.uuid} NOT NULL,
        group_id ${types.uuid} NOT NULL,
        creator ${types.uuid} NOT NULL,
        x ${types.real} NOT NULL,
        y ${types.real} NOT NULL,
        z ${types.real} NOT NULL,
        PRIMARY KEY (region, id)
      )${types.strict}`,
      `CREATE TABLE region_parcel (
        region ${types.uuid} NOT NULL,
        id ${types.uuid} NOT NULL,
        name ${types.text} NOT NULL,
        owner ${types.uuid} NOT NULL,
        group_id ${types.uuid} NOT NULL,
        area ${types.integer} NOT NULL,
        bitmap ${types.bytes} NOT NULL,
        document ${types.text} NOT NULL,
        PRIMARY KEY (region, id)
      )${types.strict}`,
      `CREATE TABLE region_settings (
        region ${types.uuid} PRIMARY KEY,
        document ${types.text} NOT NULL,
        revision ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE TABLE region_terrain (
        region ${types.uuid} PRIMARY KEY,
        blob ${types.bytes} NOT NULL,
        size ${types.integer} NOT NULL
      )${types.strict}`,
    ],
  },
];

export function regionOfRow(row: RegionRow): Region {
  return {
    id: readUuid(row.id),
    name: row.name,
    locationX: row.location_x,
    locationY: row.location_y,
    sizeX: row.size_x,
    sizeY: row.size_y,
    ownerId: readUuid(row.owner),
    createdAt: row.created_at,
    contentRevision: row.content_revision,
    loadedFrom: row.loaded_from,
    loadedAt: row.loaded_at,
  };
}

/** Case does not matter in region names. */
export function regionNameKey(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

export function rowOfRegion(queries: Queries, region: Region): RegionRow {
  return {
    id: queries.uuid(region.id),
    name: region.name,
    name_key: regionNameKey(region.name),
    location_x: region.locationX,
    location_y: region.locationY,
    size_x: region.sizeX,
    size_y: region.sizeY,
    owner: queries.uuid(region.ownerId),
    created_at: region.createdAt,
    content_revision: region.contentRevision,
    loaded_from: region.loadedFrom,
    loaded_at: region.loadedAt,
  };
}

export function objectOfRow(row: Omit<ObjectRow, 'region'>): RegionObject {
  return {
    id: readUuid(row.id),
    blobId: readBlobId(row.blob),
    size: row.size,
    name: row.name,
    parts: row.parts,
    scripts: row.scripts,
    ownerId: readUuid(row.owner),
    groupId: readUuid(row.group_id),
    creatorId: readUuid(row.creator),
    x: row.x,
    y: row.y,
    z: row.z,
  };
}

/** Coordinates that are no numbers would be refused by the database; they count as 0 here and stay in the XML. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

export function rowOfObject(queries: Queries, region: Uuid, object: RegionObject): ObjectRow {
  return {
    region: queries.uuid(region),
    id: queries.uuid(object.id),
    blob: storedBlobId(object.blobId),
    size: object.size,
    name: object.name,
    parts: object.parts,
    scripts: object.scripts,
    owner: queries.uuid(object.ownerId),
    group_id: queries.uuid(object.groupId),
    creator: queries.uuid(object.creatorId),
    x: finite(object.x),
    y: finite(object.y),
    z: finite(object.z),
  };
}

export function parcelOfRow(row: Omit<ParcelRow, 'region'>): RegionParcel {
  return {
    id: readUuid(row.id),
    name: row.name,
    ownerId: readUuid(row.owner),
    groupId: readUuid(row.group_id),
    area: row.area,
    bitmap: row.bitmap,
    document: row.document,
  };
}

export function rowOfParcel(queries: Queries, region: Uuid, parcel: RegionParcel): ParcelRow {
  return {
    region: queries.uuid(region),
    id: queries.uuid(parcel.id),
    name: parcel.name,
    owner: queries.uuid(parcel.ownerId),
    group_id: queries.uuid(parcel.groupId),
    area: parcel.area,
    bitmap: parcel.bitmap,
    document: parcel.document,
  };
}
