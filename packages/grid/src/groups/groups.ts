/**
 * Groups of residents and visitors: who is in them, and what the groups send. Roles are in `group-roles.ts`. Source of the
 * rules: OpenSim/Addons/Groups/Service/GroupsService.cs; what it leaves to simulators' honesty is decided here as well:
 * who may join, and that roles and members exist.
 */
import { UniqueViolationError } from '@gridkeep/storage/database/database-errors';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { GridUsers } from '../gridusers/grid-users.ts';
import { storableText } from '../text.ts';
import { transact } from '../transactions.ts';
import type { UserText } from '../user-text.ts';
import { userIdOf } from '../hypergrid/user-identifier.ts';
import * as messages from './group-messages-store.ts';
import { everyonePowers, groupPowers, officerPowers, ownerPowers } from './group-powers.ts';
import {
  GroupRefusedError,
  groupTextLimits,
  hitsMax,
  messageAgeMaxMs,
  noticesMax,
  principalKey,
  unknownGroup,
} from './group-records.ts';
import type {
  Group,
  GroupHit,
  GroupMember,
  GroupProperties,
  GroupRole,
  Invitation,
  MemberChoices,
  Membership,
  NewGroup,
  Notice,
  Requester,
  UncountedGroup,
} from './group-records.ts';
import { mayGiveRole, requirePower, visibleRoles } from './group-rights.ts';
import * as roleStore from './group-roles-store.ts';
import * as store from './groups-store.ts';

export interface GroupsOptions {
  readonly database: Database;
  /** Who of the members is on-line. */
  readonly gridUsers: Pick<GridUsers, 'findMany'>;
  /** Unix milliseconds; for tests. */
  readonly now?: () => number;
}

export interface Joining {
  readonly user: UserText;
  readonly groupId: Uuid;
  /** Beside that of everyone; zero for none. */
  readonly roleId: Uuid;
  readonly accessToken?: string;
}

export class Groups {
  readonly #database: Database;
  readonly #gridUsers: Pick<GridUsers, 'findMany'>;
  readonly #now: () => number;

  constructor(options: GroupsOptions) {
    this.#database = options.database;
    this.#gridUsers = options.gridUsers;
    this.#now = options.now ?? Date.now;
  }

