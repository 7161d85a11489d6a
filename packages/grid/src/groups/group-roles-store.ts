/** Queries on the roles of groups and on who has them. */
import type { Queries } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { GroupRole, RoleMember } from './group-records.ts';
import { roleOfRow } from './group-tables.ts';
import type { GroupTables, RoleRow } from './group-tables.ts';

function rowOfRole(queries: Queries, groupId: Uuid, role: GroupRole): RoleRow {
  return {
    group_id: queries.uuid(groupId),
    id: queries.uuid(role.id),
    name: role.name,
    description: role.description,
    title: role.title,
    powers: String(role.powers),
  };
}

/** The one of everyone first, then by name. */
function inOrder(roles: readonly GroupRole[]): readonly GroupRole[] {
  const key = (role: GroupRole) => `${role.id === zeroUuid ? 0 : 1}${role.name}\n${role.id}`;
  return roles.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

export async function insertRoles(
  queries: Queries,
  groupId: Uuid,
  roles: readonly GroupRole[],
): Promise<void> {
  await queries
    .tables<GroupTables>()
    .insertInto('group_role')
    .values(roles.map((role) => rowOfRole(queries, groupId, role)))
    .execute();
}

/** False when there is no such role. */
export async function replaceRole(queries: Queries, groupId: Uuid, role: GroupRole): Promise<boolean> {
  const { group_id, id, ...rest } = rowOfRole(queries, groupId, role);
  const result = await queries
    .tables<GroupTables>()
    .updateTable('group_role')
    .set(rest)
    .where('group_id', '=', group_id)
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Who had it shows the role of everyone from then on. */
export async function deleteRole(queries: Queries, groupId: Uuid, roleId: Uuid): Promise<void> {
  const tables = queries.tables<GroupTables>();
  const [group, role] = [queries.uuid(groupId), queries.uuid(roleId)];
  await tables.deleteFrom('group_role').where('group_id', '=', group).where('id', '=', role).execute();
  await tables
    .updateTable('group_member')
    .set({ selected_role: queries.uuid(zeroUuid) })
    .where('group_id', '=', group)
    .where('selected_role', '=', role)
    .execute();
}

export async function listRoles(queries: Queries, groupId: Uuid): Promise<readonly GroupRole[]> {
  const rows = await queries
    .tables<GroupTables>()
    .selectFrom('group_role')
    .selectAll()
    .where('group_id', '=', queries.uuid(groupId))
    .execute();
  return inOrder(rows.map(roleOfRow));
}

/** The roles of a member, that of everyone included; none for who is no member. */
export async function rolesOfMember(
  queries: Queries,
  groupId: Uuid,
  principal: string,
): Promise<readonly GroupRole[]> {
  const rows = await queries
    .tables<GroupTables>()
    .selectFrom('group_member as member')
    .innerJoin('group_role as role', 'role.group_id', 'member.group_id')
    .leftJoin('group_role_member as held', (join) =>
      join
        .onRef('held.group_id', '=', 'role.group_id')
        .onRef('held.role', '=', 'role.id')
        .onRef('held.principal', '=', 'member.principal'),
    )
    .selectAll('role')
    .where('member.group_id', '=', queries.uuid(groupId))
    .where('member.principal', '=', principal)
    .where((is) => is.or([is('held.role', 'is not', null), is('role.id', '=', queries.uuid(zeroUuid))]))
    .execute();
  return inOrder(rows.map(roleOfRow));
}

/** How many have each role, without that of everyone. */
export async function countRoleMembers(queries: Queries, groupId: Uuid): Promise<ReadonlyMap<Uuid, number>> {
  const rows = await queries
    .tables<GroupTables>()
    .selectFrom('group_role_member')
    .select(['role', sql<number>`count(*)`.as('count')])
    .where('group_id', '=', queries.uuid(groupId))
    .groupBy('role')
    .execute();
  return new Map(rows.map((row) => [readUuid(row.role), row.count]));
}

/** Who has which role, without that of everyone; in the order of roles and keys. */
export async function listRoleMembers(queries: Queries, groupId: Uuid): Promise<readonly RoleMember[]> {
  const rows = await queries
    .tables<GroupTables>()
    .selectFrom('group_role_member as held')
    .innerJoin('group_member as member', (join) =>
      join.onRef('member.group_id', '=', 'held.group_id').onRef('member.principal', '=', 'held.principal'),
    )
    .select(['held.role', 'member.user_text'])
    .where('held.group_id', '=', queries.uuid(groupId))
    .orderBy('held.role')
    .orderBy('held.principal')
    .execute();
  return rows.map((row) => ({ roleId: readUuid(row.role), userText: row.user_text }));
}

/** Nothing happens when the member has it already; role and member must be there. */
export async function giveRole(
  queries: Queries,
  groupId: Uuid,
  roleId: Uuid,
  principal: string,
): Promise<void> {
  await queries
    .tables<GroupTables>()
    .insertInto('group_role_member')
    .values({ group_id: queries.uuid(groupId), role: queries.uuid(roleId), principal })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** False when the member did not have it. */
export async function takeRole(
  queries: Queries,
  groupId: Uuid,
  roleId: Uuid,
  principal: string,
): Promise<boolean> {
  const result = await queries
    .tables<GroupTables>()
    .deleteFrom('group_role_member')
    .where('group_id', '=', queries.uuid(groupId))
    .where('role', '=', queries.uuid(roleId))
    .where('principal', '=', principal)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
