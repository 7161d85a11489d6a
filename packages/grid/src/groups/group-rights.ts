/** What somebody may do in a group: the powers of all their roles together. */
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { groupPowers } from './group-powers.ts';
import { GroupRefusedError, principalKey } from './group-records.ts';
import type { Group, GroupRole, Requester } from './group-records.ts';
import { rolesOfMember } from './group-roles-store.ts';

async function rolesOf(queries: Queries, user: Requester, groupId: Uuid): Promise<readonly GroupRole[]> {
  return user === undefined ? [] : rolesOfMember(queries, groupId, principalKey(user));
}

function powersOf(roles: readonly GroupRole[]): bigint {
  return roles.reduce((powers, role) => powers | role.powers, 0n);
}

/** Throws GroupRefusedError when the user lacks the power, or is no member. */
export async function requirePower(
  queries: Queries,
  user: Requester,
  groupId: Uuid,
  power: bigint,
): Promise<void> {
  if ((powersOf(await rolesOf(queries, user, groupId)) & power) === 0n)
    throw new GroupRefusedError('Insufficient permissions');
}

/** Owners and who has the power may give any role, others at most the roles that they have. */
export async function mayGiveRole(
  queries: Queries,
  user: Requester,
  group: Pick<Group, 'id' | 'ownerRoleId'>,
  roleId: Uuid,
): Promise<boolean> {
  const roles = await rolesOf(queries, user, group.id);
  const has = (id: Uuid) => roles.some((role) => role.id === id);
  const powers = powersOf(roles);
  if (has(group.ownerRoleId) || (powers & groupPowers.assignMember) !== 0n) return true;
  return (powers & groupPowers.assignMemberLimited) !== 0n && has(roleId);
}

/** The roles that who asks may know about. */
export function visibleRoles(roles: readonly GroupRole[], all: boolean): readonly GroupRole[] {
  return all ? roles : roles.filter((role) => (role.powers & groupPowers.memberVisible) !== 0n);
}
