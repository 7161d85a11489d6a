/** The services of a grid on a fresh database, and records to put in, for tests. */
import type { Database } from '@gridkeep/storage/database/database';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AssetRecord } from '../assets/asset-record.ts';
import type { NewAsset } from '../assets/assets.ts';
import { gridMigrations } from '../grid-database.ts';
import { createGridServices } from '../grid-services.ts';
import type { GridServices, GridLimits } from '../grid-services.ts';
import type { InventoryItem } from '../inventory/inventory-records.ts';
import type { NewRegion, RegionObject } from '../regions/region-records.ts';
import { MemoryBlobs, blobIdOf } from './memory-blobs.ts';

export interface TestGrid extends GridServices {
  readonly blobs: MemoryBlobs;
}

export async function testGrid(database: Database, limits: GridLimits = {}): Promise<TestGrid> {
  await database.migrate(gridMigrations);
  const blobs = new MemoryBlobs();
  return { ...createGridServices({ database, blobs, limits }), blobs };
}

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf8'));
}

export function testAsset(content: string, changes: Partial<NewAsset> = {}): NewAsset {
  return {
    id: randomUuid(),
    type: 7,
    name: 'note',
    description: '',
    creator: '',
    flags: 0,
    temporary: false,
    local: false,
    createdAt: 1_700_000_000_000,
    data: bytesOf(content),
    ...changes,
  };
}

export function testRecord(content: string, changes: Partial<NewAsset> = {}): AssetRecord {
  const { data, ...description } = testAsset(content, changes);
  return { ...description, blobId: blobIdOf(data), size: data.byteLength };
}

export function testItem(ownerId: Uuid, folderId: Uuid, changes: Partial<InventoryItem> = {}): InventoryItem {
  return {
    id: randomUuid(),
    ownerId,
    folderId,
    assetId: randomUuid(),
    assetType: 7,
    inventoryType: 7,
    name: 'thing',
    description: 'a thing',
    basePermissions: 0x7fffffff,
    currentPermissions: 0xffffffff,
    everyonePermissions: 0,
    groupPermissions: 0,
    nextPermissions: 581_632,
    creatorId: zeroUuid,
    creatorData: '',
    creatorClaim: '',
    flags: 0,
    saleType: 0,
    salePrice: 0,
    groupId: zeroUuid,
    groupOwned: false,
    creationDate: 1_700_000_000,
    ...changes,
  };
}

export function testRegion(name: string, x: number, y: number, changes: Partial<NewRegion> = {}): NewRegion {
  return {
    id: randomUuid(),
    name,
    locationX: x,
    locationY: y,
    sizeX: 256,
    sizeY: 256,
    ownerId: zeroUuid,
    ...changes,
  };
}

export function testObject(xml: string, changes: Partial<RegionObject> = {}): RegionObject {
  const bytes = bytesOf(xml);
  return {
    id: randomUuid(),
    blobId: blobIdOf(bytes),
    size: bytes.byteLength,
    name: 'box',
    parts: 2,
    scripts: 1,
    ownerId: zeroUuid,
    groupId: zeroUuid,
    creatorId: zeroUuid,
    x: 128,
    y: 128.5,
    z: 25.25,
    ...changes,
  };
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const entry of source) all.push(entry);
  return all;
}
