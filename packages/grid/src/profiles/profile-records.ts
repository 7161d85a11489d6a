/** What residents tell of themselves and note about others. Source: OpenSim/Framework/UserProfiles.cs. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';

/** What the first page of a profile says. */
export interface ProfilePage {
  readonly webUrl: string;
  readonly imageId: Uuid;
  readonly aboutText: string;
  readonly firstLifeImageId: Uuid;
  readonly firstLifeText: string;
}

export interface ProfileInterests {
  /** Bits of what the resident wants; 32 bits with sign. */
  readonly wantToMask: number;
  readonly wantToText: string;
  readonly skillsMask: number;
  readonly skillsText: string;
  readonly language: string;
}

export interface Profile extends ProfilePage, ProfileInterests {
  readonly userId: Uuid;
  readonly partnerId: Uuid;
}

export function emptyProfile(userId: Uuid): Profile {
  return {
    ...{ userId, partnerId: zeroUuid, webUrl: '', imageId: zeroUuid, aboutText: '' },
    ...{ firstLifeImageId: zeroUuid, firstLifeText: '', wantToMask: 0, wantToText: '' },
    ...{ skillsMask: 0, skillsText: '', language: '' },
  };
}

/** A place that a resident likes. */
export interface Pick {
  readonly id: Uuid;
  readonly creatorId: Uuid;
  readonly topPick: boolean;
  readonly name: string;
  readonly originalName: string;
  readonly description: string;
  readonly parcelId: Uuid;
  readonly snapshotId: Uuid;
  readonly parcelName: string;
  readonly simName: string;
  /** `<x, y, z>` in metres on the grid's map. */
  readonly globalPos: string;
  /** Address of the grid where the place is. */
  readonly gatekeeper: string;
  readonly sortOrder: number;
  readonly enabled: boolean;
}

/** A classified advertisement. */
export interface Classified {
  readonly id: Uuid;
  readonly creatorId: Uuid;
  /** Unix seconds, as the next. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly category: number;
  readonly name: string;
  readonly description: string;
  readonly parcelId: Uuid;
  readonly parentEstate: number;
  readonly snapshotId: Uuid;
  readonly simName: string;
  readonly globalPos: string;
  readonly parcelName: string;
  /** 0 to 255. */
  readonly flags: number;
  readonly price: number;
}

/** An entry of a list. */
export interface NamedId {
  readonly id: Uuid;
  readonly name: string;
}

export interface Preferences {
  readonly imViaEmail: boolean;
  readonly visible: boolean;
  /** Empty: that of the account. */
  readonly email: string;
}

/** UTF-16 units. */
export const profileTextLimits = {
  name: 255,
  text: 65_000,
  url: 255,
  globalPos: 255,
  email: 254,
} as const;

/** Of one resident. */
export const picksMax = 100;
export const classifiedsMax = 100;
export const notesMax = 5000;

/** Something is refused; the message says why. */
export class ProfileRefusedError extends Error {
  override readonly name = 'ProfileRefusedError';
}