  /** With the roles Everyone, Officers and Owners, and the founder as owner. Throws GroupRefusedError. */
  async create(group: NewGroup): Promise<Group> {
    const created = newGroup(group);
    const founder = { id: group.founderId, text: group.founderId, home: '', secret: '' };
    const joinedAt = this.#now();
    try {
      return await transact(this.#database, async (queries) => {
        await store.insertGroup(queries, created, joinedAt);
        await roleStore.insertRoles(queries, created.id, firstRoles(created));
        const { id, ownerRoleId } = created;
        await addMember(queries, { user: founder, groupId: id, roleId: ownerRoleId }, joinedAt);
        return { ...created, memberCount: 1, roleCount: 3 };
      });
    } catch (error) {
      if (error instanceof UniqueViolationError)
        throw new GroupRefusedError('A group with that name already exists');
      throw error;
    }
  }

  /** Throws GroupRefusedError when there is no such group, and when the requester may not. */
  async update(requester: Requester, groupId: Uuid, properties: GroupProperties): Promise<Group> {
    return transact(this.#database, async (queries) => {
      const group = await store.findGroup(queries, groupId);
      if (group === undefined) throw unknownGroup();
      await requirePower(queries, requester, groupId, groupPowers.changeActions);
      const changed = { ...group, ...storableProperties(properties) };
      await store.replaceGroup(queries, changed);
      return changed;
    });
  }

  find(id: Uuid): Promise<Group | undefined> {
    return store.findGroup(this.#database, id);
  }

  /** Whatever the case of the name; never a group of another grid. */
  findNamed(name: string): Promise<Group | undefined> {
    return store.findGroupNamed(this.#database, storableText(name, groupTextLimits.name));
  }

  /** By part of the name: groups of this grid that want to be found and have members, the largest first. */
  search(text: string): Promise<readonly GroupHit[]> {
    return store.searchGroups(this.#database, storableText(text, groupTextLimits.name), hitsMax);
  }

  /**
   * Makes somebody a member and the group their active one; nothing changes for who is a member. An open group takes
   * anybody, with the role of everyone; for anything else there must be an invitation with that role, or somebody who may
   * invite and give the role must ask. Throws GroupRefusedError.
   */
  async join(requester: Requester, joining: Joining): Promise<Membership> {
    const { user, groupId } = joining;
    const principal = principalKey(user);
    const joinedAt = this.#now();
    return transact(this.#database, async (queries) => {
      const known = await store.findMember(queries, groupId, principal);
      if (known === undefined) {
        await this.#requireMayJoin(queries, requester, joining);
        await addMember(queries, joining, joinedAt);
      }
      const [membership] = await store.findMemberships(queries, principal, groupId);
      if (membership === undefined) throw unknownGroup();
      return membership;
    });
  }

  async #requireMayJoin(queries: Queries, requester: Requester, joining: Joining): Promise<void> {
    const { user, groupId, roleId } = joining;
    const group = await store.findGroup(queries, groupId);
    if (group === undefined) throw unknownGroup();
    if (roleId !== zeroUuid && !(await hasRole(queries, groupId, roleId)))
      throw new GroupRefusedError('The group has no such role');
    if (group.openEnrollment && roleId === zeroUuid) return;
    // A visitor may have been invited by the bare UUID, where a simulator did not know the home grid.
    for (const principal of new Set([principalKey(user), user.id])) {
      const invitation = await messages.findInvitationOf(queries, groupId, principal, this.#oldest());
      if (invitation?.roleId === roleId) return;
    }
    await requirePower(queries, requester, groupId, groupPowers.invite);
    if (roleId !== zeroUuid && !(await mayGiveRole(queries, requester, group, roleId)))
      throw new GroupRefusedError('Insufficient permission to give this role');
  }

  /** Anybody may leave; to eject others takes the power. Throws GroupRefusedError. */
  async leave(requester: Requester, user: UserText, groupId: Uuid): Promise<void> {
    const principal = principalKey(user);
    await transact(this.#database, async (queries) => {
      if (requester === undefined || principalKey(requester) !== principal)
        await requirePower(queries, requester, groupId, groupPowers.eject);
      await store.deleteMember(queries, groupId, principal);
    });
  }

  async membership(user: UserText, groupId: Uuid): Promise<Membership | undefined> {
    return (await store.findMemberships(this.#database, principalKey(user), groupId))[0];
  }

  /** The newest first. */
  memberships(user: UserText): Promise<readonly Membership[]> {
    return store.findMemberships(this.#database, principalKey(user), 'all');
  }

  /** In the group whose title the user shows. */
  async activeMembership(user: UserText): Promise<Membership | undefined> {
    return (await store.findMemberships(this.#database, principalKey(user), 'active'))[0];
  }

  /** Zero: none. Undefined, and nothing is changed, when the user is not in the group. */
  async setActive(user: UserText, groupId: Uuid): Promise<Membership | undefined> {
    const membership = groupId === zeroUuid ? undefined : await this.membership(user, groupId);
    if (membership !== undefined || groupId === zeroUuid)
      await store.setActive(this.#database, principalKey(user), groupId);
    return membership;
  }

  /** Nothing happens when there is no such member. */
  choose(user: UserText, groupId: Uuid, choices: MemberChoices): Promise<void> {
    return store.updateMember(this.#database, groupId, principalKey(user), { choices });
  }

  /** What lets a visitor's home grid ask about the group; empty for residents, undefined for who is no member. */
  async accessToken(user: UserText, groupId: Uuid): Promise<string | undefined> {
    return (await store.findMember(this.#database, groupId, principalKey(user)))?.accessToken;
  }

  /**
   * Who is no member sees titles and powers only of roles whose members everybody may see; a simulator that asks for
   * itself (zero) sees all.
   */
  async members(requester: Requester, groupId: Uuid): Promise<readonly GroupMember[]> {
    const group = await store.findGroup(this.#database, groupId);
    if (group === undefined) return [];
    const all = await roleStore.listRoles(this.#database, groupId);
    const open = requester?.id === zeroUuid || (await this.isMember(requester, groupId));
    const roles = new Map(visibleRoles(all, open).map((role) => [role.id, role]));
    const members = await store.listMembers(this.#database, groupId, group.ownerRoleId);
    const users = await this.#gridUsers.findMany(members.map((member) => member.userText));
    const userById = new Map(users.map((user) => [userIdOf(user.userId), user]));
    return members.map((member) => {
      const role = roles.get(member.roleId);
      const user = userById.get(userIdOf(member.userText));
      return {
        userText: member.userText,
        contribution: member.contribution,
        acceptNotices: member.acceptNotices,
        listInProfile: member.listInProfile,
        isOwner: member.marked,
        title: role?.title ?? '',
        powers: role?.powers ?? 0n,
        online: user?.online ?? false,
        lastLogin: user?.login ?? 0,
      };
    });
  }

  async isMember(requester: Requester, groupId: Uuid): Promise<boolean> {
    if (requester === undefined) return false;
    return (await store.findMember(this.#database, groupId, principalKey(requester))) !== undefined;
  }

  /** An older invitation to the same group is forgotten. Throws GroupRefusedError. */
  async invite(
    requester: Requester,
    invitation: Omit<Invitation, 'userText'> & { readonly user: UserText },
  ): Promise<void> {
    const { user, groupId, roleId } = invitation;
    try {
      await transact(this.#database, async (queries) => {
        const group = await store.findGroup(queries, groupId);
        if (group === undefined) throw unknownGroup();
        if ((await store.findMember(queries, groupId, principalKey(user))) !== undefined)
          throw new GroupRefusedError('Already a member');
        await requirePower(queries, requester, groupId, groupPowers.invite);
        if (roleId !== zeroUuid && !(await hasRole(queries, groupId, roleId)))
          throw new GroupRefusedError('The group has no such role');
        if (roleId !== zeroUuid && !(await mayGiveRole(queries, requester, group, roleId)))
          throw new GroupRefusedError('Insufficient permission to give this role');
        await messages.writeInvitation(queries, { ...invitation, createdAt: this.#now() });
      });
    } catch (error) {
      if (error instanceof UniqueViolationError)
        throw new GroupRefusedError('There is an invitation with this id');
      throw error;
    }
  }

  invitation(id: Uuid): Promise<Invitation | undefined> {
    return messages.findInvitation(this.#database, id, this.#oldest());
  }

  deleteInvitation(id: Uuid): Promise<void> {
    return messages.deleteInvitation(this.#database, id);
  }

  /** Throws GroupRefusedError when the requester may not, and for a notice that is there already. */
  async addNotice(requester: Requester, notice: Omit<Notice, 'createdAt'>): Promise<void> {
    await transact(this.#database, async (queries) => {
      await requirePower(queries, requester, notice.groupId, groupPowers.sendNotices);
      await this.insertNotice(queries, notice);
    });
  }

  /** Without asking whether somebody may. Throws GroupRefusedError for a notice that is there already, or too many. */
  async insertNotice(queries: Queries, notice: Omit<Notice, 'createdAt'>): Promise<void> {
    if ((await messages.countNotices(queries, notice.groupId, this.#oldest())) >= noticesMax)
      throw new GroupRefusedError('The group has too many notices');
    if (!(await messages.insertNotice(queries, storableNotice(notice, this.#now()))))
      throw new GroupRefusedError('There is a notice with this id');
  }

  notice(id: Uuid): Promise<Notice | undefined> {
    return messages.findNotice(this.#database, id, this.#oldest());
  }

  /** The newest first. */
  notices(groupId: Uuid): Promise<readonly Notice[]> {
    return messages.listNotices(this.#database, groupId, this.#oldest(), noticesMax);
  }

  /** Forgets invitations and notices after 14 days, when nobody is shown them any more; returns how many. */
  cleanOld(): Promise<number> {
    return messages.deleteOld(this.#database, this.#oldest());
  }

  #oldest(): number {
    return this.#now() - messageAgeMaxMs;
  }
}

async function hasRole(queries: Queries, groupId: Uuid, roleId: Uuid): Promise<boolean> {
  return (await roleStore.listRoles(queries, groupId)).some((role) => role.id === roleId);
}

async function addMember(queries: Queries, joining: Joining, joinedAt: number): Promise<void> {
  const { user, groupId, roleId, accessToken = '' } = joining;
  await store.insertMember(queries, {
    ...{ user, groupId, roleId, joinedAt },
    accessToken: storableText(accessToken, groupTextLimits.accessToken),
  });
  if (roleId !== zeroUuid) await roleStore.giveRole(queries, groupId, roleId, principalKey(user));
  await store.setActive(queries, principalKey(user), groupId);
}

function newGroup(group: NewGroup): UncountedGroup {
  const name = storableText(group.name, groupTextLimits.name);
  if (name.trim() === '') throw new GroupRefusedError('A group needs a name');
  if (name !== group.name) throw new GroupRefusedError('This name is too long, or cannot be written');
  if (group.founderId === zeroUuid) throw new GroupRefusedError('A group needs a founder');
  const { founderId } = group;
  return {
    ...storableProperties(group),
    ...{ id: randomUuid(), name, founderId, ownerRoleId: randomUuid(), location: '' },
  };
}

function firstRoles(group: UncountedGroup): readonly GroupRole[] {
  const title = (what: string) => storableText(`${what} of ${group.name}`, groupTextLimits.roleTitle);
  return [
    {
      id: zeroUuid,
      name: 'Everyone',
      description: 'Everyone in the group is in the everyone role.',
      title: title('Member'),
      powers: everyonePowers,
    },
    {
      id: randomUuid(),
      name: 'Officers',
      description: 'The officers of the group, with more powers than regular members.',
      title: title('Officer'),
      powers: officerPowers,
    },
    {
      id: group.ownerRoleId,
      name: 'Owners',
      description: 'Owners of the group',
      title: title('Owner'),
      powers: ownerPowers,
    },
  ];
}

function storableProperties(properties: GroupProperties): GroupProperties {
  return {
    charter: storableText(properties.charter, groupTextLimits.charter),
    insigniaId: properties.insigniaId,
    membershipFee: properties.membershipFee,
    openEnrollment: properties.openEnrollment,
    showInList: properties.showInList,
    allowPublish: properties.allowPublish,
    maturePublish: properties.maturePublish,
  };
}

function storableNotice(notice: Omit<Notice, 'createdAt'>, createdAt: number): Notice {
  const { attachment } = notice;
  return {
    ...notice,
    createdAt,
    fromName: storableText(notice.fromName, groupTextLimits.fromName),
    subject: storableText(notice.subject, groupTextLimits.subject),
    message: storableText(notice.message, groupTextLimits.message),
    attachment:
      attachment === undefined
        ? undefined
        : {
            ...attachment,
            name: storableText(attachment.name, groupTextLimits.attachmentName),
            ownerText: storableText(attachment.ownerText, groupTextLimits.attachmentOwner),
          },
  };
}
