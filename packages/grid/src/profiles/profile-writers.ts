/**
 * Whom profiles believe. Simulators send no credential with these calls, so their address has to do: one from which a
 * simulator of this grid has shown its credential lately. A resident who is on another grid writes through the simulators
 * there, which nobody here knows: as long as the trip lasts, any address may write for that resident.
 */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AtOnce } from '../at-once.ts';
import { isSameGrid } from '../grid-url.ts';
import type { Travels } from '../hypergrid/travel.ts';

export interface ProfileWritersOptions {
  readonly isSimulatorAddress: (address: string) => AtOnce<boolean>;
  readonly travels: Pick<Travels, 'ofUser'>;
  /** Address under which other grids know this one. */
  readonly homeUri: () => AtOnce<string>;
}

export function profileWriters(options: ProfileWritersOptions) {
  const { isSimulatorAddress, travels, homeUri } = options;
  return async (residentId: Uuid, address: string): Promise<boolean> => {
    if (await isSimulatorAddress(address)) return true;
    const home = await homeUri();
    return (await travels.ofUser(residentId)).some(({ gatekeeper }) => !isSameGrid(gatekeeper, home));
  };
}
