/** Ends a connection that somebody still has, as far as the grid knows: a later login needs its place. */
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroVector } from '@gridkeep/wire/vector';
import { gridServicesAccount } from '../accounts/built-in-accounts.ts';
import type { GridUser } from '../gridusers/grid-user.ts';
import type { GridUsers } from '../gridusers/grid-users.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';
import { isOnline } from '../registry/registered-region.ts';
import { messageDialogs } from './instant-message.ts';
import type { InstantMessage } from './instant-message.ts';
import type { Simulation } from './simulation.ts';

export interface OlderSessionServices {
  readonly gridUsers: Pick<GridUsers, 'loggedOut'>;
  readonly registry: Pick<RegionRegistry, 'find'>;
  readonly simulation: Pick<Simulation, 'sendMessage'>;
}

/** How long a traveller or a login waits for it; in milliseconds. */
const kickMs = 3000;

/**
 * Tells the region where the user was last to drop the connection, and marks the user as gone. False when no such region is
 * online: then nobody is there. Source: OpenSim/Services/LLLoginService/LLLoginService.cs, SendAgentGodKillToRegion.
 */
export async function endOlderSession(
  services: OlderSessionServices,
  user: GridUser,
  userId: Uuid,
): Promise<boolean> {
  const { gridUsers, registry, simulation } = services;
  const { lastRegionId, lastPosition, lastLookAt } = user;
  const region = lastRegionId === zeroUuid ? undefined : await registry.find(lastRegionId);
  if (region === undefined || !isOnline(region)) return false;
  await gridUsers.loggedOut(user.userId, lastRegionId, lastPosition, lastLookAt);
  // The region's answer says nothing: it is often no although the connection ends.
  await simulation.sendMessage(region.serverUri, godKick(userId), { timeoutMs: kickMs });
  return true;
}

function godKick(userId: Uuid): InstantMessage {
  return {
    fromAgentId: gridServicesAccount.id,
    fromAgentName: gridServicesAccount.firstName,
    toAgentId: userId,
    imSessionId: zeroUuid,
    dialog: messageDialogs.godKick,
    fromGroup: false,
    message: 'New login detected',
    timestamp: Math.floor(Date.now() / 1000),
    offline: 0,
    parentEstateId: 0,
    position: zeroVector,
    regionId: zeroUuid,
    binaryBucket: Uint8Array.of(0),
  };
}
