/**
 * The home side of Hypergrid: it vouches for residents who travel and tells other grids about residents.
 * Source: OpenSim/Services/HypergridService/UserAgentService.cs.
 */
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';
import type { Account } from '../accounts/account.ts';
import type { Accounts } from '../accounts/accounts.ts';
import { residentServiceUrls } from '../accounts/service-urls.ts';
import type { Friends } from '../friends/friends.ts';
import type { GridUsers } from '../gridusers/grid-users.ts';
import { lookNorth, regionMiddle } from '../login/start-location.ts';
import { plainAddress } from '../network-address.ts';
import type { OwnAddress } from '../own-address.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';
import { regionWithoutAim } from '../registry/region-without-aim.ts';
import type { RegisteredRegion } from '../registry/registered-region.ts';
import { isSameSecret } from '../same-secret.ts';
import { teleportFlags } from '../simulation/agent-circuit.ts';
import { circuitServiceUrls } from '../simulation/circuit-service-urls.ts';
import { refuseAgent } from './agent-post.ts';
import type { AgentAnswer, AgentCall } from './agent-post.ts';
import type { ForeignGrids } from './foreign-grids.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import { OwnIpAddresses } from './own-ip-addresses.ts';
import type { Travel } from './travel-record.ts';
import type { Travels } from './travel.ts';
import { formatUserIdentifier, tryParseUserIdentifier, userIdOf } from './user-identifier.ts';
import { isTripAllowed } from './visitor-rules.ts';

/** Trips that wait for another grid's answer. */
const tripsMax = 64;
/** What stands for the secret of a friendship where it is nobody's business. */
const hiddenSecret = '0';

export interface UserAgentsOptions {
  readonly own: OwnAddress;
  readonly accounts: Accounts;
  readonly travels: Travels;
  readonly gridUsers: GridUsers;
  readonly friends: Friends;
  readonly registry: RegionRegistry;
  readonly gatekeeper: Gatekeeper;
  readonly foreign: ForeignGrids;
  readonly ownIpAddresses?: OwnIpAddresses;
}

export interface HomeRegion {
  readonly region: RegisteredRegion;
  readonly position: Vector3;
  readonly lookAt: Vector3;
}

export class UserAgents {
  readonly #options: UserAgentsOptions;
  readonly #ownIpAddresses: OwnIpAddresses;
  #trips = 0;

  constructor(options: UserAgentsOptions) {
    this.#options = options;
    this.#ownIpAddresses = options.ownIpAddresses ?? new OwnIpAddresses();
  }

  /** Whether this grid has sent the session out with this token. */
  async verifyAgent(sessionId: Uuid, token: string): Promise<boolean> {
    const travel = await this.#options.travels.find(sessionId);
    return travel !== undefined && isSameSecret(travel.serviceSessionId, token);
  }

  /** Whether the viewer that shows up at a simulator is the one that logged in: by its IP address. */
  async verifyClient(sessionId: Uuid, address: string): Promise<boolean> {
    const { travels, own } = this.#options;
    const travel = await travels.find(sessionId);
    if (travel === undefined) return false;
    const { settings, url } = await own.read();
    if (settings.bypassClientVerification) return true;
    if (address.trim() === '') return false;
    return (
      plainAddress(travel.clientAddress) === plainAddress(address) || this.#ownIpAddresses.has(url, address)
    );
  }

  async isComingHome(sessionId: Uuid, gatekeeper: string): Promise<boolean> {
    const { travels, own } = this.#options;
    const travel = await travels.find(sessionId);
    const { isOwn } = await own.read();
    return travel !== undefined && isOwn(travel.gatekeeper) && isOwn(gatekeeper);
  }

  /** The session ends, wherever it is. Nothing happens when it is not this resident's. */
  async logout(sessionId: Uuid, userId: Uuid): Promise<void> {
    const { travels, gridUsers, own } = this.#options;
    const ended = await travels.end(sessionId, userId);
    if (ended === undefined) return;
    if (!(await own.read()).isOwn(ended.gatekeeper)) travels.noteAbroad(userId);
    const user = await gridUsers.find(userId);
    if (user?.online !== true) return;
    await gridUsers.loggedOut(userId, user.lastRegionId, user.lastPosition, user.lastLookAt);
  }

  /** The home that a resident has set while it is on the map, else a region where logins go. */
  async homeRegion(userId: Uuid): Promise<HomeRegion | undefined> {
    const { accounts, gridUsers, own, registry } = this.#options;
    if ((await accounts.find(userId)) === undefined) return undefined;
    const user = await gridUsers.find(userId);
    const set =
      user === undefined || user.homeRegionId === zeroUuid
        ? undefined
        : await registry.find(user.homeRegionId);
    if (user !== undefined && set !== undefined)
      return { region: set, position: user.homePosition, lookAt: user.homeLookAt };
    const { settings } = await own.read();
    const region = await regionWithoutAim(registry, settings.loginFallbackToAnyRegion);
    return region === undefined ? undefined : { region, position: regionMiddle, lookAt: lookNorth };
  }

