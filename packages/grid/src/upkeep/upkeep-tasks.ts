/** What a grid cleans up by itself. */
import type { Database } from '@gridkeep/storage/database/database';
import { andThen } from '../at-once.ts';
import type { GridUsers } from '../gridusers/grid-users.ts';
import type { Presence } from '../presence/presence.ts';
import { boundChanges } from '../record-changes/record-changes.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';
import { isOnline } from '../registry/registered-region.ts';
import type { ServiceLog } from '../service-log.ts';
import type { UpkeepTask } from './upkeep.ts';

/** Forgets what is too old to count; says how many records that were. */
interface Cleaned {
  cleanOld(): Promise<number>;
}

export interface UpkeepServices {
  readonly database: Database;
  readonly presence: Presence;
  readonly gridUsers: GridUsers;
  readonly registry: RegionRegistry;
  readonly bakes: Cleaned;
  readonly offlineMessages: Cleaned;
  readonly groups: Cleaned;
  readonly travels: Cleaned;
  readonly authentication: Cleaned;
  readonly throttle: Cleaned;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export function upkeepTasks(services: UpkeepServices, log: ServiceLog): readonly UpkeepTask[] {
  const old = (name: string, everyMs: number, service: Cleaned): UpkeepTask => ({
    ...{ name: `old-${name}`, everyMs },
    run: async () => void (await service.cleanOld()),
  });
  return [
    { name: 'stale-sessions', everyMs: 5 * minuteMs, run: () => cleanStaleSessions(services, log) },
    old('bakes', 24 * hourMs, services.bakes),
    old('offline-messages', hourMs, services.offlineMessages),
    old('group-messages', hourMs, services.groups),
    old('travels', hourMs, services.travels),
    old('tokens', 10 * minuteMs, services.authentication),
    old('login-failures', 10 * minuteMs, services.throttle),
    {
      ...{ name: 'noted-changes', everyMs: hourMs },
      run: async () => {
        if (await boundChanges(services.database))
          log.warn({}, 'no backup succeeded for long: the next one looks at everything');
      },
    },
  ];
}

async function cleanStaleSessions(
  { presence, gridUsers, registry }: UpkeepServices,
  log: ServiceLog,
): Promise<void> {
  const begun = Date.now();
  const stale = await presence.cleanStale((regionId) =>
    andThen(registry.find(regionId), (region) => region !== undefined && isOnline(region)),
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
