/** The services of one grid, put together. */
import type { BlobId, BlobStore } from '@gridkeep/storage/blobs/blob-store';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { AccompanyingAssets } from './accompanying/accompanying-assets.ts';
import { Accounts } from './accounts/accounts.ts';
import { AgentPreferencesService } from './agentprefs/agent-preferences.ts';
import type { AssetConflict } from './assets/asset-record.ts';
import { Assets } from './assets/assets.ts';
import { Authentication } from './authentication/authentication.ts';
import { Avatars } from './avatars/avatars.ts';
import type { BackgroundWork } from './background-work.ts';
import { Bakes } from './bakes/bakes.ts';
import { Estates } from './estates/estates.ts';
import { Friends } from './friends/friends.ts';
import { GridUsers } from './gridusers/grid-users.ts';
import { GroupRoles } from './groups/group-roles.ts';
import { Groups } from './groups/groups.ts';
import { HgGroups } from './groups/hg-groups.ts';
import { createHypergrid } from './hypergrid/hypergrid.ts';
import type { Hypergrid } from './hypergrid/hypergrid.ts';
import { Travels } from './hypergrid/travel.ts';
import { GridInfo } from './gridinfo/grid-info.ts';
import { GridStatistics } from './gridinfo/grid-statistics.ts';
import { Inventory } from './inventory/inventory.ts';
import { Library } from './library/library.ts';
import { HostAddresses } from './login/host-addresses.ts';
import { LoginThrottle } from './login/login-throttle.ts';
import { Login } from './login/login.ts';
import { OfflineMessages } from './offline-im/offline-messages.ts';
import { Presence } from './presence/presence.ts';
import { Mutes } from './mutes/mutes.ts';
import { Profiles } from './profiles/profiles.ts';
import { Regions } from './regions/regions.ts';
import { MapTiles } from './maptiles/map-tiles.ts';
import { TileComposer } from './maptiles/tile-composer.ts';
import { Outbound } from './outbound/outbound.ts';
import { RegionChecks } from './registry/region-checks.ts';
import { RegionRegistry } from './registry/region-registry.ts';
import { silentLog } from './service-log.ts';
import type { ServiceLog } from './service-log.ts';
import { PublicAddress } from './settings/public-address.ts';
import { Settings } from './settings/settings.ts';
import { Simulation } from './simulation/simulation.ts';
import { Terms } from './terms/terms.ts';
import { within } from './transactions.ts';
import { upkeepTasks } from './upkeep/upkeep-tasks.ts';
import { Upkeep } from './upkeep/upkeep.ts';
import { ContentUsage } from './usage/content-usage.ts';
import type { ContentTotals } from './usage/content-usage.ts';

/** What its host allows a grid. */
export interface GridLimits {
  /** Bytes of distinct content; 100 GB when left out. A function where its host may change it. */
  readonly quotaBytes?: number | (() => number);
  /** False: residents can delete only links. Default true. */
  readonly allowInventoryDelete?: boolean;
  /** Told of every asset that was offered with other bytes than it has. */
  readonly onAssetConflict?: (conflict: AssetConflict) => void;
}

/** Where a grid is reached and what it is called, as its host knows it. */
export interface GridAddress {
  readonly name: string;
  /** Short name. */
  readonly nick: string;
  /** Address of the public port, with a slash at its end, such as `http://grid.example.org:8002/`. */
  readonly publicUrl: string;
}

export interface GridServicesOptions {
  /** Migrated with `gridMigrations`. */
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly limits?: GridLimits;
  /** Where this grid is reached now; what an operator set goes before it. Default: for tests only. */
  readonly address?: () => GridAddress;
  readonly log?: ServiceLog;
}

export interface GridServices {
  readonly settings: Settings;
  readonly publicAddress: PublicAddress;
  /** What the grid tells of itself. */
  readonly info: GridInfo;
  readonly statistics: GridStatistics;
  /** For calls to simulators and other grids. */
  readonly outbound: Outbound;
  /** What simulators of this grid are asked. */
  readonly simulation: Simulation;
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly accounts: Accounts;
  readonly authentication: Authentication;
  readonly agentPreferences: AgentPreferencesService;
  readonly mutes: Mutes;
  readonly assets: Assets;
  readonly accompanying: AccompanyingAssets;
  readonly inventory: Inventory;
  readonly library: Library;
  readonly regions: Regions;
  /** Regions that simulators run, on the grid's map. */
  readonly registry: RegionRegistry;
  readonly estates: Estates;
  readonly usage: ContentUsage;
  /** Who is on this grid, visitors too. */
  readonly presence: Presence;
  readonly gridUsers: GridUsers;
  readonly avatars: Avatars;
  readonly friends: Friends;
  readonly bakes: Bakes;
  readonly mapTiles: MapTiles;
  readonly offlineMessages: OfflineMessages;
  readonly groups: Groups;
  readonly groupRoles: GroupRoles;
  /** Groups whose members are of several grids. */
  readonly hgGroups: HgGroups;
  readonly profiles: Profiles;
  /** Where residents' sessions are. */
  readonly travels: Travels;
  /** For other grids, and residents who travel. */
  readonly hypergrid: Hypergrid;
  /** Terms of service. */
  readonly terms: Terms;
  readonly login: Login;
  /** What a server starts once the grid is open, and stops before it closes the database. */
  readonly background: readonly BackgroundWork[];
}

