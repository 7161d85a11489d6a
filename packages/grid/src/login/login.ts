/**
 * Residents log in: who they are, whether they may, where they go, and everything a viewer needs to know then.
 * Source: OpenSim/Services/LLLoginService/LLLoginService.cs.
 */
import { randomInt } from 'node:crypto';
import { FolderTypes } from '@gridkeep/content/assets/folder-types';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { accountNameKey } from '../accounts/account-names.ts';
import { godLevel } from '../accounts/account.ts';
import type { Account } from '../accounts/account.ts';
import type { Accounts } from '../accounts/accounts.ts';
import { gridServicesAccount } from '../accounts/built-in-accounts.ts';
import type { Authentication } from '../authentication/authentication.ts';
import type { Avatars } from '../avatars/avatars.ts';
import type { Friend, Friends } from '../friends/friends.ts';
import type { GridUser } from '../gridusers/grid-user.ts';
import type { GridUsers } from '../gridusers/grid-users.ts';
import type { Travels } from '../hypergrid/travel.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { InventoryFolder, InventoryItem } from '../inventory/inventory-records.ts';
import { preferredRoot } from '../inventory/system-folders.ts';
import type { Library } from '../library/library.ts';
import type { Presence } from '../presence/presence.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';
import type { RegisteredRegion } from '../registry/registered-region.ts';
import type { ServiceLog } from '../service-log.ts';
import type { PublicAddress } from '../settings/public-address.ts';
import type { SettingValues } from '../settings/setting-definitions.ts';
import type { Settings } from '../settings/settings.ts';
import { teleportFlags } from '../simulation/agent-circuit.ts';
import { packAppearance } from '../simulation/appearance.ts';
import { circuitServiceUrls } from '../simulation/circuit-service-urls.ts';
import { endOlderSession } from '../simulation/older-session.ts';
import type { Simulation } from '../simulation/simulation.ts';
import type { Terms } from '../terms/terms.ts';
import { BusyError } from '../work-gate.ts';
import { isClientAllowed, viewerName } from './client-rules.ts';
import type { HostAddresses } from './host-addresses.ts';
import { launch } from './launch.ts';
import type { Traveller } from './launch.ts';
import { LoginRefusedError, loginRefused, throttled } from './login-refused.ts';
import type { LoginRequest } from './login-request.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { findDestination, parseStart } from './start-location.ts';
import type { Destination } from './start-location.ts';

export interface LoginOptions {
  readonly settings: Pick<Settings, 'read'>;
  readonly publicAddress: PublicAddress;
  readonly accounts: Accounts;
  readonly authentication: Authentication;
  readonly inventory: Inventory;
  readonly library: Library;
  readonly gridUsers: GridUsers;
  readonly presence: Presence;
  readonly avatars: Avatars;
  readonly friends: Friends;
  readonly registry: RegionRegistry;
  /** Where residents' sessions are; every session of a grid with Hypergrid has a record there. */
  readonly travels: Pick<Travels, 'start' | 'end'>;
  readonly terms: Terms;
  readonly throttle: LoginThrottle;
  readonly simulation: Simulation;
  readonly hosts: HostAddresses;
  readonly log: ServiceLog;
}

/** What a viewer is told. */
export interface LoggedIn {
  readonly account: Account;
  readonly sessionId: Uuid;
  readonly secureSessionId: Uuid;
  readonly circuitCode: number;
  readonly capsPath: string;
  readonly destination: Destination;
  /** Of the simulator, dotted decimal. */
  readonly address: string;
  readonly user: GridUser | undefined;
  /** On the map or not. */
  readonly homeRegion: RegisteredRegion | undefined;
  readonly folders: readonly InventoryFolder[];
  readonly rootFolderId: Uuid;
  readonly library: readonly InventoryFolder[];
  readonly gestures: readonly InventoryItem[];
  readonly friends: readonly Friend[];
  readonly settings: SettingValues;
  readonly publicUrl: string;
}

/** Read at once, since none needs another. */
interface ResidentRecords {
  readonly user: GridUser | undefined;
  readonly folders: readonly InventoryFolder[];
  readonly library: readonly InventoryFolder[];
  readonly gestures: readonly InventoryItem[];
  readonly friends: readonly Friend[];
  readonly appearance: ReadonlyMap<string, string>;
  readonly publicUrl: string;
}