  /** Undefined when nobody has the id. */
  async serviceUrls(userId: Uuid): Promise<ReadonlyMap<string, string> | undefined> {
    const account = await this.#options.accounts.find(userId);
    return account === undefined
      ? undefined
      : residentServiceUrls((await this.#options.own.read()).url, account.serviceUrls);
  }

  /** The identifier of a resident, or of somebody on the user's list of friends. */
  async identifier(userId: Uuid, targetId: Uuid): Promise<string | undefined> {
    const account = await this.#options.accounts.find(targetId);
    if (account !== undefined) return this.residentIdentifier(account);
    const friends = await this.#options.friends.list(userId);
    const friend = friends.find((one) => userIdOf(one.friend) === targetId);
    const known = friend === undefined ? undefined : tryParseUserIdentifier(friend.friend);
    return known === undefined
      ? undefined
      : formatUserIdentifier(known, known.secret === '' ? '' : hiddenSecret);
  }

  async residentIdentifier({ id, firstName, lastName }: Account): Promise<string> {
    const { url: home } = await this.#options.own.read();
    return formatUserIdentifier({ id, home, firstName, lastName });
  }

  /** Only residents whom their level lets be found from outside. */
  async residentNamed(firstName: string, lastName: string): Promise<Account | undefined> {
    const account = await this.#options.accounts.findNamed(firstName, lastName);
    const { settings } = await this.#options.own.read();
    return account !== undefined && account.level >= settings.outsideContactsLevel ? account : undefined;
  }

  /** Gatekeeper of the other grid where a resident is. An older session that never ended says nothing. */
  async whereAbroad(userId: Uuid): Promise<string | undefined> {
    const { isOwn } = await this.#options.own.read();
    const [latest] = await this.#options.travels.ofUser(userId);
    return latest === undefined || isOwn(latest.gatekeeper) ? undefined : latest.gatekeeper;
  }

  /** Whether a resident is on another grid, or came from one a moment ago: that grid may still have something to store. */
  async isTravelling(userId: Uuid): Promise<boolean> {
    const { isOwn } = await this.#options.own.read();
    const travels = await this.#options.travels.ofUser(userId);
    return travels.some((travel) => !isOwn(travel.gatekeeper)) || this.#options.travels.wasAbroad(userId);
  }

  /** With the details only where the operator shows them to other grids. */
  async about(userId: Uuid): Promise<{ readonly account: Account; readonly details: boolean } | undefined> {
    const account = await this.#options.accounts.find(userId);
    const { settings } = await this.#options.own.read();
    return account === undefined ? undefined : { account, details: settings.showDetailsOutside };
  }

  /**
   * Sends a resident to another grid, or home. Anybody may ask for it, so only a session that has logged in here travels:
   * otherwise whoever knows a resident's id could have this grid vouch for him.
   */
  async sendAgent(call: AgentCall): Promise<AgentAnswer> {
    if (this.#trips >= tripsMax)
      return refuseAgent('Too many people are travelling at the moment. Please try again in a minute.');
    this.#trips += 1;
    try {
      return await this.#sendAgent(call);
    } finally {
      this.#trips -= 1;
    }
  }

  async #sendAgent(call: AgentCall): Promise<AgentAnswer> {
    const { accounts, own: address, travels } = this.#options;
    const { agentId: userId, sessionId } = call.circuit;
    const account = await accounts.find(userId);
    const before = await travels.find(sessionId);
    if (account === undefined || before?.userId !== userId)
      return refuseAgent('Forbidden to launch your agents from here');
    const own = await address.read();
    const target = call.gatekeeper;
    if (target === undefined) return refuseAgent('The destination names no grid');
    const goesHome = own.isOwn(target);
    if (!goesHome && !(own.settings.hypergrid && isTripAllowed(own.settings, target)))
      return refuseAgent('Your world does not allow you to visit the destination');
    const gatekeeper = goesHome ? own.url : target;
    const started = await travels.start({
      sessionId,
      userId,
      gatekeeper,
      clientAddress: before.clientAddress,
    });
    if (started === undefined) return refuseAgent('Forbidden to launch your agents from here');
    if (!goesHome || !own.isOwn(before.gatekeeper)) travels.noteAbroad(userId);
    return this.#undoUnlessGranted(started, before, async () => {
      const circuit = {
        ...call.circuit,
        firstName: account.firstName,
        lastName: account.lastName,
        serviceSessionId: started.serviceSessionId,
        // Never what the caller says: other grids compare it with the viewer that shows up.
        clientAddress: started.clientAddress === '' ? call.circuit.clientAddress : started.clientAddress,
        serviceUrls: circuitServiceUrls(account, own.url),
      };
      if (goesHome) return this.#options.gatekeeper.admit(circuit, call.destination.regionId, call.source);
      const leaving = { ...circuit, teleportFlags: teleportFlags.viaLogin };
      return this.#options.foreign.sendAgent(gatekeeper, leaving, call);
    });
  }

  async #undoUnlessGranted(
    started: Travel,
    before: Travel,
    send: () => Promise<AgentAnswer>,
  ): Promise<AgentAnswer> {
    let granted = false;
    try {
      const answer = await send();
      ({ granted } = answer);
      return answer;
    } finally {
      if (!granted) await this.#options.travels.undo(started, before);
    }
  }
}
