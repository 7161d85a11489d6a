/** The roles of groups: what members may do, and the titles that they show. */
import { UniqueViolationError } from '@gridkeep/storage/database/database-errors';
import type { Database } from '@gridkeep/storage/database/database';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { storableText } from '../text.ts';
import { transact } from '../transactions.ts';
import type { UserText } from '../user-text.ts';
import { groupPowers } from './group-powers.ts';
import { GroupRefusedError, groupTextLimits, principalKey, rolesMax, unknownGroup } from './group-records.ts';
import type { CountedRole, GroupRole, Requester, RoleMember } from './group-records.ts';
import { mayGiveRole, requirePower, visibleRoles } from './group-rights.ts';
import * as store from './group-roles-store.ts';
import * as groups from './groups-store.ts';

export class GroupRoles {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** That of everyone first, then by name. */
  async list(groupId: Uuid): Promise<readonly CountedRole[]> {
    const group = await groups.findGroup(this.#database, groupId);
    if (group === undefined) return [];
    const roles = await store.listRoles(this.#database, groupId);
    const counts = await store.countRoleMembers(this.#database, groupId);
    return roles.map((role) => ({
      ...role,
      memberCount: role.id === zeroUuid ? group.memberCount : (counts.get(role.id) ?? 0),
    }));
  }

  /** Who is no member sees only roles whose members everybody may see. */
  async members(requester: Requester, groupId: Uuid): Promise<readonly RoleMember[]> {
    const isMember =
      requester !== undefined &&
      (await groups.findMember(this.#database, groupId, principalKey(requester))) !== undefined;
    const roles = visibleRoles(await store.listRoles(this.#database, groupId), isMember);
    const shown = new Set(roles.map((role) => role.id));
    const everyone = shown.has(zeroUuid) ? await groups.listMembers(this.#database, groupId, zeroUuid) : [];
    const others = await store.listRoleMembers(this.#database, groupId);
    return [
      ...everyone.map(({ userText }) => ({ roleId: zeroUuid, userText })),
      ...others.filter((member) => shown.has(member.roleId)),
    ];
  }

  /** That of everyone included; none for who is no member. */
  ofMember(user: UserText, groupId: Uuid): Promise<readonly GroupRole[]> {
    return store.rolesOfMember(this.#database, groupId, principalKey(user));
  }

  /** Throws GroupRefusedError. */
  async add(requester: Requester, groupId: Uuid, role: GroupRole): Promise<void> {
    try {
      await transact(this.#database, async (queries) => {
        await requirePower(queries, requester, groupId, groupPowers.createRole);
        if ((await store.listRoles(queries, groupId)).length >= rolesMax)
          throw new GroupRefusedError('The group has too many roles');
        await store.insertRoles(queries, groupId, [storableRole(role)]);
      });
    } catch (error) {
      if (error instanceof UniqueViolationError) throw new GroupRefusedError('The role exists already');
      throw error;
    }
  }

  /** Throws GroupRefusedError. */
  async update(requester: Requester, groupId: Uuid, role: GroupRole): Promise<void> {
    await transact(this.#database, async (queries) => {
      await requirePower(queries, requester, groupId, groupPowers.changeActions);
      if (!(await store.replaceRole(queries, groupId, storableRole(role))))
        throw new GroupRefusedError('The group has no such role');
    });
  }

  /** Never those of everyone and of the owners. Throws GroupRefusedError. */
  async remove(requester: Requester, groupId: Uuid, roleId: Uuid): Promise<void> {
    await transact(this.#database, async (queries) => {
      const group = await groups.findGroup(queries, groupId);
      if (group === undefined) throw unknownGroup();
      await requirePower(queries, requester, groupId, groupPowers.deleteRole);
      if (roleId === zeroUuid || roleId === group.ownerRoleId)
        throw new GroupRefusedError('This role cannot be deleted');
      await store.deleteRole(queries, groupId, roleId);
    });
  }

  /** The member shows the role from then on. Throws GroupRefusedError. */
  async give(requester: Requester, user: UserText, groupId: Uuid, roleId: Uuid): Promise<void> {
    const principal = principalKey(user);
    await transact(this.#database, async (queries) => {
      const group = await groups.findGroup(queries, groupId);
      if (group === undefined) throw unknownGroup();
      if (!(await mayGiveRole(queries, requester, group, roleId)))
        throw new GroupRefusedError('Insufficient permissions');
      if ((await groups.findMember(queries, groupId, principal)) === undefined)
        throw new GroupRefusedError('Not a member');
      const held = await store.rolesOfMember(queries, groupId, principal);
      if (held.some((role) => role.id === roleId)) return;
      const roles = await store.listRoles(queries, groupId);
      if (!roles.some((role) => role.id === roleId))
        throw new GroupRefusedError('The group has no such role');
      await store.giveRole(queries, groupId, roleId, principal);
      await groups.updateMember(queries, groupId, principal, { roleId });
    });
  }

  /** Who showed it shows another role. Throws GroupRefusedError. */
  async take(requester: Requester, user: UserText, groupId: Uuid, roleId: Uuid): Promise<void> {
    const principal = principalKey(user);
    await transact(this.#database, async (queries) => {
      const group = await groups.findGroup(queries, groupId);
      if (group === undefined) throw unknownGroup();
      if (roleId === zeroUuid) throw new GroupRefusedError('Every member has this role');
      if (!(await mayGiveRole(queries, requester, group, roleId)))
        throw new GroupRefusedError('Insufficient permissions');
      if (!(await store.takeRole(queries, groupId, roleId, principal)))
        throw new GroupRefusedError('The member does not have this role');
      const member = await groups.findMember(queries, groupId, principal);
      if (member?.roleId !== roleId) return;
      const held = await store.rolesOfMember(queries, groupId, principal);
      const shown = held.find((role) => role.id !== zeroUuid)?.id ?? zeroUuid;
      await groups.updateMember(queries, groupId, principal, { roleId: shown });
    });
  }

  /** Whose title the member shows; nothing happens when they do not have it. */
  async show(user: UserText, groupId: Uuid, roleId: Uuid): Promise<void> {
    const principal = principalKey(user);
    // In one transaction: who loses the role meanwhile must not go on with its powers.
    await transact(this.#database, async (queries) => {
      const held = await store.rolesOfMember(queries, groupId, principal);
      if (held.some((role) => role.id === roleId))
        await groups.updateMember(queries, groupId, principal, { roleId });
    });
  }
}

function storableRole(role: GroupRole): GroupRole {
  return {
    id: role.id,
    name: storableText(role.name, groupTextLimits.roleName),
    description: storableText(role.description, groupTextLimits.roleDescription),
    title: storableText(role.title, groupTextLimits.roleTitle),
    powers: role.powers,
  };
}
