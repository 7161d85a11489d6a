/** Tables of groups, and how rows become records. */
import type { ColumnTypes, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import type { GroupRole, UncountedGroup } from './group-records.ts';

export interface GroupRow {
  id: StoredUuid;
  name: string;
  /** In lower case; null for groups of other grids, which may be called anything. */
  name_key: string | null;
  charter: string;
  insignia: StoredUuid;
  founder: StoredUuid;
  membership_fee: number;
  open_enrollment: number;
  show_in_list: number;
  allow_publish: number;
  mature_publish: number;
  owner_role: StoredUuid;
  location: string;
  created_at: number;
  /** Kept with the members, so that lists need not count. */
  member_count: number;
}

export interface RoleRow {
  group_id: StoredUuid;
  id: StoredUuid;
  name: string;
  description: string;
  title: string;
  /** Decimal: 64 bits without sign. */
  powers: string;
}

export interface MemberRow {
  group_id: StoredUuid;
  principal: string;
  user_text: string;
  selected_role: StoredUuid;
  contribution: number;
  list_in_profile: number;
  accept_notices: number;
  access_token: string;
  joined_at: number;
}

export interface InvitationRow {
  id: StoredUuid;
  group_id: StoredUuid;
  role: StoredUuid;
  principal: string;
  user_text: string;
  created_at: number;
}

export interface NoticeRow {
  id: StoredUuid;
  group_id: StoredUuid;
  created_at: number;
  from_name: string;
  subject: string;
  message: string;
  has_attachment: number;
  attachment_item: StoredUuid;
  attachment_name: string;
  attachment_type: number;
  attachment_owner: string;
}

export interface GroupTables {
  group_record: GroupRow;
  group_role: RoleRow;
  group_member: MemberRow;
  /** All roles but that of everyone, which a member has by being one. */
  group_role_member: { group_id: StoredUuid; role: StoredUuid; principal: string };
  group_active: { principal: string; group_id: StoredUuid };
  group_invitation: InvitationRow;
  group_notice: NoticeRow;
}

export const groupMigrations: readonly Migration[] = [
  {
    name: 'groups-1',
    statements: (types: ColumnTypes) => [
      `CREATE TABLE group_record (
        id ${types.uuid} PRIMARY KEY,
        name ${types.text} NOT NULL,
        name_key ${types.text} UNIQUE,
        charter ${types.text} NOT NULL,
        insignia ${types.uuid} NOT NULL,
        founder ${types.uuid} NOT NULL,
        membership_fee ${types.integer} NOT NULL,
        open_enrollment ${types.integer} NOT NULL,
        show_in_list ${types.integer} NOT NULL,
        allow_publish ${types.integer} NOT NULL,
        mature_publish ${types.integer} NOT NULL,
        owner_role ${types.uuid} NOT NULL,
        location ${types.text} NOT NULL,
        created_at ${types.integer} NOT NULL,
        member_count ${types.integer} NOT NULL
      )${types.strict}`,
      `CREATE TABLE group_role (
        group_id ${types.uuid} NOT NULL REFERENCES group_record (id),
        id ${types.uuid} NOT NULL,
        name ${types.text} NOT NULL,
        description ${types.text} NOT NULL,
        title ${types.text} NOT NULL,
        powers ${types.text} NOT NULL,
        PRIMARY KEY (group_id, id)
      )${types.strict}`,
      `CREATE TABLE group_member (
        group_id ${types.uuid} NOT NULL REFERENCES group_record (id),
        principal ${types.text} NOT NULL,
        user_text ${types.text} NOT NULL,
        selected_role ${types.uuid} NOT NULL,
        contribution ${types.integer} NOT NULL,
        list_in_profile ${types.integer} NOT NULL,
        accept_notices ${types.integer} NOT NULL,
        access_token ${types.text} NOT NULL,
        joined_at ${types.integer} NOT NULL,
        PRIMARY KEY (group_id, principal)
      )${types.strict}`,
      `CREATE INDEX group_member_principal ON group_member (principal)`,
      `CREATE TABLE group_role_member (
        group_id ${types.uuid} NOT NULL,
        role ${types.uuid} NOT NULL,
        principal ${types.text} NOT NULL,
        PRIMARY KEY (group_id, role, principal),
        FOREIGN KEY (group_id, role) REFERENCES group_role (group_id, id) ON DELETE CASCADE,
        FOREIGN KEY (group_id, principal) REFERENCES group_member (group_id, principal) ON DELETE CASCADE
      )${types.strict}`,
      `CREATE INDEX group_role_member_principal ON group_role_member (group_id, principal)`,
      `CREATE TABLE group_active (
        principal ${types.text} PRIMARY KEY,
        group_id ${types.uuid} NOT NULL
      )${types.strict}`,
      `CREATE TABLE group_invitation (
        id ${types.uuid} PRIMARY KEY,
        group_id ${types.uuid} NOT NULL REFERENCES group_record (id),
        role ${types.uuid} NOT NULL,
        principal ${types.text} NOT NULL,
        user_text ${types.text} NOT NULL,
        created_at ${types.integer} NOT NULL,
        UNIQUE (group_id, principal)
      )${types.strict}`,
      `CREATE INDEX group_invitation_created ON group_invitation (created_at)`,
      `CREATE TABLE group_notice (
        id ${types.uuid} PRIMARY KEY,
        group_id ${types.uuid} NOT NULL REFERENCES group_record (id),
        created_at ${types.integer} NOT NULL,
        from_name ${types.text} NOT NULL,
        subject ${types.text} NOT NULL,
        message ${types.text} NOT NULL,
        has_attachment ${types.integer} NOT NULL,
        attachment_item ${types.uuid} NOT NULL,
        attachment_name ${types.text} NOT NULL,
        attachment_type ${types.integer} NOT NULL,
        attachment_owner ${types.text} NOT NULL
      )${types.strict}`,
      `CREATE INDEX group_notice_group ON group_notice (group_id, created_at)`,
      `CREATE INDEX group_notice_created ON group_notice (created_at)`,
    ],
  },
];

export function groupOfRow(row: GroupRow): UncountedGroup {
  return {
    id: readUuid(row.id),
    name: row.name,
    charter: row.charter,
    insigniaId: readUuid(row.insignia),
    founderId: readUuid(row.founder),
    membershipFee: row.membership_fee,
    openEnrollment: row.open_enrollment !== 0,
    showInList: row.show_in_list !== 0,
    allowPublish: row.allow_publish !== 0,
    maturePublish: row.mature_publish !== 0,
    ownerRoleId: readUuid(row.owner_role),
    location: row.location,
  };
}

export function rowOfGroup(
  queries: Queries,
  group: UncountedGroup,
): Omit<GroupRow, 'created_at' | 'member_count'> {
  return {
    id: queries.uuid(group.id),
    name: group.name,
    name_key: group.location === '' ? group.name.toLowerCase() : null,
    charter: group.charter,
    insignia: queries.uuid(group.insigniaId),
    founder: queries.uuid(group.founderId),
    membership_fee: group.membershipFee,
    open_enrollment: group.openEnrollment ? 1 : 0,
    show_in_list: group.showInList ? 1 : 0,
    allow_publish: group.allowPublish ? 1 : 0,
    mature_publish: group.maturePublish ? 1 : 0,
    owner_role: queries.uuid(group.ownerRoleId),
    location: group.location,
  };
}

export function roleOfRow(row: RoleRow): GroupRole {
  return {
    id: readUuid(row.id),
    name: row.name,
    description: row.description,
    title: row.title,
    powers: BigInt(row.powers),
  };
}
