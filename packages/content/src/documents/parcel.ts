/** A parcel of land as archives hold it (LandDataSerializer.cs, OpenSim/Framework/LandData.cs). */
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';
import { zeroVector } from '@gridkeep/wire/vector';

export interface ParcelAccess {
  readonly agentId: Uuid;
  /** Unix seconds; 0 for ever. OpenSimulator makes every entry permanent at load. */
  readonly time: number;
  /** 1 access, 2 ban. */
  readonly flags: number;
}

/** In archives since 2025. */
export interface ParcelMedia {
  readonly type: string;
  readonly description: string;
  readonly height: number;
  readonly width: number;
  readonly loop: boolean;
  readonly obscureMoap: boolean;
}

export interface Parcel {
  readonly id: Uuid;
  readonly name: string;
  readonly description: string;
  /** Square metres. */
  readonly area: number;
  readonly auctionId: number;
  readonly authBuyerId: Uuid;
  /** -1 any, 0 none, 1 Linden, 2 adult, 3 arts … 13 other. */
  readonly category: number;
  /** Unix seconds. */
  readonly claimDate: number;
  readonly claimPrice: number;
  readonly groupId: Uuid;
  readonly isGroupOwned: boolean;
  readonly ownerId: Uuid;
  /** See `parcel-bitmap.ts`. */
  readonly bitmap: Uint8Array;
  /** Bits of ParcelFlags. */
  readonly flags: number;
  /** 0 none, 1 landing point, 2 direct. */
  readonly landingType: number;
  /** -1 none, 0 leased, 1 lease pending, 2 abandoned. */
  readonly status: number;
  /** Of the region, not of the world. */
  readonly localId: number;
  readonly mediaAutoScale: number;
  /** The texture that media replaces. */
  readonly mediaId: Uuid;
  readonly mediaUrl: string;
  readonly musicUrl: string;
  readonly media: ParcelMedia | undefined;
  readonly accessList: readonly ParcelAccess[];
  readonly passHours: number;
  readonly passPrice: number;
  readonly salePrice: number;
  /** The parcel's picture; OpenSimulator does not save that asset with the archive. */
  readonly snapshotId: Uuid;
  /** Metres in the region. */
  readonly landingPoint: Vector3;
  readonly landingLookAt: Vector3;
  /** Minutes until objects of others are returned; 0 never. */
  readonly otherCleanTime: number;
  readonly seeAvatars: boolean;
  readonly anyAvatarSounds: boolean;
  readonly groupAvatarSounds: boolean;
  /** LLSD as text, sound; undefined when the parcel has the region's. */
  readonly environment: string | undefined;
}

/** Fly 0x1, other scripts 0x2, landmark 0x8, create objects 0x40, deed 0x2000, entry of objects, voice (LandData.cs). */
const newParcelFlags = 0x2800_204b;

/** For what a file leaves out. */
export const defaultParcel: Parcel = {
  id: zeroUuid,
  name: 'Your Parcel',
  description: '',
  area: 0,
  auctionId: 0,
  authBuyerId: zeroUuid,
  category: 0,
  claimDate: 0,
  claimPrice: 0,
  groupId: zeroUuid,
  isGroupOwned: false,
  ownerId: zeroUuid,
  bitmap: new Uint8Array(0),
  flags: newParcelFlags,
  landingType: 2,
  status: 0,
  localId: 0,
  mediaAutoScale: 0,
  mediaId: zeroUuid,
  mediaUrl: '',
  musicUrl: '',
  media: undefined,
  accessList: [],
  passHours: 0,
  passPrice: 0,
  salePrice: 0,
  snapshotId: zeroUuid,
  landingPoint: zeroVector,
  landingLookAt: zeroVector,
  otherCleanTime: 0,
  seeAvatars: true,
  anyAvatarSounds: true,
  groupAvatarSounds: true,
  environment: undefined,
};
