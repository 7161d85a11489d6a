/** Where a login goes to, before anybody has asked the region. Source: OpenSim/Services/LLLoginService/LLLoginService.cs. */
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';
import type { GridUser } from '../gridusers/grid-user.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';
import { isOnline, regionFlags } from '../registry/registered-region.ts';
import type { RegisteredRegion } from '../registry/registered-region.ts';
import { regionWithoutAim } from '../registry/region-without-aim.ts';
import { teleportFlags } from '../simulation/agent-circuit.ts';
import { unknownStart } from './login-refused.ts';

/** As viewers are told: `safe` when it is another place than the one asked for. */
export type StartKind = 'home' | 'last' | 'url' | 'safe';

export type StartLocation =
  | { readonly kind: 'home' }
  | { readonly kind: 'last' }
  | { readonly kind: 'region'; readonly region: string; readonly position: Vector3 }
  /** A region of another grid: nobody can log in there from here. */
  | { readonly kind: 'foreign' };

export interface Destination {
  readonly region: RegisteredRegion;
  readonly position: Vector3;
  readonly lookAt: Vector3;
  readonly kind: StartKind;
  /** Bits of `teleportFlags`. */
  readonly flags: number;
}

/** Where somebody arrives who asked for no place, in metres, and where they look. */
export const regionMiddle: Vector3 = { x: 128, y: 128, z: 0 };
export const lookNorth: Vector3 = { x: 0, y: 1, z: 0 };
const coordinateMax = 1_000_000;

const uri = /^uri:([^&]+)&(\d+(?:\.\d+)?)&(\d+(?:\.\d+)?)&(\d+(?:\.\d+)?)$/;

/** Throws LoginRefusedError for what is none. */
export function parseStart(text: string): StartLocation {
  const start = text.trim();
  if (start === 'home' || start === 'last') return { kind: start };
  const [, region, ...numbers] = uri.exec(start) ?? [];
  const [x, y, z] = numbers.map(Number);
  if (region === undefined || x === undefined || y === undefined || z === undefined)
    throw unknownStart(start);
  if (region.includes('@')) return { kind: 'foreign' };
  if (Math.max(x, y, z) > coordinateMax) throw unknownStart(start);
  return { kind: 'region', region, position: { x, y, z } };
}

export type StartRegistry = Pick<RegionRegistry, 'find' | 'findNamed' | 'defaults' | 'fallbacks' | 'online'>;

export interface StartOptions {
  readonly registry: StartRegistry;
  readonly user: GridUser | undefined;
  /** Any region will do when no default or fallback region is online. */
  readonly anyRegion: boolean;
}

/** Undefined when no region is online that might do. */
export async function findDestination(
  start: StartLocation,
  options: StartOptions,
): Promise<Destination | undefined> {
  const { registry, user } = options;
  switch (start.kind) {
    case 'home': {
      const region = user && (await onlineRegion(registry, user.homeRegionId));
      if (user === undefined || region === undefined) return otherwise(options);
      const { homePosition: position, homeLookAt: lookAt } = user;
      return {
        ...{ region, position, lookAt, kind: 'home' },
        flags: teleportFlags.viaLogin | teleportFlags.viaHome,
      };
    }
    case 'last': {
      const region = user && (await onlineRegion(registry, user.lastRegionId));
      if (user === undefined || region === undefined) return otherwise(options);
      const position = inside(region, user.lastPosition);
      return {
        ...{ region, position, lookAt: user.lastLookAt, kind: 'last' },
        flags: teleportFlags.viaLogin,
      };
    }
    case 'region': {
      const { position } = start;
      const region = await registry.findNamed(start.region);
      if (region === undefined || !isOnline(region) || (region.flags & regionFlags.noDirectLogin) !== 0)
        return otherwise(options, position);
      return {
        ...{ region, position, lookAt: lookNorth, kind: 'url' },
        flags: teleportFlags.viaLogin | teleportFlags.viaRegionId,
      };
    }
    case 'foreign':
      return undefined;
  }
}

async function otherwise(
  { registry, anyRegion }: StartOptions,
  position: Vector3 = regionMiddle,
): Promise<Destination | undefined> {
  const region = await regionWithoutAim(registry, anyRegion);
  if (region === undefined) return undefined;
  return {
    ...{ region, position, lookAt: lookNorth, kind: 'safe' },
    flags: teleportFlags.viaLogin | teleportFlags.viaRegionId,
  };
}

async function onlineRegion(registry: StartRegistry, id: Uuid): Promise<RegisteredRegion | undefined> {
  const region = id === zeroUuid ? undefined : await registry.find(id);
  return region !== undefined && isOnline(region) ? region : undefined;
}

/** Half a metre from the border at least: a viewer that starts on it is across. */
function inside({ sizeX, sizeY }: RegisteredRegion, { x, y, z }: Vector3): Vector3 {
  const within = (value: number, size: number) => Math.min(Math.max(value, 0.5), size - 0.5);
  return { x: within(x, sizeX), y: within(y, sizeY), z };
}
