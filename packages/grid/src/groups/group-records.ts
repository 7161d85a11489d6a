/** Groups of residents and visitors, their roles, members and messages. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { UserText } from '../user-text.ts';

/** What whoever may change a group can change. */
export interface GroupProperties {
  readonly charter: string;
  readonly insigniaId: Uuid;
  readonly membershipFee: number;
  /** Anybody may join; else an invitation is needed. */
  readonly openEnrollment: boolean;
  /** Searches find it. */
  readonly showInList: boolean;
  readonly allowPublish: boolean;
  readonly maturePublish: boolean;
}

export interface Group extends GroupProperties {
  readonly id: Uuid;
  /** Unique whatever its case, among the groups of this grid. */
  readonly name: string;
  readonly founderId: Uuid;
  readonly ownerRoleId: Uuid;
  /** Address of the grid whose group it is; empty for one of this grid. */
  readonly location: string;
  readonly memberCount: number;
  readonly roleCount: number;
}

/** A group as it is stored. */
export type UncountedGroup = Omit<Group, 'memberCount' | 'roleCount'>;

export interface NewGroup extends GroupProperties {
  readonly name: string;
  readonly founderId: Uuid;
}

export interface GroupRole {
  /** Zero: that of everyone in the group. */
  readonly id: Uuid;
  readonly name: string;
  readonly description: string;
  readonly title: string;
  readonly powers: bigint;
}

export interface CountedRole extends GroupRole {
  readonly memberCount: number;
}

/** What a member chooses. */
export interface MemberChoices {
  readonly acceptNotices: boolean;
  readonly listInProfile: boolean;
}

/** Somebody's membership, as they see it. */
export interface Membership extends MemberChoices {
  readonly group: UncountedGroup;
  readonly contribution: number;
  /** What lets a visitor's home grid ask about the group. */
  readonly accessToken: string;
  /** Of the role that the member shows; its powers are those that simulators are told of. */
  readonly roleId: Uuid;
  readonly title: string;
  readonly powers: bigint;
}

/** A member, as others see it. */
export interface GroupMember extends MemberChoices {
  /** A UUID, or the identifier of a visitor. */
  readonly userText: string;
  readonly contribution: number;
  readonly isOwner: boolean;
  /** Empty and 0 when who asks may not know. */
  readonly title: string;
  readonly powers: bigint;
  readonly online: boolean;
  /** Unix milliseconds; 0 when not known. */
  readonly lastLogin: number;
}

export interface RoleMember {
  readonly roleId: Uuid;
  readonly userText: string;
}

export interface Invitation {
  readonly id: Uuid;
  readonly groupId: Uuid;
  readonly roleId: Uuid;
  readonly userText: string;
}

export interface NoticeAttachment {
  readonly itemId: Uuid;
  readonly name: string;
  /** Asset type, 0 to 255. */
  readonly type: number;
  readonly ownerText: string;
}

export interface Notice {
  readonly id: Uuid;
  readonly groupId: Uuid;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly fromName: string;
  readonly subject: string;
  readonly message: string;
  readonly attachment: NoticeAttachment | undefined;
}

export interface GroupHit {
  readonly id: Uuid;
  readonly name: string;
  readonly memberCount: number;
}

/** Something is refused; the message says why, in words for the simulator and its viewer. */
export class GroupRefusedError extends Error {
  override readonly name = 'GroupRefusedError';
}

export function unknownGroup(): GroupRefusedError {
  return new GroupRefusedError('Group not found');
}

/** Who asks, as far as that is known: simulators ask for the viewers of their residents, or for themselves (zero). */
export type Requester = UserText | undefined;

/** Whom a row is about: residents by their id, visitors by id and home grid, whatever the spelling of its address. */
export function principalKey(user: UserText): string {
  return user.home === '' ? user.id : `${user.id};${user.home}`;
}

/** UTF-16 units. */
export const groupTextLimits = {
  name: 255,
  charter: 65_000,
  roleName: 255,
  roleDescription: 255,
  roleTitle: 255,
  fromName: 255,
  subject: 255,
  message: 16_000,
  attachmentName: 128,
  attachmentOwner: 255,
  location: 255,
  accessToken: 64,
} as const;

export const rolesMax = 100;
/** Of one group, among those that are not too old. */
export const noticesMax = 1000;
export const hitsMax = 500;
/** Groups of other grids in which one resident is at once: strangers can bring them about. */
export const foreignGroupsMax = 200;
/** How long invitations and notices are kept. */
export const messageAgeMaxMs = 14 * 24 * 60 * 60 * 1000;
