/** Everything that a grid answers on the wire, by the port on which it is asked. The only place where wire forms are mounted. */
import { accountsRobust } from './accounts/accounts-robust.ts';
import { agentPreferencesRobust } from './agentprefs/agent-preferences-robust.ts';
import { AssetsRobust } from './assets/assets-robust.ts';
import { authenticationRobust } from './authentication/authentication-robust.ts';
import { avatarsRobust } from './avatars/avatars-robust.ts';
import { bakesRobust } from './bakes/bakes-robust.ts';
import { estatesRobust } from './estates/estates-robust.ts';
import { friendsRobust } from './friends/friends-robust.ts';
import type { GridServices } from './grid-services.ts';
import { gridUsersRobust } from './gridusers/grid-users-robust.ts';
import { gridInfoRoutes, gridInfoXmlRpc } from './gridinfo/grid-info-public.ts';
import { groupsRobust } from './groups/groups-robust.ts';
import { hgGroupsRobust } from './groups/hg-groups-robust.ts';
import { hypergridPublic } from './hypergrid/hypergrid.ts';
import { FolderReplies } from './inventory/folder-replies.ts';
import { inventoryRobust } from './inventory/inventory-robust.ts';
import { LoginLevel } from './login/login-level.ts';
import { llsdLogin, loginXmlRpc } from './login/login-public.ts';
import { mutesRobust } from './mutes/mutes-robust.ts';
import { mapTileRoutes, mapTileUploads } from './maptiles/map-tiles-robust.ts';
import { offlineImRobust } from './offline-im/offline-im-robust.ts';
import { presenceRobust } from './presence/presence-robust.ts';
import { profileWriters } from './profiles/profile-writers.ts';
import { profilesJsonRpc } from './profiles/profiles-jsonrpc.ts';
import type { PublicServices } from './public-calls.ts';
import { registryRobust } from './registry/registry-robust.ts';
import { createResident } from './residents.ts';
import type { RobustHandler, RobustRoutes } from './robust-http.ts';
import type { ServiceLog } from './service-log.ts';
import { SuitcaseInventory } from './suitcase/suitcase-inventory.ts';
import { suitcaseRobust } from './suitcase/suitcase-robust.ts';
import { wornItemsIn } from './suitcase/worn-items.ts';

export interface GridWireOptions {
  readonly log: ServiceLog;
  /** Bytes of ready replies with assets that are kept in memory. */
  readonly hotReplyBytes?: number;
  /** Whether a simulator of this grid has shown its credential from that address lately. */
  readonly isSimulatorAddress: (address: string) => boolean | Promise<boolean>;
}

export interface GridWire {
  /** For simulators that have shown their credential. */
  readonly privateRoutes: RobustRoutes;
  /** For everybody: viewers, foreign grids, and simulators where they send no credential. */
  readonly publicServices: PublicServices;
}

export function createGridWire(services: GridServices, options: GridWireOptions): GridWire {
  const { log, hotReplyBytes } = options;
  const { handle: assets } = new AssetsRobust({
    assets: services.assets,
    ...(hotReplyBytes === undefined ? {} : { hotReplyBytes }),
    onRefused: (error, source) => log.warn({ source, reason: error.message }, 'asset refused'),
  });
  const hypergrid = hypergridPublic(services.hypergrid, log);
  const loginLevel = new LoginLevel({ ...services, log });
  const folderReplies = new FolderReplies(services);
  const suitcase = new SuitcaseInventory({
    ...{ ...services, replies: folderReplies },
    wornItems: async (residentId) => wornItemsIn(await services.avatars.find(residentId)),
    mayAsk: (residentId) => services.hypergrid.isTravelling(residentId),
  });
  const mayWrite = profileWriters({
    ...{ isSimulatorAddress: options.isSimulatorAddress, travels: services.travels },
    homeUri: () => services.publicAddress.read(),
  });
  return {
    privateRoutes: joined([
      routes({ assets, get_assets_exist: assets }),
      mapTileUploads(services.mapTiles, log),
      registryRobust({
        ...{ registry: services.registry, info: services.info, own: services.hypergrid.own, log },
        makeLink: (grid, name) => services.hypergrid.links.find(grid, name),
      }),
      presenceRobust(services.presence, log),
      gridUsersRobust(services.gridUsers, log),
      avatarsRobust(services.avatars, log),
      friendsRobust(services.friends, log),
      bakesRobust(services.bakes, log),
      offlineImRobust(services.offlineMessages, log),
      inventoryRobust(services.inventory, folderReplies, log),
      estatesRobust(services.estates, log),
      groupsRobust(services.groups, services.groupRoles, log),
      accountsRobust({
        ...services,
        createResident: (resident) => createResident(services, resident),
        log,
      }),
      authenticationRobust({ ...services, log }),
      agentPreferencesRobust(services.agentPreferences, log),
      mutesRobust(services.mutes, log),
    ]),
    publicServices: {
      routes: joined([
        hypergrid.routes,
        suitcaseRobust(suitcase, log),
        hgGroupsRobust({ ...services, log }),
        gridInfoRoutes(services.info, services.statistics, services.settings),
        mapTileRoutes(services.mapTiles),
      ]),
      xmlRpc: joined([
        hypergrid.xmlRpc,
        gridInfoXmlRpc(services.info),
        loginXmlRpc(services.login, loginLevel, log),
      ]),
      jsonRpc: joined([profilesJsonRpc({ ...services, mayWrite, log })]),
      llsdLogin: llsdLogin(services.login, log),
    },
  };
}

function routes(handlers: Readonly<Record<string, RobustHandler>>): RobustRoutes {
  return new Map(Object.entries(handlers));
}

/** Throws when two services claim one name: a mistake in the program. */
function joined<Value>(all: readonly ReadonlyMap<string, Value>[]): ReadonlyMap<string, Value> {
  const methods = new Map<string, Value>();
  for (const [name, method] of all.flatMap((one) => [...one])) {
    if (methods.has(name)) throw new Error(`two services answer ${name}`);
    methods.set(name, method);
  }
  return methods;
}