interface Session {
  readonly userId: Uuid;
  readonly sessionId: Uuid;
  readonly secureSessionId: Uuid;
}

export class Login {
  readonly #options: LoginOptions;

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  /** Throws LoginRefusedError. When it throws, the resident has no session. */
  async login(request: LoginRequest, address: string): Promise<LoggedIn> {
    const { log, terms } = this.#options;
    const settings = await this.#options.settings.read();
    if (!isClientAllowed(request, settings)) {
      log.warn({ viewer: viewerName(request), address }, 'a viewer that is not allowed was refused');
      throw loginRefused('blocked');
    }
    const account = await this.authenticate(request, address);
    if (account.level < settings.minLoginLevel) throw loginRefused('blocked');
    const missing = await terms.missing(account.id);
    if (missing !== undefined && !request.agreesToTerms) throw new LoginRefusedError('tos', missing.text);
    if (missing !== undefined) await terms.accept(account.id, missing.version, address);
    const found = await this.#read(account);
    await this.#endOtherSession(account, found.user, settings);
    const records = await this.#withSuitcase(account, found, settings);
    const rootFolderId = rootOf(records.folders)?.id;
    if (rootFolderId === undefined) {
      log.error({ account: account.id }, 'a resident without an inventory wanted to log in');
      throw loginRefused('noInventory');
    }
    const loggedIn = await this.#enter(request, address, { account, records, settings });
    const { region } = loggedIn.destination;
    log.info(
      { account: account.id, region: region.name, viewer: viewerName(request), address },
      'a resident has logged in',
    );
    return { ...loggedIn, rootFolderId };
  }

  /** Whose name and password this is. Throws LoginRefusedError, the same for a wrong name and a wrong password. */
  async authenticate(
    request: Pick<LoginRequest, 'firstName' | 'lastName' | 'passwordMd5'>,
    address: string,
  ): Promise<Account> {
    const { accounts, authentication, throttle, log } = this.#options;
    const { firstName, lastName, passwordMd5 } = request;
    const place = { name: accountNameKey(firstName.trim(), lastName.trim()), address };
    try {
      const found = await accounts.findNamed(firstName, lastName);
      const account = found?.id === gridServicesAccount.id ? undefined : found;
      // Where there is no account a password is looked at too, so that it takes as long.
      const attempt = await throttle.attempt(place, () =>
        authentication.verifyMd5(account?.id ?? zeroUuid, passwordMd5),
      );
      if (attempt.outcome === 'refused') {
        log.warn({ address, account: account?.id }, 'logins from this address are refused for a while');
        throw throttled(attempt.retryMinutes);
      }
      if (attempt.outcome === 'wrong' || account === undefined) {
        log.warn({ address, account: account?.id }, 'a login with a wrong name or password');
        throw loginRefused('unknown');
      }
      if (attempt.placeIsNew) await throttle.remember(place);
      return account;
    } catch (error) {
      throw error instanceof BusyError ? loginRefused('busy') : error;
    }
  }

