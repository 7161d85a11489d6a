/** A region that a simulator runs, or a link to a region of another grid, as it stands on the grid's map. */
import type { Uuid } from '@gridkeep/wire/uuid';

/** Metres of one cell of the map, and the least size of a region. */
export const cellMetres = 256;
/** Metres of a side (Constants.MaximumRegionSize, and what older simulators allowed). */
export const registeredSizeMax = 8192;
/** Metres: links to other grids have the rows below for themselves (OpenSim/Services/GridService/GridService.cs). */
export const regionRowsStart = 17 * cellMetres;

/** OpenSim/Framework/RegionFlags.cs */
export const regionFlags = {
  default: 1,
  fallback: 2,
  online: 4,
  noDirectLogin: 8,
  persistent: 16,
  lockedOut: 32,
  noMove: 64,
  reservation: 128,
  authenticate: 256,
  hyperlink: 512,
  defaultHypergrid: 1024,
} as const;

type Flagged = Pick<RegisteredRegion, 'flags'>;

/** A link to a region of another grid. */
export function isLink({ flags }: Flagged): boolean {
  return (flags & regionFlags.hyperlink) !== 0;
}

/** A region of this grid whose simulator has not signed off. */
export function isOnline(region: Flagged): boolean {
  return (region.flags & regionFlags.online) !== 0 && !isLink(region);
}

export interface RegisteredRegion {
  readonly id: Uuid;
  readonly name: string;
  /** Metres of the south-west corner; multiples of 256. */
  readonly x: number;
  readonly y: number;
  /** Metres; multiples of 256. */
  readonly sizeX: number;
  readonly sizeY: number;
  /** Bits of `regionFlags`. */
  readonly flags: number;
  /** External host name or address; simulators and viewers resolve it. */
  readonly serverHost: string;
  readonly httpPort: number;
  /** Address for calls between simulators, with a slash at its end. */
  readonly serverUri: string;
  /** UDP port for viewers. */
  readonly udpPort: number;
  readonly mapTexture: Uuid;
  readonly parcelTexture: Uuid;
  /** 13 general, 21 moderate, 42 adult. */
  readonly access: number;
  /** Chosen by the region; handed back to every simulator that asks. */
  readonly secret: string;
  /** Owner of its estate. */
  readonly ownerId: Uuid;
  readonly token: string;
  /** Name of the simulator whose credential registered it; empty for links and in open mode. */
  readonly simulator: string;
  /** Unix milliseconds. */
  readonly registeredAt: number;
  /** Unix milliseconds of the last register, deregister or successful check. */
  readonly lastSeen: number;
  /** Unix milliseconds; set while its simulator does not answer the grid's checks. */
  readonly unreachableSince?: number;
}

/** What a simulator says of a region that it starts. */
export type Registration = Pick<
  RegisteredRegion,
  | 'id'
  | 'name'
  | 'x'
  | 'y'
  | 'sizeX'
  | 'sizeY'
  | 'serverHost'
  | 'httpPort'
  | 'serverUri'
  | 'udpPort'
  | 'mapTexture'
  | 'parcelTexture'
  | 'access'
  | 'secret'
  | 'ownerId'
  | 'token'
>;

/** Who registers. */
export interface RegistrationSource {
  /** Name of the simulator's credential; empty when simulators need none. */
  readonly simulator: string;
  /** IP address that the call came from; empty when unknown. */
  readonly address: string;
}

/** A region of another grid that stands on the map. Its secret is the region handle over there. */
export interface Hyperlink {
  /** The region's id over there. */
  readonly id: Uuid;
  /** Address of the other grid, and after a blank the region's name. */
  readonly name: string;
  readonly sizeX: number;
  readonly sizeY: number;
  /** Decimal. */
  readonly remoteHandle: string;
  /** Of the other grid's gatekeeper. */
  readonly serverHost: string;
  readonly httpPort: number;
  readonly serverUri: string;
  readonly mapTexture: Uuid;
}

/** A registration breaks a rule; the message is for the operator, and goes to the region's console. */
export class RegistrationRefusedError extends Error {
  override readonly name = 'RegistrationRefusedError';
}

/** What an operator can say of a region; the other flags follow from what happens. */
export const operatorFlags = {
  default: regionFlags.default,
  fallback: regionFlags.fallback,
  'no-direct-login': regionFlags.noDirectLogin,
  persistent: regionFlags.persistent,
  'locked-out': regionFlags.lockedOut,
  'no-move': regionFlags.noMove,
  'default-hypergrid': regionFlags.defaultHypergrid,
} as const;

export type OperatorFlag = keyof typeof operatorFlags;

export function isOperatorFlag(name: string): name is OperatorFlag {
  return Object.hasOwn(operatorFlags, name);
}

export function operatorFlagNames(flags = -1): readonly OperatorFlag[] {
  return Object.keys(operatorFlags)
    .filter(isOperatorFlag)
    .filter((name) => (flags & operatorFlags[name]) !== 0);
}
