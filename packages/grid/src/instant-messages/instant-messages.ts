/**
 * Instant messages that come in from other grids: to whoever is in a region here, to a resident who is on another grid,
 * or kept for a resident who is away. Source: OpenSim/Services/HypergridService/HGInstantMessageService.cs.
 */
import { createHash } from 'node:crypto';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Accounts } from '../accounts/accounts.ts';
import { gridServicesAccount } from '../accounts/built-in-accounts.ts';
import type { Travels } from '../hypergrid/travel.ts';
import { bucketText } from '../offline-im/offline-message.ts';
import type { OfflineMessage } from '../offline-im/offline-message.ts';
import type { OfflineMessages } from '../offline-im/offline-messages.ts';
import type { OwnAddress } from '../own-address.ts';
import type { Presence } from '../presence/presence.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';
import { messageDialogs } from '../simulation/instant-message.ts';
import type { InstantMessage } from '../simulation/instant-message.ts';
import type { Simulation } from '../simulation/simulation.ts';

/** Being delivered at one time; each waits for a simulator or another grid. */
const deliveriesMax = 128;

/** OpenMetaverse's InstantMessageDialog: a god takes somebody along without asking. */
const godlikeTeleport = 25;

/** Only what a grid itself, or a god of it, does to its people: never from outside. */
const insideDialogs: ReadonlySet<number> = new Set([messageDialogs.godKick, godlikeTeleport]);

/** Only a viewer sends these, so a resident who is said to have sent one is logged in: 22, 26 teleport offer and request, 41, 42 typing. */
const viewerDialogs: ReadonlySet<number> = new Set([
  ...[messageDialogs.message, messageDialogs.friendshipOffered, 22, 26, 41, 42],
]);

/** What is kept for who is away. */
const keptDialogs: ReadonlySet<number> = new Set([
  messageDialogs.message,
  messageDialogs.groupInvitation,
  messageDialogs.inventoryOffered,
  messageDialogs.fromObject,
  messageDialogs.groupNotice,
]);

export interface InstantMessagesOptions {
  readonly own: OwnAddress;
  readonly accounts: Accounts;
  readonly presence: Presence;
  readonly registry: RegionRegistry;
  readonly simulation: Simulation;
  readonly travels: Travels;
  readonly offlineMessages: OfflineMessages;
  /** Gatekeeper of the other grid where a resident is. */
  readonly locate: (userId: Uuid) => Promise<string | undefined>;
}

export class InstantMessages {
  readonly #options: InstantMessagesOptions;
  /** Messages on their way, by a digest: one that comes back while it is on its way goes round in a circle. */
  readonly #underWay = new Set<string>();

  constructor(options: InstantMessagesOptions) {
    this.#options = options;
  }

  /** Whether it has reached somebody. A message that is kept has not: so senders are told. */
  async deliver(message: InstantMessage): Promise<boolean> {
    const key = digestOf(message);
    if (this.#underWay.size >= deliveriesMax || this.#underWay.has(key)) return false;
    this.#underWay.add(key);
    try {
      if (!(await this.#isAcceptable(message))) return false;
      if ((await this.#toRegion(message)) || (await this.#toOtherGrid(message))) return true;
      await this.#keep(message);
      return false;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #isAcceptable({ dialog, fromAgentId, toAgentId }: InstantMessage): Promise<boolean> {
    const { own, accounts, travels } = this.#options;
    if (toAgentId === zeroUuid || insideDialogs.has(dialog) || fromAgentId === gridServicesAccount.id)
      return false;
    if (!(await own.read()).settings.hypergrid) return false;
    if (!viewerDialogs.has(dialog) || (await accounts.find(fromAgentId)) === undefined) return true;
    return (await travels.ofUser(fromAgentId)).length > 0;
  }

  async #toRegion(message: InstantMessage): Promise<boolean> {
    const { presence, registry, simulation } = this.#options;
    const [session] = await presence.ofUsers([message.toAgentId]);
    // Who has logged in and is elsewhere by now has no region.
    if (session === undefined || session.regionId === zeroUuid) return false;
    const region = await registry.find(session.regionId);
    return region !== undefined && simulation.sendMessage(region.serverUri, message);
  }

  /** Only for residents: another grid's users are that grid's to find. */
  async #toOtherGrid(message: InstantMessage): Promise<boolean> {
    const { accounts, locate, simulation } = this.#options;
    if ((await accounts.find(message.toAgentId)) === undefined) return false;
    const gatekeeper = await locate(message.toAgentId);
    return gatekeeper !== undefined && simulation.sendMessage(gatekeeper, message, { to: 'grid' });
  }

  async #keep(message: InstantMessage): Promise<void> {
    const { accounts, offlineMessages } = this.#options;
    if (!keptDialogs.has(message.dialog) || (await accounts.find(message.toAgentId)) === undefined) return;
    await offlineMessages.store(offlineMessage(message, message.toAgentId));
  }
}

/** Numbers are brought into the ranges that simulators can read. */
function offlineMessage(message: InstantMessage, toId: Uuid): OfflineMessage {
  const { fromAgentId, fromAgentName, imSessionId, parentEstateId, position, binaryBucket } = message;
  const finite = [position.x, position.y, position.z].every((metres) => Math.abs(metres) < 1e6);
  return {
    ...{ toId, fromId: fromAgentId, fromName: fromAgentName, sessionId: imSessionId },
    fromGroup: message.fromGroup,
    dialog: message.dialog,
    offline: message.offline,
    message: message.message,
    binaryBucket: bucketText(binaryBucket),
    estateId: unsigned(parentEstateId),
    regionId: message.regionId,
    position: finite ? position : { x: 0, y: 0, z: 0 },
    timestamp: unsigned(message.timestamp),
  };
}

function unsigned(value: number): number {
  const whole = Math.trunc(value);
  return whole >= 0 && whole <= 0xffff_ffff ? whole : 0;
}

function digestOf(message: InstantMessage): string {
  const { fromAgentId, toAgentId, imSessionId, dialog, timestamp, message: text } = message;
  const identity = [fromAgentId, toAgentId, imSessionId, dialog, timestamp, text];
  return createHash('sha256').update(JSON.stringify(identity)).digest('base64');
}