  async #read(account: Account): Promise<ResidentRecords> {
    const { gridUsers, inventory, library, friends, avatars, publicAddress } = this.#options;
    const [user, folders, libraryFolders, gestures, friendList, appearance, publicUrl] = await Promise.all([
      gridUsers.find(account.id),
      inventory.skeleton(account.id),
      library.skeleton(),
      inventory.activeGestures(account.id),
      friends.list(account.id),
      avatars.find(account.id),
      publicAddress.read(),
    ]);
    return {
      ...{ user, folders, gestures, appearance, publicUrl },
      ...{ library: libraryFolders, friends: friendList },
    };
  }

  /** One who is here already is told to go, and the newcomer to come again: the next login finds the place free. */
  async #endOtherSession(
    account: Account,
    user: GridUser | undefined,
    settings: SettingValues,
  ): Promise<void> {
    if (settings.allowDuplicateSessions || user?.online !== true) return;
    // Where nobody can be told, the simulator went away without a word, and the agent with it.
    if (!(await endOlderSession(this.#options, user, account.id))) return;
    this.#options.log.info({ account: account.id }, 'a resident who is on the grid logs in again');
    throw loginRefused('alreadyHere');
  }

  /** Who may travel has a folder for what comes along. */
  async #withSuitcase(
    account: Account,
    records: ResidentRecords,
    settings: SettingValues,
  ): Promise<ResidentRecords> {
    const { inventory } = this.#options;
    const root = rootOf(records.folders);
    const has = records.folders.some(
      (folder) => folder.type === FolderTypes.suitcase && folder.parentId === root?.id,
    );
    if (!settings.hypergrid || root === undefined || has) return records;
    await inventory.ensureSuitcase(account.id);
    return { ...records, folders: await inventory.skeleton(account.id) };
  }

  /** From here on a session stands in the records: whatever fails ends it. */
  async #enter(
    request: LoginRequest,
    clientAddress: string,
    known: { account: Account; records: ResidentRecords; settings: SettingValues },
  ): Promise<Omit<LoggedIn, 'rootFolderId'>> {
    const { account, records, settings } = known;
    const { registry, gridUsers, log } = this.#options;
    const { user, publicUrl } = records;
    const anyRegion = settings.loginFallbackToAnyRegion;
    const [wanted, homeRegion] = await Promise.all([
      findDestination(parseStart(request.start), { registry, user, anyRegion }),
      user === undefined || user.homeRegionId === zeroUuid ? undefined : registry.find(user.homeRegionId),
    ]);
    if (wanted === undefined) {
      log.warn({ account: account.id, start: request.start }, 'no region is online to log in to');
      throw loginRefused('noRegion');
    }
    // The secure id is only compared, never checked as a token, so none is written for it.
    const session = { userId: account.id, sessionId: randomUuid(), secureSessionId: randomUuid() };
    const [circuitCode, capsPath] = [randomInt(1, 2 ** 31), randomUuid()];
    try {
      const serviceSessionId = await this.#openSession(session, publicUrl, clientAddress, settings);
      const traveller: Traveller = {
        agentId: account.id,
        homeUri: settings.hypergrid ? publicUrl : '',
        circuit: (destination, context) => ({
          ...{ agentId: account.id, firstName: account.firstName, lastName: account.lastName },
          ...{ sessionId: session.sessionId, secureSessionId: session.secureSessionId, serviceSessionId },
          ...{ circuitCode, capsPath, child: false, clientAddress },
          startPosition: destination.position,
          ...{ viewer: viewerName(request), channel: request.channel, mac: request.mac, id0: request.id0 },
          teleportFlags: destination.flags | (account.level >= godLevel ? teleportFlags.godlike : 0),
          serviceUrls: circuitServiceUrls(account, publicUrl),
          appearanceSerial: 0,
          appearance: packAppearance(records.appearance, context),
          rest: {},
        }),
      };
      const { destination, address } = await launch(this.#options, wanted, traveller, anyRegion);
      await gridUsers.loggedIn(account.id);
      return {
        ...{ account, circuitCode, capsPath, destination, address, homeRegion, settings },
        ...{ sessionId: session.sessionId, secureSessionId: session.secureSessionId },
        ...records,
      };
    } catch (error) {
      await this.#closeSession(session);
      throw error;
    }
  }

  /** Regions ask for the session as soon as they hear of the agent. Returns the service session id. */
  async #openSession(
    session: Session,
    publicUrl: string,
    clientAddress: string,
    { hypergrid }: SettingValues,
  ): Promise<string> {
    const { presence, travels } = this.#options;
    const { sessionId, userId } = session;
    // Settled together, so that nothing of it is written after it was undone.
    const [present, travel] = await Promise.allSettled([
      presence.login(session),
      hypergrid
        ? travels.start({ sessionId, userId, gatekeeper: publicUrl, clientAddress })
        : Promise.resolve(undefined),
    ]);
    if (present.status === 'rejected') throw present.reason;
    if (travel.status === 'rejected') throw travel.reason;
    if (!present.value || (hypergrid && travel.value === undefined)) throw loginRefused('noRegion');
    return travel.value?.serviceSessionId ?? '';
  }

  async #closeSession({ sessionId, userId }: Session): Promise<void> {
    const { presence, travels, log } = this.#options;
    const ends = await Promise.allSettled([presence.logout(sessionId), travels.end(sessionId, userId)]);
    for (const end of ends)
      if (end.status === 'rejected') log.error({ err: end.reason }, 'a failed login could not be undone');
  }
}

function rootOf(folders: readonly InventoryFolder[]): InventoryFolder | undefined {
  return preferredRoot(folders.filter((folder) => folder.parentId === zeroUuid));
}
