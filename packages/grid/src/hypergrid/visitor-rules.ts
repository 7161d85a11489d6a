/** Who may come from other grids and who may go there, as a grid's operator has set it. */
import { isIP } from 'node:net';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { isSameGrid } from '../grid-url.ts';
import { plainAddress } from '../network-address.ts';
import type { SettingValues } from '../settings/setting-definitions.ts';
import { userIdOf } from './user-identifier.ts';

export interface Visitor {
  readonly id: Uuid;
  readonly home: string;
  readonly clientAddress: string;
}

/** Home addresses are compared by host and port. */
export function isHomeAllowed(settings: SettingValues, home: string): boolean {
  const { foreignAgentsAllowed, foreignAgentsExcept } = settings;
  return foreignAgentsAllowed !== foreignAgentsExcept.some((entry) => isSameGrid(entry, home));
}

export function isTripAllowed(settings: SettingValues, gatekeeper: string): boolean {
  const { foreignTripsAllowed, foreignTripsExcept } = settings;
  return foreignTripsAllowed !== foreignTripsExcept.some((entry) => isSameGrid(entry, gatekeeper));
}

export function isBanned(settings: SettingValues, visitor: Visitor): boolean {
  return settings.bannedVisitors.some((entry) => names(entry, visitor));
}

function names(entry: string, visitor: Visitor): boolean {
  const id = tryParseUuid(entry) ?? userIdOf(entry);
  if (id !== undefined) return id === visitor.id;
  if (isIP(entry) !== 0) return plainAddress(entry) === plainAddress(visitor.clientAddress);
  return isSameGrid(entry, visitor.home);
}
