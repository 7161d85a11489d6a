/**
 * Friendships with users of other grids. Each grid keeps its own side; a secret that both know shows that they speak of the
 * same friendship. Source of the rules: OpenSim/Services/HypergridService/HGFriendsService.cs.
 */
import { randomBytes } from 'node:crypto';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Accounts } from '../accounts/accounts.ts';
import { friendRights } from '../friends/friends.ts';
import type { Friends } from '../friends/friends.ts';
import { tryParseGridUrl } from '../grid-url.ts';
import type { OwnAddress } from '../own-address.ts';
import { isSameSecret } from '../same-secret.ts';
import type { ServiceLog } from '../service-log.ts';
import { storableText } from '../text.ts';
import type { ForeignGrids } from './foreign-grids.ts';
import type { RegionFriends } from './region-friends.ts';
import type { Travels } from './travel.ts';
import {
  formatUserIdentifier,
  homeMax,
  nameAtHome,
  tryParseUserIdentifier,
  visitorName,
} from './user-identifier.ts';
import type { UserIdentifier } from './user-identifier.ts';

/** Friends of one resident; further ones are not taken from other grids. */
const friendsMax = 2000;
/** Of these, those that other grids say want to be friends and nobody has answered. */
const pendingMax = 50;
/** Offers that are being asked after at their grids. */
const offersMax = 16;
/** Friends told of in one call. */
export const statusFriendsMax = 256;
/** What runs without anybody waiting; beyond it regions are not told. */
const runningMax = 256;
const messageMax = 1024;

export interface HgFriendsOptions {
  readonly own: OwnAddress;
  readonly accounts: Accounts;
  readonly friends: Friends;
  readonly travels: Travels;
  readonly foreign: ForeignGrids;
  readonly regions: RegionFriends;
  readonly log: ServiceLog;
}

/** What a region shows of a resident who is with it: then it speaks for him. */
export interface TravellerProof {
  readonly sessionId: Uuid;
  readonly token: string;
}

export interface FriendshipOffer {
  readonly fromId: Uuid;
  /** `First.Last@host:port` */
  readonly fromName: string;
  readonly toId: Uuid;
  readonly message: string;
}

export class HgFriends {
  readonly #options: HgFriendsOptions;
  /** Work that nobody waits for. */
  readonly #running = new Set<Promise<void>>();

  constructor(options: HgFriendsOptions) {
    this.#options = options;
  }

  /** The rights that a friend gives a resident; only for the region that has one of the two as visitor. */
  async rights(userId: Uuid, friendId: Uuid, proof: TravellerProof): Promise<number | undefined> {
    const traveller = await this.#travellerOf(proof);
    if (traveller === undefined || (traveller !== userId && traveller !== friendId)) return undefined;
    const friend = await this.#options.friends.find(userId, friendId);
    return friend === undefined || friend.theirFlags < 0 ? undefined : friend.theirFlags;
  }

