/** Queries on what groups send: invitations and notices. */
import type { Queries } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { UserText } from '../user-text.ts';
import { principalKey } from './group-records.ts';
import type { Invitation, Notice } from './group-records.ts';
import type { GroupTables, InvitationRow, NoticeRow } from './group-tables.ts';

export interface NewInvitation {
  readonly id: Uuid;
  readonly groupId: Uuid;
  readonly roleId: Uuid;
  readonly user: UserText;
  readonly createdAt: number;
}

/** Takes the place of an older one to the same group. Throws UniqueViolationError when another has the id. */
export async function writeInvitation(queries: Queries, invitation: NewInvitation): Promise<void> {
  const row: InvitationRow = {
    id: queries.uuid(invitation.id),
    group_id: queries.uuid(invitation.groupId),
    role: queries.uuid(invitation.roleId),
    principal: principalKey(invitation.user),
    user_text: invitation.user.text,
    created_at: invitation.createdAt,
  };
  await queries
    .tables<GroupTables>()
    .insertInto('group_invitation')
    .values(row)
    .onConflict((conflict) => conflict.columns(['group_id', 'principal']).doUpdateSet(row))
    .execute();
}

function invitationOfRow(row: InvitationRow): Invitation {
  return {
    id: readUuid(row.id),
    groupId: readUuid(row.group_id),
    roleId: readUuid(row.role),
    userText: row.user_text,
  };
}

export async function findInvitation(
  queries: Queries,
  id: Uuid,
  notBefore: number,
): Promise<Invitation | undefined> {
  const row = await queries
    .tables<GroupTables>()
    .selectFrom('group_invitation')
    .selectAll()
    .where('id', '=', queries.uuid(id))
    .where('created_at', '>=', notBefore)
    .executeTakeFirst();
  return row === undefined ? undefined : invitationOfRow(row);
}

export async function findInvitationOf(
  queries: Queries,
  groupId: Uuid,
  principal: string,
  notBefore: number,
): Promise<Invitation | undefined> {
  const row = await queries
    .tables<GroupTables>()
    .selectFrom('group_invitation')
    .selectAll()
    .where('group_id', '=', queries.uuid(groupId))
    .where('principal', '=', principal)
    .where('created_at', '>=', notBefore)
    .executeTakeFirst();
  return row === undefined ? undefined : invitationOfRow(row);
}

export async function deleteInvitation(queries: Queries, id: Uuid): Promise<void> {
  await queries
    .tables<GroupTables>()
    .deleteFrom('group_invitation')
    .where('id', '=', queries.uuid(id))
    .execute();
}

/** False when there is a notice with the id already. */
export async function insertNotice(queries: Queries, notice: Notice): Promise<boolean> {
  const { attachment } = notice;
  const result = await queries
    .tables<GroupTables>()
    .insertInto('group_notice')
    .values({
      id: queries.uuid(notice.id),
      group_id: queries.uuid(notice.groupId),
      created_at: notice.createdAt,
      from_name: notice.fromName,
      subject: notice.subject,
      message: notice.message,
      has_attachment: attachment === undefined ? 0 : 1,
      attachment_item: queries.uuid(attachment?.itemId ?? zeroUuid),
      attachment_name: attachment?.name ?? '',
      attachment_type: attachment?.type ?? 0,
      attachment_owner: attachment?.ownerText ?? '',
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

function noticeOfRow(row: NoticeRow): Notice {
  return {
    id: readUuid(row.id),
    groupId: readUuid(row.group_id),
    createdAt: row.created_at,
    fromName: row.from_name,
    subject: row.subject,
    message: row.message,
    attachment:
      row.has_attachment === 0
        ? undefined
        : {
            itemId: readUuid(row.attachment_item),
            name: row.attachment_name,
            type: row.attachment_type,
            ownerText: row.attachment_owner,
          },
  };
}

export async function findNotice(queries: Queries, id: Uuid, notBefore: number): Promise<Notice | undefined> {
  const row = await queries
    .tables<GroupTables>()
    .selectFrom('group_notice')
    .selectAll()
    .where('id', '=', queries.uuid(id))
    .where('created_at', '>=', notBefore)
    .executeTakeFirst();
  return row === undefined ? undefined : noticeOfRow(row);
}

/** The newest first. */
export async function listNotices(
  queries: Queries,
  groupId: Uuid,
  notBefore: number,
  limit: number,
): Promise<readonly Notice[]> {
  const rows = await queries
    .tables<GroupTables>()
    .selectFrom('group_notice')
    .selectAll()
    .where('group_id', '=', queries.uuid(groupId))
    .where('created_at', '>=', notBefore)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(noticeOfRow);
}

export async function countNotices(queries: Queries, groupId: Uuid, notBefore: number): Promise<number> {
  const { count } = await queries
    .tables<GroupTables>()
    .selectFrom('group_notice')
    .select(sql<number>`count(*)`.as('count'))
    .where('group_id', '=', queries.uuid(groupId))
    .where('created_at', '>=', notBefore)
    .executeTakeFirstOrThrow();
  return count;
}

/** Invitations and notices of all groups from before a time; returns how many. */
export async function deleteOld(queries: Queries, before: number): Promise<number> {
  let deleted = 0n;
  for (const table of ['group_invitation', 'group_notice'] as const) {
    const { numDeletedRows } = await queries
      .tables<GroupTables>()
      .deleteFrom(table)
      .where('created_at', '<', before)
      .executeTakeFirst();
    deleted += numDeletedRows;
  }
  return Number(deleted);
}
