/**
 * Who comes in from other grids, and residents who come home. Source: OpenSim/Services/HypergridService/GatekeeperService.cs.
 */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Account } from '../accounts/account.ts';
import type { Accounts } from '../accounts/accounts.ts';
import { gridServicesAccount } from '../accounts/built-in-accounts.ts';
import type { GridUsers } from '../gridusers/grid-users.ts';
import { tryParseGridUrl } from '../grid-url.ts';
import { libraryOwnerId } from '../library/library-ids.ts';
import { isClientAllowed } from '../login/client-rules.ts';
import type { OwnAddress, OwnGrid } from '../own-address.ts';
import type { Presence } from '../presence/presence.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';
import { isLink } from '../registry/registered-region.ts';
import type { RegisteredRegion } from '../registry/registered-region.ts';
import type { ServiceLog } from '../service-log.ts';
import { teleportFlags } from '../simulation/agent-circuit.ts';
import type { JsonObject } from '../public-calls.ts';
import type { AgentCircuit } from '../simulation/agent-circuit.ts';
import { circuitServiceUrls } from '../simulation/circuit-service-urls.ts';
import { endOlderSession } from '../simulation/older-session.ts';
import type { Simulation } from '../simulation/simulation.ts';
import { refuseAgent } from './agent-post.ts';
import type { AgentAnswer } from './agent-post.ts';
import type { ForeignGrids } from './foreign-grids.ts';
import { isSameSecret } from '../same-secret.ts';
import type { Travels } from './travel.ts';
import { formatUserIdentifier, homeMax, nameAtHome, visitorName } from './user-identifier.ts';
import { isBanned, isHomeAllowed } from './visitor-rules.ts';

/** Each waits for an answer of a grid that a stranger has named. */
const arrivalsMax = 64;

export interface GatekeeperOptions {
  readonly own: OwnAddress;
  readonly accounts: Accounts;
  readonly travels: Travels;
  readonly presence: Presence;
  readonly gridUsers: GridUsers;
  readonly registry: RegionRegistry;
  readonly simulation: Simulation;
  readonly foreign: ForeignGrids;
  readonly log: ServiceLog;
}

/** Somebody who has shown to be who he says. */
interface Arrival {
  readonly circuit: AgentCircuit;
  readonly source: JsonObject;
  readonly own: OwnGrid;
  readonly home: string;
  /** Undefined for visitors. */
  readonly account: Account | undefined;
}