  /**
   * A friendship that a resident has made abroad, which he confirms at home; or one that he offered and a user of another
   * grid has accepted. False when it is neither, or they are friends already.
   */
  async create(userId: Uuid, friendText: string, proof: TravellerProof | undefined): Promise<boolean> {
    const { accounts, friends, own } = this.#options;
    const friend = tryParseUserIdentifier(friendText.trim());
    if (friend === undefined || friend.id === userId || friend.home.length > homeMax) return false;
    const { settings, isOwn } = await own.read();
    if (!settings.hypergrid || (await accounts.find(userId)) === undefined) return false;
    if ((await friends.find(userId, friend.id)) !== undefined) return false;
    const text = await this.#storedText(friend, isOwn);
    if (text === undefined) return false;
    if (proof !== undefined && (await this.#travellerOf(proof)) === userId) {
      if (!(await this.#hasRoom(userId))) return false;
      await friends.store(userId, text, 0);
      return true;
    }
    const offered = await friends.find(friend.id, userId);
    // Somebody of another grid with the same id may be friends with the resident: that friendship is not this one.
    if (offered?.theirFlags !== -1 || isOwn(friend.home)) return false;
    // In place of the offer.
    await friends.confirm(userId, text);
    this.#later(async () => this.#tell(userId, friend));
    return true;
  }

  async delete(userId: Uuid, friendId: Uuid, secret: string): Promise<boolean> {
    return secret !== '' && this.#options.friends.deleteWithSecret(userId, friendId, secret);
  }

  /** Whether a resident has offered friendship to somebody of another grid and waits for the answer. */
  async hasOffered(userId: Uuid, toId: Uuid): Promise<boolean> {
    if ((await this.#options.accounts.find(userId)) === undefined) return false;
    return (await this.#options.friends.find(toId, userId))?.theirFlags === -1;
  }

  /** True when there is such a resident. Whether the offer is genuine is asked at its grid meanwhile. */
  async offer(offer: FriendshipOffer): Promise<boolean> {
    const { accounts, own } = this.#options;
    const { settings, isOwn } = await own.read();
    const account = await accounts.find(offer.toId);
    if (!settings.hypergrid || account === undefined || account.level < settings.outsideContactsLevel)
      return false;
    const from = senderOf(offer);
    if (from === undefined || isOwn(from.home) || this.#running.size >= offersMax) return false;
    this.#later(async () => this.#receive(offer, from));
    return true;
  }

  /**
   * Somebody of another grid has come or gone: the friends' regions are told. Gives those friends who are on-line and let
   * the user see it; each friend must be named with the secret of the friendship.
   */
  async noteStatus(userId: Uuid, online: boolean, friendTexts: readonly string[]): Promise<readonly Uuid[]> {
    const { friends, regions, own } = this.#options;
    if (!(await own.read()).settings.hypergrid) return [];
    const known = new Map<Uuid, number>();
    for (const text of friendTexts.slice(0, statusFriendsMax)) {
      const named = tryParseUserIdentifier(text.trim());
      const kept = named === undefined ? undefined : await friends.find(named.id, userId);
      const secret = kept === undefined ? '' : (tryParseUserIdentifier(kept.friend)?.secret ?? '');
      if (named === undefined || kept === undefined || secret === '' || kept.theirFlags < 0) continue;
      if (isSameSecret(secret, named.secret)) known.set(named.id, kept.myFlags);
    }
    const whereabouts = await regions.whereabouts(known.keys());
    this.#later(async () => {
      for (const [toId, serverUri] of whereabouts)
        await regions.tell(serverUri, {
          ...{ method: 'status', fromId: userId, toId, fields: { Online: online ? 'True' : 'False' } },
        });
    });
    if (!online) return [];
    return [...whereabouts.keys()].filter((id) => ((known.get(id) ?? 0) & friendRights.seeOnline) !== 0);
  }

  /** Resolves when nothing runs any more that was not waited for. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #travellerOf({ sessionId, token }: TravellerProof): Promise<Uuid | undefined> {
    const travel = await this.#options.travels.find(sessionId);
    return travel !== undefined && isSameSecret(travel.serviceSessionId, token) ? travel.userId : undefined;
  }

  /** Two residents who met abroad are friends like any others. */
  async #storedText(friend: UserIdentifier, isOwn: (home: string) => boolean): Promise<string | undefined> {
    if (!isOwn(friend.home)) return formatUserIdentifier(friend, friend.secret);
    return (await this.#options.accounts.find(friend.id))?.id;
  }

  async #hasRoom(userId: Uuid): Promise<boolean> {
    const friends = await this.#options.friends.list(userId);
    const pending = friends.filter((friend) => friend.theirFlags < 0);
    return friends.length < friendsMax && pending.length < pendingMax;
  }

  async #receive(offer: FriendshipOffer, from: Omit<UserIdentifier, 'secret'>): Promise<void> {
    const { friends, foreign, regions } = this.#options;
    const urls = await foreign.serviceUrls(from.home, from.id);
    const friendsUrl = urls?.get('FriendsServerURI');
    if (friendsUrl === undefined) return;
    if (!(await foreign.validateFriendshipOffered(friendsUrl, from.id, offer.toId))) return;
    const before = await friends.find(offer.toId, from.id);
    if (before !== undefined && before.theirFlags >= 0) return;
    if (before === undefined) {
      if (!(await this.#hasRoom(offer.toId))) return;
      await friends.store(offer.toId, formatUserIdentifier(from, newSecret()), 0);
    }
    const { firstName, lastName } = visitorName(from, from.home);
    const whereabouts = await regions.whereabouts([offer.toId]);
    const serverUri = whereabouts.get(offer.toId);
    if (serverUri === undefined) return;
    await regions.tell(serverUri, {
      ...{ method: 'friendship_offered', fromId: from.id, toId: offer.toId },
      fields: { FromName: `${firstName} ${lastName}`, Message: storableText(offer.message, messageMax) },
    });
  }

  async #tell(userId: Uuid, friend: UserIdentifier): Promise<void> {
    const { regions } = this.#options;
    const serverUri = (await regions.whereabouts([userId])).get(userId);
    if (serverUri === undefined) return;
    const { firstName, lastName } = visitorName(friend, friend.home);
    await regions.tell(serverUri, {
      ...{ method: 'friendship_approved', fromId: friend.id, toId: userId },
      fields: { FromName: `${firstName} ${lastName}` },
    });
  }

  #later(work: () => Promise<void>): void {
    if (this.#running.size >= runningMax) return;
    const running = work().catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'friends could not be told');
    });
    this.#running.add(running);
    void running.then(() => this.#running.delete(running));
  }
}

function senderOf({ fromId: id, fromName }: FriendshipOffer): Omit<UserIdentifier, 'secret'> | undefined {
  const [name = '', host = '', ...more] = fromName.split('@');
  const home = host === '' || more.length > 0 ? undefined : tryParseGridUrl(`http://${host.trim()}`);
  if (home === undefined || home.length > homeMax) return undefined;
  return { id, home, ...nameAtHome({ firstName: name.trim(), lastName: `@${host}` }) };
}

/** As OpenSimulator's: eight characters. */
function newSecret(): string {
  return randomBytes(4).toString('hex');
}
