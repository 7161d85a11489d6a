/** The services of a grid for other grids, put together. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Accounts } from '../accounts/accounts.ts';
import type { Assets } from '../assets/assets.ts';
import { AssetsRobust } from '../assets/assets-robust.ts';
import type { Friends } from '../friends/friends.ts';
import type { GridUsers } from '../gridusers/grid-users.ts';
import { ForeignUploads } from '../hg-assets/foreign-uploads.ts';
import { HgAssets } from '../hg-assets/hg-assets.ts';
import { InstantMessages } from '../instant-messages/instant-messages.ts';
import { instantMessagesXmlRpc } from '../instant-messages/instant-messages-xmlrpc.ts';
import type { OfflineMessages } from '../offline-im/offline-messages.ts';
import type { Outbound } from '../outbound/outbound.ts';
import { OwnAddress } from '../own-address.ts';
import type { Presence } from '../presence/presence.ts';
import type { PublicServices } from '../public-calls.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';
import type { ServiceLog } from '../service-log.ts';
import type { PublicAddress } from '../settings/public-address.ts';
import type { Settings } from '../settings/settings.ts';
import type { Simulation } from '../simulation/simulation.ts';
import { agentsRobust } from './agents-robust.ts';
import { ForeignGrids } from './foreign-grids.ts';
import { Gatekeeper } from './gatekeeper.ts';
import { gatekeeperXmlRpc } from './gatekeeper-xmlrpc.ts';
import { hgFriendsRobust } from './hg-friends-robust.ts';
import { HgFriends } from './hg-friends.ts';
import { RegionFriends } from './region-friends.ts';
import { RegionLinks } from './region-links.ts';
import type { Travels } from './travel.ts';
import { userAgentsXmlRpc } from './user-agents-xmlrpc.ts';
import { UserAgents } from './user-agents.ts';

export interface HypergridOptions {
  readonly settings: Settings;
  readonly publicAddress: PublicAddress;
  readonly accounts: Accounts;
  readonly assets: Assets;
  readonly friends: Friends;
  readonly gridUsers: GridUsers;
  readonly offlineMessages: OfflineMessages;
  readonly outbound: Outbound;
  readonly presence: Presence;
  readonly registry: RegionRegistry;
  readonly simulation: Simulation;
  readonly travels: Travels;
  readonly log: ServiceLog;
}

export interface Hypergrid {
  readonly own: OwnAddress;
  readonly foreign: ForeignGrids;
  readonly gatekeeper: Gatekeeper;
  readonly userAgents: UserAgents;
  readonly friends: HgFriends;
  readonly messages: InstantMessages;
  readonly assets: HgAssets;
  /** To regions of other grids. */
  readonly links: RegionLinks;
  /** Whether a resident is on another grid, or was a moment ago: then that grid may see to his suitcase. */
  readonly isTravelling: (userId: Uuid) => Promise<boolean>;
}

export function createHypergrid(options: HypergridOptions): Hypergrid {
  const { settings, publicAddress, outbound, presence, registry, travels } = options;
  const own = new OwnAddress(settings, publicAddress);
  const foreign = new ForeignGrids(outbound);
  const gatekeeper = new Gatekeeper({ ...options, own, foreign });
  const userAgents = new UserAgents({ ...options, own, foreign, gatekeeper });
  const regions = new RegionFriends(outbound, presence, registry);
  return {
    ...{ own, foreign, gatekeeper, userAgents },
    friends: new HgFriends({ ...options, own, foreign, regions }),
    messages: new InstantMessages({
      ...{ ...options, own },
      locate: (userId) => userAgents.whereAbroad(userId),
    }),
    assets: new HgAssets({ ...options, own, uploads: new ForeignUploads({ travels, own }) }),
    links: new RegionLinks({ own, foreign, registry }),
    isTravelling: (userId) => userAgents.isTravelling(userId),
  };
}

/** For the public port; what travellers' inventories need is elsewhere. */
export function hypergridPublic(
  hypergrid: Hypergrid,
  log: ServiceLog,
): Pick<PublicServices, 'routes' | 'xmlRpc'> {
  const { own, gatekeeper, userAgents, friends, messages } = hypergrid;
  const { handle: assets } = new AssetsRobust({
    assets: hypergrid.assets,
    hotReplyBytes: 0,
    onRefused: (error, source) => log.warn({ source, reason: error.message }, 'asset from outside refused'),
  });
  return {
    routes: new Map([
      ...agentsRobust(gatekeeper, userAgents, log),
      ...hgFriendsRobust(friends, log),
      ['assets', assets],
      ['get_assets_exist', assets],
    ]),
    xmlRpc: new Map([
      ...gatekeeperXmlRpc(gatekeeper, own),
      ...userAgentsXmlRpc(userAgents),
      ...instantMessagesXmlRpc(messages),
    ]),
  };
}