export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  #arrivals = 0;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  /** What a link of another grid leads to; the gateway for an empty name. */
  async regionToLink(name: string): Promise<RegisteredRegion | undefined> {
    const { settings } = await this.#options.own.read();
    if (!settings.hypergrid) return undefined;
    if (name.trim() === '' || !settings.visitAnyRegion) return this.#gateway();
    return ownRegion(await this.#options.registry.findNamed(name));
  }

  /** Where a visitor who asks for a region goes. */
  async regionToVisit(id: Uuid): Promise<RegisteredRegion | undefined> {
    const { settings } = await this.#options.own.read();
    if (!settings.hypergrid) return undefined;
    if (!settings.visitAnyRegion) return this.#gateway();
    return ownRegion(await this.#options.registry.find(id));
  }

  async #gateway(): Promise<RegisteredRegion | undefined> {
    return (await this.#options.registry.defaultsForHypergrid()).find(
      (region) => ownRegion(region) !== undefined,
    );
  }

  /** Lets an agent in, with the simulator of the region told, or says why not. `source`: where it comes from. */
  async admit(circuit: AgentCircuit, regionId: Uuid, source: JsonObject): Promise<AgentAnswer> {
    if (this.#arrivals >= arrivalsMax)
      return refuseAgent('Too many people are arriving at the moment. Please try again in a minute.');
    this.#arrivals += 1;
    try {
      return await this.#admit(circuit, regionId, source);
    } finally {
      this.#arrivals -= 1;
    }
  }

  async #admit(circuit: AgentCircuit, regionId: Uuid, source: JsonObject): Promise<AgentAnswer> {
    const { own: address, accounts } = this.#options;
    const own = await address.read();
    if (!isClientAllowed({ ...circuit, version: circuit.viewer }, own.settings))
      return this.#refuse(circuit, 'Your viewer or machine may not log in to this grid.');
    const home = tryParseGridUrl(circuit.serviceUrls.get('HomeURI') ?? '');
    if (home === undefined || home.length > homeMax || !(await this.#isAuthentic(circuit, home, own)))
      return this.#refuse(circuit, 'Unable to verify identity');
    const account = await accounts.find(circuit.agentId);
    const arrival: Arrival = { circuit, source, own, home, account };
    const refusal = account === undefined ? visitorRefusal(arrival) : await this.#residentRefusal(arrival);
    return refusal === undefined ? this.#enter(arrival, regionId) : this.#refuse(circuit, refusal);
  }

  /** The token must be for this grid, and the grid that the agent names as home must have given it. */
  async #isAuthentic(circuit: AgentCircuit, home: string, own: OwnGrid): Promise<boolean> {
    const { serviceSessionId: token, sessionId } = circuit;
    const separator = token.lastIndexOf(';');
    if (separator < 0 || !own.isOwn(token.slice(0, separator))) return false;
    if (circuit.clientAddress.trim() === '') return false;
    if (!own.isOwn(home)) return this.#options.foreign.verifyAgent(home, sessionId, token);
    const travel = await this.#options.travels.find(sessionId);
    return travel !== undefined && isSameSecret(travel.serviceSessionId, token);
  }

  /** A resident comes from here and is on the way here: somebody else could bear the id on another grid. */
  async #residentRefusal({ circuit, own, home }: Arrival): Promise<string | undefined> {
    const travel = await this.#options.travels.find(circuit.sessionId);
    const comesHome = travel?.userId === circuit.agentId && own.isOwn(travel.gatekeeper);
    return own.isOwn(home) && comesHome ? undefined : 'Unauthorized';
  }

  async #enter(arrival: Arrival, regionId: Uuid): Promise<AgentAnswer> {
    const { presence, registry, simulation } = this.#options;
    const { circuit, own, home, account } = arrival;
    const session = await presence.find(circuit.sessionId);
    if (session !== undefined && session.userId !== circuit.agentId) return refuseAgent('Unauthorized');
    if (
      session === undefined &&
      !own.settings.allowDuplicateSessions &&
      (await this.#isStillHere(circuit.agentId))
    )
      return refuseAgent(
        'You appear to be already logged in on the destination grid. Please wait a minute or two and retry.',
      );
    const region = ownRegion(await registry.find(regionId));
    if (region === undefined || !(await this.#isOpen(region, arrival)))
      return refuseAgent('Destination region not found');
    const access = await simulation.queryAccess(region, {
      ...{ agentId: circuit.agentId, position: circuit.startPosition, homeUri: home },
    });
    if (!access.granted) return refuseAgent(access.reason);
    const { agentId: userId, sessionId, secureSessionId } = circuit;
    // The simulator asks for the session before it lets the agent in.
    if (session === undefined && !(await presence.login({ userId, sessionId, secureSessionId })))
      return refuseAgent('Unable to login presence');
    const granted = await this.#create(region, arrival, session !== undefined, access.context);
    if (!granted.granted) {
      if (session === undefined) await presence.logout(sessionId);
      return refuseAgent(granted.reason);
    }
    if (account === undefined && session === undefined) await this.#noteVisitor(circuit, home);
    return granted;
  }

  async #isStillHere(userId: Uuid): Promise<boolean> {
    const user = await this.#options.gridUsers.find(userId);
    return user?.online === true && endOlderSession(this.#options, user, userId);
  }

  /** Residents come home to any region; visitors perhaps only to the gateway. */
  async #isOpen(region: RegisteredRegion, { own, account }: Arrival): Promise<boolean> {
    if (account !== undefined || own.settings.visitAnyRegion) return true;
    const gateways = await this.#options.registry.defaultsForHypergrid();
    return gateways.some((gateway) => gateway.id === region.id);
  }

  #create(
    region: RegisteredRegion,
    { circuit, source, own, home, account }: Arrival,
    firstLogin: boolean,
    context: Parameters<Simulation['createAgent']>[2],
  ) {
    const via = firstLogin ? teleportFlags.viaLogin : teleportFlags.viaHypergridLogin;
    const name = account ?? visitorName(circuit, home);
    return this.#options.simulation.createAgent(
      region,
      {
        ...circuit,
        firstName: name.firstName,
        lastName: name.lastName,
        // What a resident's things are fetched from is this grid's to say, whatever was written into it abroad.
        serviceUrls: account === undefined ? circuit.serviceUrls : circuitServiceUrls(account, own.url),
        teleportFlags: (circuit.teleportFlags | via) >>> 0,
      },
      context,
      { source },
    );
  }

  async #noteVisitor(circuit: AgentCircuit, home: string): Promise<void> {
    const { firstName, lastName } = nameAtHome(circuit);
    await this.#options.gridUsers.loggedIn(
      formatUserIdentifier({ id: circuit.agentId, home, firstName, lastName }),
    );
  }

  #refuse(circuit: AgentCircuit, reason: string): AgentAnswer {
    const { agentId, serviceUrls } = circuit;
    this.#options.log.info(
      { agent: agentId, home: (serviceUrls.get('HomeURI') ?? '').slice(0, 255), reason },
      'a visitor was refused',
    );
    return refuseAgent(reason);
  }
}

function visitorRefusal({ circuit, own, home }: Arrival): string | undefined {
  // Nobody of this grid has that id.
  if (own.isOwn(home)) return 'Unauthorized';
  if (!own.settings.hypergrid || !isHomeAllowed(own.settings, home))
    return 'Destination does not allow visitors from your world';
  const { agentId: id, clientAddress } = circuit;
  if (isBanned(own.settings, { id, home, clientAddress })) return 'You are banned from this world';
  if (id === gridServicesAccount.id || id === libraryOwnerId) return 'Invalid account ID';
  return undefined;
}

function ownRegion(region: RegisteredRegion | undefined): RegisteredRegion | undefined {
  return region === undefined || isLink(region) ? undefined : region;
}
