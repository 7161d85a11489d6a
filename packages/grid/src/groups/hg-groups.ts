/**
 * Groups across grids. A visitor who joins a group here gets an access token, with which the home grid asks about the
 * group. A resident who joins a group elsewhere gets a stand-in for it here, with the token of that grid. Source:
 * OpenSim/Addons/Groups/Service/HGGroupsService.cs.
 */
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { randomUuid, tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Accounts } from '../accounts/accounts.ts';
import type { AtOnce } from '../at-once.ts';
import { isSameGrid, tryParseGridUrl } from '../grid-url.ts';
import { formatUserIdentifier, tryParseUserIdentifier } from '../hypergrid/user-identifier.ts';
import { bucketText } from '../offline-im/offline-message.ts';
import type { OfflineMessages } from '../offline-im/offline-messages.ts';
import { isSameSecret } from '../same-secret.ts';
import { messageDialogs } from '../simulation/instant-message.ts';
import { storableText } from '../text.ts';
import { transact } from '../transactions.ts';
import type { UserText } from '../user-text.ts';
import { deleteInvitation, findInvitationOf, writeInvitation } from './group-messages-store.ts';
import {
  GroupRefusedError,
  foreignGroupsMax,
  groupTextLimits,
  messageAgeMaxMs,
  principalKey,
  unknownGroup,
} from './group-records.ts';
import type { CountedRole, Group, GroupMember, Notice, Requester, RoleMember } from './group-records.ts';
import type { GroupRoles } from './group-roles.ts';
import type { Groups } from './groups.ts';
import * as store from './groups-store.ts';

/** Fee and role. */
const emptyBucket = bucketText(new Uint8Array(20));

export interface HgGroupsOptions {
  readonly database: Database;
  readonly groups: Groups;
  readonly roles: GroupRoles;
  readonly accounts: Pick<Accounts, 'find' | 'findMany'>;
  readonly offlineMessages: Pick<OfflineMessages, 'store'>;
  /** Address under which other grids know this one, with a slash at its end. */
  readonly homeUri: () => AtOnce<string>;
  /** Unix milliseconds; for tests. */
  readonly now?: () => number;
}

/** What the grid of a group says when one of this grid's residents has joined it there. */
export interface ForeignMembership {
  /** Who did it there: the resident, as that grid names them. */
  readonly requester: string;
  readonly user: UserText;
  readonly groupId: Uuid;
  readonly accessToken: string;
  readonly location: string;
  readonly name: string;
}

/** Somebody of another grid with the token that lets them ask. */
export interface TokenHolder {
  readonly requester: Requester;
  readonly accessToken: string;
}

export class HgGroups {
  readonly #options: HgGroupsOptions;
  readonly #now: () => number;

