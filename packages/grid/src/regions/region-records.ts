/** What is recorded about a region and about what stands on it. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Uuid } from '@gridkeep/wire/uuid';

/** Metres of one unit of grid location, and the least size of a region. */
export const regionUnit = 256;
/** Metres of a side. */
export const regionSizeMax = 4096;
/** UTF-16 units. */
export const regionNameMax = 128;

export interface NewRegion {
  readonly id: Uuid;
  readonly name: string;
  /** South-west corner, in units of 256 m. */
  readonly locationX: number;
  readonly locationY: number;
  /** Metres; multiples of 256. */
  readonly sizeX: number;
  readonly sizeY: number;
  /** Owner of the estate, and of what is loaded without a known owner. */
  readonly ownerId: Uuid;
}

export type RegionGround = Pick<NewRegion, 'id' | 'locationX' | 'locationY' | 'sizeX' | 'sizeY'>;

export interface Region extends NewRegion {
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Grows with every change of the stored content; 0 when there never was any. */
  readonly contentRevision: number;
  /** What the content was last loaded from, such as the name of an archive; '' when it never was. */
  readonly loadedFrom: string;
  /** Unix milliseconds; 0 when it never was. */
  readonly loadedAt: number;
}

/** A linkset or single object: its XML is a blob, these are the columns to find and count it by. */
export interface RegionObject {
  /** UUID of the root part. */
  readonly id: Uuid;
  readonly blobId: BlobId;
  /** Bytes of the XML. */
  readonly size: number;
  readonly name: string;
  readonly parts: number;
  readonly scripts: number;
  /** As it counts on this grid; zero UUID for none. */
  readonly ownerId: Uuid;
  readonly groupId: Uuid;
  readonly creatorId: Uuid;
  /** Metres from the south-west corner. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface RegionParcel {
  /** Its GlobalID. */
  readonly id: Uuid;
  readonly name: string;
  readonly ownerId: Uuid;
  readonly groupId: Uuid;
  /** Square metres. */
  readonly area: number;
  /** One bit per 4 m x 4 m, lowest bit first, row by row from the south-west. */
  readonly bitmap: Uint8Array;
  /** The LandData XML. */
  readonly document: string;
}

export interface RegionTerrain {
  readonly blobId: BlobId;
  /** Bytes. */
  readonly size: number;
}

type Stream<T> = AsyncIterable<T> | Iterable<T>;

/** What is put on a region. In a merge, whatever is left out stays as it is; in a replacement it is gone. */
export interface RegionContent {
  readonly objects: Stream<RegionObject>;
  /** All parcels of the region. */
  readonly parcels?: Stream<RegionParcel>;
  /** The RegionSettings XML. */
  readonly settings?: string;
  readonly terrain?: RegionTerrain;
  /** Assets that came along though nothing refers to them. */
  readonly accompanyingAssets: Stream<Uuid>;
  /** What the content is loaded from, for people: the name of an archive. */
  readonly loadedFrom: string;
}

export interface RegionSummary {
  readonly objects: number;
  readonly parts: number;
  readonly scripts: number;
  readonly parcels: number;
  /** Bytes of the objects' XML and the terrain. */
  readonly bytes: number;
  readonly accompanyingAssets: number;
  readonly hasTerrain: boolean;
  readonly hasSettings: boolean;
}
