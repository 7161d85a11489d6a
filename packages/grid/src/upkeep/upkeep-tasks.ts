/** What a grid cleans up by itself. */
import { andThen } from '../at-once.ts';
import type { Bakes } from '../bakes/bakes.ts';
import type { GridUsers } from '../gridusers/grid-users.ts';
import type { OfflineMessages } from '../offline-im/offline-messages.ts';
import type { Presence } from '../presence/presence.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';
import { regionFlags } from '../registry/registered-region.ts';
import type { ServiceLog } from '../service-log.ts';
import type { UpkeepTask } from './upkeep.ts';

export interface UpkeepServices {
  readonly presence: Presence;
  readonly gridUsers: GridUsers;
  readonly registry: RegionRegistry;
  readonly bakes: Bakes;
  readonly offlineMessages: OfflineMessages;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export function upkeepTasks(services: UpkeepServices, log: ServiceLog): readonly UpkeepTask[] {
  return [
    { name: 'stale-sessions', everyMs: 5 * minuteMs, run: () => cleanStaleSessions(services, log) },
    { name: 'old-bakes', everyMs: 24 * hourMs, run: async () => void (await services.bakes.cleanOld()) },
    {
      name: 'old-offline-messages',
      everyMs: hourMs,
      run: async () => void (await services.offlineMessages.purgeOld()),
    },
  ];
}

async function cleanStaleSessions(
  { presence, gridUsers, registry }: UpkeepServices,
  log: ServiceLog,
): Promise<void> {
  const begun = Date.now();
  const stale = await presence.cleanStale((regionId) =>
    andThen(registry.find(regionId), (region) => ((region?.flags ?? 0) & regionFlags.online) !== 0),
  );
  const { neverArrived, regionLost, unseen } = stale;
  const users = [...neverArrived, ...regionLost, ...unseen].map(({ userId }) => userId);
  if (users.length === 0) return;
  // Their next login would otherwise be told that they are logged in already.
  await gridUsers.endOnline(users, begun);
  log.info(
    { neverArrived: neverArrived.length, regionLost: regionLost.length, unseen: unseen.length },
    'stale sessions were ended',
  );
}
