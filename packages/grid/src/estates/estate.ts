/** An estate: rules that its regions share. Source: OpenSim/Framework/EstateSettings.cs. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';

/** Whether residents may do something, or whom the estate keeps out; named as simulators do, in lower camel case. */
export interface EstateFlags {
  readonly allowLandmark: boolean;
  readonly allowParcelChanges: boolean;
  readonly allowSetHome: boolean;
  readonly allowVoice: boolean;
  readonly allowDirectTeleport: boolean;
  readonly denyAnonymous: boolean;
  readonly denyIdentified: boolean;
  readonly denyTransacted: boolean;
  readonly abuseEmailToEstateOwner: boolean;
  readonly blockDwell: boolean;
  readonly estateSkipScripts: boolean;
  readonly resetHomeOnTeleport: boolean;
  /** Parcels may not loosen the estate's rules of access; `tax free` for historical reasons. */
  readonly taxFree: boolean;
  readonly publicAccess: boolean;
  readonly denyMinors: boolean;
  readonly allowEnvironmentOverride: boolean;
}

/** What simulators send and yet no simulator applies from a reply's text; kept as it was loaded or set here. */
export interface EstateNumbers {
  readonly billableFactor: number;
  readonly pricePerMeter: number;
  readonly redirectGridX: number;
  readonly redirectGridY: number;
}

export interface EstateBan {
  readonly userId: Uuid;
  /** Who banned. */
  readonly byUserId: Uuid;
  /** Unix seconds; 0 when not known. */
  readonly time: number;
}

export interface Estate extends EstateFlags, EstateNumbers {
  /** 101 and up for those made here. */
  readonly id: number;
  readonly name: string;
  readonly parentId: number;
  readonly abuseEmail: string;
  /** Zero as long as nobody was named. */
  readonly ownerId: Uuid;
  readonly managers: readonly Uuid[];
  /** Who may enter when there is no public access. */
  readonly access: readonly Uuid[];
  /** Groups whose members may enter. */
  readonly groups: readonly Uuid[];
  readonly bans: readonly EstateBan[];
}

/** What a simulator can store; the numbers stay as they are. */
export type StoredEstate = Omit<Estate, keyof EstateNumbers>;

export const newEstate: Omit<Estate, 'id'> = {
  name: 'My Estate',
  allowLandmark: true,
  allowParcelChanges: true,
  allowSetHome: true,
  parentId: 1,
  billableFactor: 0,
  pricePerMeter: 1,
  redirectGridX: 0,
  redirectGridY: 0,
  allowVoice: true,
  allowDirectTeleport: true,
  denyAnonymous: false,
  denyIdentified: false,
  denyTransacted: false,
  abuseEmailToEstateOwner: false,
  blockDwell: false,
  estateSkipScripts: false,
  resetHomeOnTeleport: false,
  taxFree: false,
  publicAccess: true,
  abuseEmail: '',
  ownerId: zeroUuid,
  denyMinors: false,
  allowEnvironmentOverride: false,
  managers: [],
  access: [],
  groups: [],
  bans: [],
};

/** Entries of each list. Simulators allow 20 managers, 63 groups and 500 of the others: OpenSim/Framework/EstateSettings.cs. */
export const estateListMax = 2000;

export const estateNameMax = 64;
export const estateEmailMax = 255;
/** Estates of one grid. */
export const estatesMax = 10_000;
