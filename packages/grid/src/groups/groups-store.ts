/** Queries on groups and their members. */
import type { Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { UserText } from '../user-text.ts';
import { principalKey } from './group-records.ts';
import type { Group, GroupHit, MemberChoices, Membership, UncountedGroup } from './group-records.ts';
import { groupOfRow, rowOfGroup } from './group-tables.ts';
import type { GroupRow, GroupTables, MemberRow } from './group-tables.ts';

/** Throws UniqueViolationError when the id or the name is taken. */
export async function insertGroup(queries: Queries, group: UncountedGroup, createdAt: number): Promise<void> {
  await queries
    .tables<GroupTables>()
    .insertInto('group_record')
    .values({ ...rowOfGroup(queries, group), created_at: createdAt, member_count: 0 })
    .execute();
}

export async function replaceGroup(queries: Queries, group: UncountedGroup): Promise<void> {
  const { id, ...rest } = rowOfGroup(queries, group);
  await queries.tables<GroupTables>().updateTable('group_record').set(rest).where('id', '=', id).execute();
}

export async function findGroup(queries: Queries, id: Uuid): Promise<Group | undefined> {
  return groupWith(queries, 'id', queries.uuid(id));
}

/** A group of this grid. */
export async function findGroupNamed(queries: Queries, name: string): Promise<Group | undefined> {
  return groupWith(queries, 'name_key', name.toLowerCase());
}

async function groupWith(
  queries: Queries,
  column: 'id' | 'name_key',
  value: StoredUuid,
): Promise<Group | undefined> {
  const row = await queries
    .tables<GroupTables>()
    .selectFrom('group_record')
    .selectAll()
    .select((from) => [
      from
        .selectFrom('group_role')
        .select(sql<number>`count(*)`.as('count'))
        .whereRef('group_role.group_id', '=', 'group_record.id')
        .as('role_count'),
    ])
    .where(column, '=', value)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { ...groupOfRow(row), memberCount: row.member_count, roleCount: row.role_count ?? 0 };
}

/** Groups of this grid with members that may be found; the largest first. */
export async function searchGroups(
  queries: Queries,
  text: string,
  limit: number,
): Promise<readonly GroupHit[]> {
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  const rows = await queries
    .tables<GroupTables>()
    .selectFrom('group_record')
    .select(['id', 'name', 'member_count'])
    .where(sql<boolean>`name_key like ${pattern} escape '\\'`)
    .where('show_in_list', '=', 1)
    .where('member_count', '>', 0)
    .orderBy('member_count', 'desc')
    .orderBy('name_key')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ id: readUuid(row.id), name: row.name, memberCount: row.member_count }));
}

/** A member as the table has it. */
export interface MemberRecord extends MemberChoices {
  readonly userText: string;
  readonly principal: string;
  readonly roleId: Uuid;
  readonly contribution: number;
  readonly accessToken: string;
}

function memberOfRow(row: Omit<MemberRow, 'group_id' | 'joined_at'>): MemberRecord {
  return {
    userText: row.user_text,
    principal: row.principal,
    roleId: readUuid(row.selected_role),
    contribution: row.contribution,
    accessToken: row.access_token,
    acceptNotices: row.accept_notices !== 0,
    listInProfile: row.list_in_profile !== 0,
  };
}

export interface NewMember {
  readonly groupId: Uuid;
  readonly user: UserText;
  readonly roleId: Uuid;
  readonly accessToken: string;
  readonly joinedAt: number;
}

/** The caller has seen that there is no such member. */
export async function insertMember(queries: Queries, member: NewMember): Promise<void> {
  const tables = queries.tables<GroupTables>();
  await tables
    .insertInto('group_member')
    .values({
      group_id: queries.uuid(member.groupId),
      principal: principalKey(member.user),
      user_text: member.user.text,
      selected_role: queries.uuid(member.roleId),
      contribution: 0,
      list_in_profile: 1,
      accept_notices: 1,
      access_token: member.accessToken,
      joined_at: member.joinedAt,
    })
    .execute();
  await changeMemberCount(queries, member.groupId, 1);
}

/** With the roles. False when there is no such member. */
export async function deleteMember(queries: Queries, groupId: Uuid, principal: string): Promise<boolean> {
  const tables = queries.tables<GroupTables>();
  const result = await tables
    .deleteFrom('group_member')
    .where('group_id', '=', queries.uuid(groupId))
    .where('principal', '=', principal)
    .executeTakeFirst();
  if (result.numDeletedRows === 0n) return false;
  await changeMemberCount(queries, groupId, -1);
  await tables
    .deleteFrom('group_active')
    .where('principal', '=', principal)
    .where('group_id', '=', queries.uuid(groupId))
    .execute();
  return true;
}

async function changeMemberCount(queries: Queries, groupId: Uuid, by: 1 | -1): Promise<void> {
  await queries
    .tables<GroupTables>()
    .updateTable('group_record')
    .set((row) => ({ member_count: row('member_count', '+', by) }))
    .where('id', '=', queries.uuid(groupId))
    .execute();
}