const testAddress = (): GridAddress => ({
  name: 'Test Grid',
  nick: 'test',
  publicUrl: 'http://127.0.0.1:8002/',
});

export function createGridServices(options: GridServicesOptions): GridServices {
  const { database, blobs, limits = {}, address = testAddress, log = silentLog } = options;
  const { quotaBytes, allowInventoryDelete, onAssetConflict } = limits;
  const settings = new Settings(database);
  const publicAddress = new PublicAddress(settings, () => address().publicUrl);
  const usage = new ContentUsage(typeof quotaBytes === 'number' ? () => quotaBytes : quotaBytes);
  const accompanying = new AccompanyingAssets(database);
  const inventory = new Inventory({
    ...{ database, accompanying },
    ...(allowInventoryDelete === undefined ? {} : { allowDelete: allowInventoryDelete }),
  });
  const regions = new Regions({ database, usage, accompanying });
  const registry = new RegionRegistry({ database, settings, regions, log });
  const outbound = new Outbound(settings);
  const presence = new Presence({ database, settings });
  const accounts = new Accounts(database);
  const gridUsers = new GridUsers(database);
  const bakes = new Bakes({ database, blobs });
  const mapTiles = new MapTiles({ database, blobs, registry });
  const offlineMessages = new OfflineMessages({ database, settings });
  const groups = new Groups({ database, gridUsers });
  const groupRoles = new GroupRoles(database);
  const friends = new Friends(database);
  const travels = new Travels(database);
  const simulation = new Simulation(outbound);
  const assets = new Assets({
    ...{ database, blobs, usage },
    ...(onAssetConflict === undefined ? {} : { onConflict: onAssetConflict }),
  });
  const authentication = new Authentication(database);
  const throttle = new LoginThrottle({ database });
  const cleaned = { bakes, offlineMessages, groups, travels, authentication, throttle };
  const tasks = upkeepTasks({ database, presence, gridUsers, registry, ...cleaned }, log);
  const avatars = new Avatars(database);
  const library = new Library({ database, inventory });
  const terms = new Terms(database);
  const login = new Login({
    ...{
      settings,
      publicAddress,
      accounts,
      authentication,
      inventory,
      library,
      gridUsers,
      presence,
      avatars,
    },
    ...{ friends, registry, travels, terms, simulation, log },
    throttle,
    hosts: new HostAddresses(),
  });
  return {
    ...{ presence, gridUsers, bakes, offlineMessages },
    ...{ avatars, authentication, terms, library, login },
    ...{ friends, travels, assets, simulation },
    hypergrid: createHypergrid({
      ...{ settings, publicAddress, accounts, assets, friends, gridUsers, offlineMessages, outbound },
      ...{ presence, registry, simulation, travels, log },
    }),
    ...{ database, blobs, settings, publicAddress, usage, accompanying },
    ...{ accounts, outbound, mapTiles },
    info: new GridInfo({ settings, address }),
    statistics: new GridStatistics(async () => ({
      residents: await accounts.count(),
      activeUsers: await gridUsers.countActive(),
      regions: await registry.onlineCells(),
    })),
    agentPreferences: new AgentPreferencesService(database),
    mutes: new Mutes(database),
    inventory,
    regions,
    registry,
    estates: new Estates(database),
    ...{ groups, groupRoles },
    hgGroups: new HgGroups({
      ...{ database, groups, accounts, offlineMessages },
      roles: groupRoles,
      homeUri: () => publicAddress.read(),
    }),
    profiles: new Profiles(database),
    background: [
      new Upkeep({ database, log, tasks }),
      new RegionChecks({ database, outbound, log }),
      new TileComposer({ database, tiles: mapTiles, log }),
    ],
  };
}

/**
 * Every blob that the grid's records need, for mark and sweep; a blob may come up more than once. Taken from the records
 * themselves and not from the counts, which decide about room only.
 */
export async function* liveBlobs(services: GridServices): AsyncIterable<BlobId> {
  yield* services.assets.liveBlobs();
  yield* services.regions.liveBlobs();
  yield* services.bakes.liveBlobs();
  yield* services.mapTiles.liveBlobs();
}

/** Counts distinct content and kinds of assets afresh from the records, in the given transaction or one of its own. */
export async function recountContent(services: GridServices, transaction?: Queries): Promise<ContentTotals> {
  return within(services.database, transaction, async (queries) => {
    await services.assets.recount(queries);
    return services.usage.rebuild(queries, allUses());
    async function* allUses() {
      yield* services.assets.uses(queries);
      yield* services.regions.uses(queries);
    }
  });
}
