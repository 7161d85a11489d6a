/** A region that a simulator runs, or a link to a region of another grid, as it stands on the grid's map. */
import type { Uuid } from '@gridkeep/wire/uuid';

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
}