export async function findMember(
  queries: Queries,
  groupId: Uuid,
  principal: string,
): Promise<MemberRecord | undefined> {
  const row = await queries
    .tables<GroupTables>()
    .selectFrom('group_member')
    .selectAll()
    .where('group_id', '=', queries.uuid(groupId))
    .where('principal', '=', principal)
    .executeTakeFirst();
  return row === undefined ? undefined : memberOfRow(row);
}

/** Nothing happens when there is no such member. */
export async function updateMember(
  queries: Queries,
  groupId: Uuid,
  principal: string,
  changes: { readonly roleId?: Uuid; readonly choices?: MemberChoices; readonly accessToken?: string },
): Promise<void> {
  const { roleId, choices, accessToken } = changes;
  await queries
    .tables<GroupTables>()
    .updateTable('group_member')
    .set({
      ...(roleId === undefined ? {} : { selected_role: queries.uuid(roleId) }),
      ...(accessToken === undefined ? {} : { access_token: accessToken }),
      ...(choices === undefined
        ? {}
        : {
            accept_notices: choices.acceptNotices ? 1 : 0,
            list_in_profile: choices.listInProfile ? 1 : 0,
          }),
    })
    .where('group_id', '=', queries.uuid(groupId))
    .where('principal', '=', principal)
    .execute();
}

/** In the order of their keys, each with whether they have the given role. */
export async function listMembers(
  queries: Queries,
  groupId: Uuid,
  markedRoleId: Uuid,
): Promise<readonly (MemberRecord & { readonly marked: boolean })[]> {
  const rows = await queries
    .tables<GroupTables>()
    .selectFrom('group_member as member')
    .leftJoin('group_role_member as held', (join) =>
      join
        .onRef('held.group_id', '=', 'member.group_id')
        .onRef('held.principal', '=', 'member.principal')
        .on('held.role', '=', queries.uuid(markedRoleId)),
    )
    .select([
      ...(['member.user_text', 'member.principal', 'member.selected_role', 'member.contribution'] as const),
      ...(['member.access_token', 'member.accept_notices', 'member.list_in_profile'] as const),
      'held.principal as marked',
    ])
    .where('member.group_id', '=', queries.uuid(groupId))
    .orderBy('member.principal')
    .execute();
  return rows.map((row) => ({ ...memberOfRow(row), marked: row.marked !== null }));
}

/** In which groups the memberships shall be: all, one, or the one that is active. */
export type MembershipChoice = 'all' | 'active' | Uuid;

/** One query for any number of groups; the newest first. */
export async function findMemberships(
  queries: Queries,
  principal: string,
  choice: MembershipChoice,
): Promise<readonly Membership[]> {
  let query = queries
    .tables<GroupTables>()
    .selectFrom('group_member as member')
    .innerJoin('group_record as record', 'record.id', 'member.group_id')
    .leftJoin('group_role as role', (join) =>
      join.onRef('role.group_id', '=', 'member.group_id').onRef('role.id', '=', 'member.selected_role'),
    )
    .selectAll('record')
    .select([
      ...(['member.selected_role', 'member.contribution', 'member.access_token'] as const),
      ...(['member.accept_notices', 'member.list_in_profile', 'role.title', 'role.powers'] as const),
    ])
    .where('member.principal', '=', principal)
    .orderBy('member.joined_at', 'desc')
    .orderBy('member.group_id');
  if (choice === 'active')
    query = query.where('member.group_id', '=', (from) =>
      from.selectFrom('group_active').select('group_id').where('group_active.principal', '=', principal),
    );
  else if (choice !== 'all') query = query.where('member.group_id', '=', queries.uuid(choice));
  return (await query.execute()).map(membershipOfRow);
}

interface MembershipRow extends GroupRow {
  selected_role: StoredUuid;
  contribution: number;
  access_token: string;
  accept_notices: number;
  list_in_profile: number;
  title: string | null;
  powers: string | null;
}

function membershipOfRow(row: MembershipRow): Membership {
  return {
    group: groupOfRow(row),
    contribution: row.contribution,
    accessToken: row.access_token,
    acceptNotices: row.accept_notices !== 0,
    listInProfile: row.list_in_profile !== 0,
    roleId: readUuid(row.selected_role),
    title: row.title ?? '',
    powers: BigInt(row.powers ?? '0'),
  };
}

export async function setActive(queries: Queries, principal: string, groupId: Uuid): Promise<void> {
  const group = queries.uuid(groupId);
  await queries
    .tables<GroupTables>()
    .insertInto('group_active')
    .values({ principal, group_id: group })
    .onConflict((conflict) => conflict.column('principal').doUpdateSet({ group_id: group }))
    .execute();
}

/** Groups of other grids in which somebody is. */
export async function countForeignGroups(queries: Queries, principal: string): Promise<number> {
  const { count } = await queries
    .tables<GroupTables>()
    .selectFrom('group_member as member')
    .innerJoin('group_record as record', 'record.id', 'member.group_id')
    .select(sql<number>`count(*)`.as('count'))
    .where('member.principal', '=', principal)
    .where('record.location', '!=', '')
    .executeTakeFirstOrThrow();
  return count;
}
