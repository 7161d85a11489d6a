/** What is recorded about an asset beside its bytes. */
import { assetKind, parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Uuid } from '@gridkeep/wire/uuid';

/** OpenSimulator's tables hold no more: longer names and descriptions are cut, as there. UTF-16 units. */
export const assetNameMax = 64;
export const assetDescriptionMax = 64;
/** A plain UUID, or `uuid;home/First Last` of a foreign creator. UTF-16 units. */
export const assetCreatorMax = 255;

/** Map tile, rewritable, collectable: no other flags are kept. */
export const assetFlagsMask = 7;

/** For assets of a type that this program does not know. */
const unknownKindBytesMax = 16 * 1024 * 1024;

/** Bytes that an asset of a type may have. */
export function assetBytesMax(type: number): number {
  const known = parseAssetType(type);
  return known === undefined ? unknownKindBytesMax : assetKind(known).bytesMax;
}

export interface AssetDescription {
  readonly id: Uuid;
  /** OpenMetaverse's AssetType, -128…127; numbers that this program does not know are kept too. */
  readonly type: number;
  readonly name: string;
  readonly description: string;
  /** '' when it is not known. */
  readonly creator: string;
  /** Bits of `assetFlags` in wire. */
  readonly flags: number;
  readonly temporary: boolean;
  readonly local: boolean;
  /** Unix milliseconds; 0 when it is not known. */
  readonly createdAt: number;
}

/** Never changes once it exists, so it may be kept in caches without end. */
export interface AssetRecord extends AssetDescription {
  readonly blobId: BlobId;
  /** Bytes of the content. */
  readonly size: number;
}

/** Content that was offered for an id that stands for other content; it is kept, but nothing is served from it. */
export interface AssetConflict {
  readonly assetId: Uuid;
  readonly keptBlobId: BlobId;
  readonly offeredBlobId: BlobId;
  /** Bytes of the offered content. */
  readonly offeredSize: number;
  /** Unix milliseconds of the first time. */
  readonly offeredAt: number;
  /** Who offered it: an address, or the archive it came in. */
  readonly source: string;
}

/** 'exists': the same bytes were there; 'conflict': other bytes are there, and stay. */
export type CreateOutcome = 'created' | 'exists' | 'conflict';

export interface CreateResult {
  readonly outcome: CreateOutcome;
  /** What stands under the id now. */
  readonly record: AssetRecord;
  /** Only with the outcome 'conflict'. */
  readonly conflict?: AssetConflict;
}