  constructor(options: HgGroupsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Makes the stand-in and the membership, and invites the resident, whose viewer asks whether they want it. A newer token
   * takes the place of an older one from the same grid. Throws GroupRefusedError.
   */
  async addForeignMembership(joined: ForeignMembership): Promise<void> {
    const { accounts, database, offlineMessages } = this.#options;
    const location = tryParseGridUrl(joined.location);
    if (location === undefined) throw new GroupRefusedError('Bad location for group proxy');
    if (isSameGrid(location, await this.#options.homeUri()))
      throw new GroupRefusedError('Cannot add proxy membership to non-proxy group');
    const token = storableText(joined.accessToken, groupTextLimits.accessToken);
    if (token === '' || token !== joined.accessToken) throw new GroupRefusedError('Bad access token');
    if (joined.groupId === zeroUuid) throw unknownGroup();
    const user = await this.#localUser(joined.user);
    if (user.home !== '' || (await accounts.find(user.id)) === undefined)
      throw new GroupRefusedError('No such resident');
    const invitationId = randomUuid();
    const { groupId } = joined;
    const { name, isNew } = await transact(database, async (queries) => {
      const group = await this.#standIn(queries, joined, location);
      const member = await store.findMember(queries, groupId, principalKey(user));
      if (member !== undefined) {
        await store.updateMember(queries, groupId, principalKey(user), { accessToken: token });
        return { name: group, isNew: false };
      }
      if ((await store.countForeignGroups(queries, principalKey(user))) >= foreignGroupsMax)
        throw new GroupRefusedError('The resident is in too many groups of other grids');
      const createdAt = this.#now();
      const roleId = zeroUuid;
      await writeInvitation(queries, { id: invitationId, groupId, roleId, user, createdAt });
      await store.insertMember(queries, {
        ...{ groupId, user, roleId, accessToken: token, joinedAt: createdAt },
      });
      return { name: group, isNew: true };
    });
    if (!isNew) return;
    // A full mailbox is no reason to refuse: the membership shows in the resident's list of groups.
    await offlineMessages.store({
      ...{ toId: user.id, fromId: groupId, fromGroup: true, dialog: messageDialogs.groupInvitation },
      fromName: senderName(joined.requester),
      message: `Please confirm your acceptance to join group ${name}.`,
      ...{ sessionId: invitationId, binaryBucket: emptyBucket, offline: 0, timestamp: 0 },
      ...{ estateId: 0, regionId: zeroUuid, position: { x: 0, y: 0, z: 0 } },
    });
  }

  /** The name of the stand-in, which is made when there is none. Nobody takes over a group that another grid brought. */
  async #standIn(queries: Queries, joined: ForeignMembership, location: string): Promise<string> {
    const known = await store.findGroup(queries, joined.groupId);
    if (known?.location === '') throw new GroupRefusedError('Cannot add proxy membership to non-proxy group');
    if (known !== undefined) {
      if (isSameGrid(known.location, location)) return known.name;
      throw new GroupRefusedError('The group belongs to another grid');
    }
    const at = ` @ ${new URL(location).host}`;
    const name = `${storableText(joined.name, Math.max(0, groupTextLimits.name - at.length))}${at}`;
    const group = {
      ...{ id: joined.groupId, name, charter: '', insigniaId: zeroUuid, founderId: zeroUuid },
      ...{ membershipFee: 0, openEnrollment: false, showInList: false, allowPublish: false },
      ...{ maturePublish: false, ownerRoleId: zeroUuid, location },
    };
    await store.insertGroup(queries, group, this.#now());
    return name;
  }

  /** Throws GroupRefusedError when the token is not that of the member. */
  async leave(user: UserText, groupId: Uuid, accessToken: string): Promise<void> {
    const member = await this.#localUser(user);
    if (!(await this.#isHolder({ requester: member, accessToken }, groupId)))
      throw new GroupRefusedError('Internal error');
    await this.#options.groups.leave(member, member, groupId);
    const { database } = this.#options;
    const oldest = this.#now() - messageAgeMaxMs;
    const invitation = await findInvitationOf(database, groupId, principalKey(member), oldest);
    if (invitation !== undefined) await deleteInvitation(database, invitation.id);
  }

  /** With the founder's identifier, empty when unknown. */
  async group(
    holder: TokenHolder,
    groupId: Uuid,
  ): Promise<{ readonly group: Group; readonly founder: string } | undefined> {
    if (!(await this.#isHolder(holder, groupId))) return undefined;
    const group = await this.#options.groups.find(groupId);
    if (group === undefined) return undefined;
    const founder = (await this.#identifiers([group.founderId])).get(group.founderId) ?? '';
    return { group, founder };
  }

  /** Residents by their identifiers. */
  async members(holder: TokenHolder, groupId: Uuid): Promise<readonly GroupMember[]> {
    if (!(await this.#isHolder(holder, groupId))) return [];
    return this.#outside(await this.#options.groups.members(holder.requester, groupId));
  }

  async roles(holder: TokenHolder, groupId: Uuid): Promise<readonly CountedRole[]> {
    return (await this.#isHolder(holder, groupId)) ? this.#options.roles.list(groupId) : [];
  }

  /** Residents by their identifiers. */
  async roleMembers(holder: TokenHolder, groupId: Uuid): Promise<readonly RoleMember[]> {
    if (!(await this.#isHolder(holder, groupId))) return [];
    return this.#outside(await this.#options.roles.members(holder.requester, groupId));
  }

  /** For a group of another grid; whoever knows the group's id can do it. Throws GroupRefusedError. */
  async addNotice(notice: Omit<Notice, 'createdAt'>): Promise<void> {
    const { database, groups } = this.#options;
    await transact(database, async (queries) => {
      const group = await store.findGroup(queries, notice.groupId);
      if (group === undefined || group.location === '') throw unknownGroup();
      await groups.insertNotice(queries, notice);
    });
  }

  async hasNotice(noticeId: Uuid, groupId: Uuid): Promise<boolean> {
    return (await this.#options.groups.notice(noticeId))?.groupId === groupId;
  }

  async #isHolder({ requester, accessToken }: TokenHolder, groupId: Uuid): Promise<boolean> {
    if (requester === undefined || accessToken === '') return false;
    const known = await this.#options.groups.accessToken(requester, groupId);
    return known !== undefined && known !== '' && isSameSecret(known, accessToken);
  }

  /** Other grids name this grid's residents by identifiers, records here by their UUID. */
  async #localUser(user: UserText): Promise<UserText> {
    if (user.home === '' || !isSameGrid(user.home, await this.#options.homeUri())) return user;
    return { id: user.id, text: user.id, home: '', secret: '' };
  }

  async #outside<Entry extends { readonly userText: string }>(
    entries: readonly Entry[],
  ): Promise<readonly Entry[]> {
    const ids = entries.flatMap(({ userText }) => tryParseUuid(userText) ?? []);
    const identifiers = await this.#identifiers(ids);
    return entries.map((entry) => {
      const id = tryParseUuid(entry.userText);
      const identifier = id === undefined ? undefined : identifiers.get(id);
      return identifier === undefined ? entry : { ...entry, userText: identifier };
    });
  }

  async #identifiers(ids: Iterable<Uuid>): Promise<ReadonlyMap<Uuid, string>> {
    const [found, home] = [await this.#options.accounts.findMany(ids), await this.#options.homeUri()];
    return new Map(
      [...found].map(([id, account]) => [id, formatUserIdentifier({ ...account, home })] as const),
    );
  }
}

/** As viewers know visitors. */
function senderName(requester: string): string {
  const user = tryParseUserIdentifier(requester);
  if (user === undefined) return 'unknown';
  return storableText(`${user.firstName}.${user.lastName}@${user.home}`, groupTextLimits.fromName);
}
