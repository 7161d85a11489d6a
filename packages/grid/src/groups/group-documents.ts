/** Groups as simulators and other grids write and read them. Source: OpenSim/Addons/Groups/GroupsExtendedData.cs. */
import type { Reply, ReplyValue } from '@gridkeep/wire/robust/reply';
import { zeroUuid } from '@gridkeep/wire/uuid';
import { FormFieldError } from '../form-fields.ts';
import type { FormFields } from '../form-fields.ts';
import { compact, numbered } from '../robust-form.ts';
import type { FormAnswer } from '../robust-form.ts';
import { tryParseUserText } from '../user-text.ts';
import { tryParsePowers } from './group-powers.ts';
import { GroupRefusedError } from './group-records.ts';
import type {
  CountedRole,
  Group,
  GroupHit,
  GroupMember,
  GroupProperties,
  GroupRole,
  Invitation,
  Membership,
  Notice,
  Requester,
  RoleMember,
} from './group-records.ts';

const int32Max = 0x7fff_ffff;

/** Never without a reason: simulators stumble over its absence. */
export function nothing(reason: string): FormAnswer {
  return compact([
    ['RESULT', 'NULL'],
    ['REASON', reason],
  ]);
}

export function result(value: ReplyValue): FormAnswer {
  return compact([['RESULT', value]]);
}

/** `m-0`, `m-1` and so on; without entries the answer is none. */
export function listed<Entry>(
  prefix: string,
  entries: readonly Entry[],
  replyOf: (entry: Entry) => Reply,
  otherwise: string,
): FormAnswer {
  if (entries.length === 0) return nothing(otherwise);
  return result(new Map(numbered(`${prefix}-`, entries, replyOf)));
}

/** Why something is refused; undefined when it was done. */
export async function refusal(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof GroupRefusedError) return error.message;
    throw error;
  }
}

/** Must be there, but whoever it names that nobody can be has no rights anyway. */
export function requesterOf(fields: FormFields): Requester {
  return tryParseUserText(fields.text('RequestingAgentID'));
}

/** Numbers that make no sense become 0, flags that are left out False, as on other grids. */
export function propertiesOf(fields: FormFields): GroupProperties {
  const fee = fields.wholeOr('MembershipFee', 0);
  return {
    charter: fields.optionalText('Charter') ?? '',
    insigniaId: fields.uuidOr('InsigniaID', zeroUuid),
    membershipFee: fee >= 0 && fee <= int32Max ? fee : 0,
    openEnrollment: fields.flagOr('OpenEnrollment', false),
    showInList: fields.flagOr('ShownInList', false),
    allowPublish: fields.flagOr('AllowPublish', false),
    maturePublish: fields.flagOr('MaturePublish', false),
  };
}

export function roleOf(fields: FormFields): GroupRole {
  const powers = tryParsePowers(fields.text('Powers'));
  if (powers === undefined) throw new FormFieldError('field Powers is no whole number');
  return {
    id: fields.uuid('RoleID'),
    name: fields.text('Name'),
    description: fields.text('Description'),
    title: fields.text('Title'),
    powers,
  };
}

export function noticeOf(fields: FormFields): Omit<Notice, 'createdAt'> {
  const type = fields.wholeOr('AttachmentType', 0);
  return {
    id: fields.uuid('NoticeID'),
    groupId: fields.uuid('GroupID'),
    fromName: fields.text('FromName'),
    subject: fields.text('Subject'),
    message: fields.text('Message'),
    attachment: fields.flag('HasAttachment')
      ? {
          itemId: fields.uuidOr('AttachmentItemID', zeroUuid),
          name: fields.optionalText('AttachmentName') ?? '',
          type: type >= 0 && type <= 255 ? type : 0,
          ownerText: fields.optionalText('AttachmentOwnerID') ?? '',
        }
      : undefined,
  };
}

/** `founder`: identifier of the founder for other grids. */
export function replyOfGroup(group: Group, founder = ''): Reply {
  return new Map<string, ReplyValue>([
    ['AllowPublish', group.allowPublish],
    ['Charter', group.charter],
    ['FounderID', group.founderId],
    ['FounderUUI', founder],
    ['GroupID', group.id],
    ['GroupName', group.name],
    ['InsigniaID', group.insigniaId],
    ['MaturePublish', group.maturePublish],
    ['MembershipFee', group.membershipFee],
    ['OpenEnrollment', group.openEnrollment],
    ['OwnerRoleID', group.ownerRoleId],
    ['ServiceLocation', group.location],
    ['ShownInList', group.showInList],
    ['MemberCount', group.memberCount],
    ['RoleCount', group.roleCount],
  ]);
}

export function replyOfMembership(membership: Membership): Reply {
  const { group } = membership;
  return new Map<string, ReplyValue>([
    ['AcceptNotices', membership.acceptNotices],
    ['AccessToken', membership.accessToken],
    ['Active', true],
    ['ActiveRole', membership.roleId],
    ['AllowPublish', group.allowPublish],
    ['Charter', group.charter],
    ['Contribution', membership.contribution],
    ['FounderID', group.founderId],
    ['GroupID', group.id],
    ['GroupName', group.name],
    ['GroupPicture', group.insigniaId],
    ['GroupPowers', String(membership.powers)],
    ['GroupTitle', membership.title],
    ['ListInProfile', membership.listInProfile],
    ['MaturePublish', group.maturePublish],
    ['MembershipFee', group.membershipFee],
    ['OpenEnrollment', group.openEnrollment],
    ['ShowInList', group.showInList],
  ]);
}

export function replyOfMember(member: GroupMember): Reply {
  return new Map<string, ReplyValue>([
    ['AcceptNotices', member.acceptNotices],
    // Others' tokens are nobody's business; the key is expected.
    ['AccessToken', ''],
    ['AgentID', member.userText],
    ['AgentPowers', String(member.powers)],
    ['Contribution', member.contribution],
    ['IsOwner', member.isOwner],
    ['ListInProfile', member.listInProfile],
    ['OnlineStatus', onlineStatus(member)],
    ['Title', member.title],
  ]);
}

/** Viewers read it as a date where they can; UTC. */
function onlineStatus({ online, lastLogin }: GroupMember): string {
  if (online) return 'Online';
  if (lastLogin <= 0) return 'unknown';
  const [year = '', month = '', day = ''] = new Date(lastLogin).toISOString().slice(0, 10).split('-');
  return `${month}/${day}/${year}`;
}

export function replyOfRole(role: GroupRole | CountedRole): Reply {
  const counted = 'memberCount' in role;
  return new Map<string, ReplyValue>([
    // What a member asks about their own roles is answered without.
    ['Description', counted ? role.description : ''],
    ['Members', counted ? role.memberCount : 0],
    ['Name', role.name],
    ['Powers', String(role.powers)],
    ['RoleID', role.id],
    ['Title', role.title],
  ]);
}

export function replyOfRoleMember(member: RoleMember): Reply {
  return new Map([
    ['RoleID', member.roleId],
    ['MemberID', member.userText],
  ]);
}

export function replyOfInvitation(invitation: Invitation): Reply {
  return new Map([
    ['InviteID', invitation.id],
    ['GroupID', invitation.groupId],
    ['RoleID', invitation.roleId],
    ['AgentID', invitation.userText],
  ]);
}

/** As in lists: without the message. */
export function replyOfNotice(notice: Notice): ReadonlyMap<string, ReplyValue> {
  const { attachment } = notice;
  return new Map<string, ReplyValue>([
    ['NoticeID', notice.id],
    ['Timestamp', Math.floor(notice.createdAt / 1000)],
    ['FromName', notice.fromName],
    ['Subject', notice.subject],
    ['HasAttachment', attachment !== undefined],
    ['AttachmentItemID', attachment?.itemId ?? zeroUuid],
    ['AttachmentName', attachment?.name ?? ''],
    ['AttachmentType', attachment?.type ?? 0],
    ['AttachmentOwnerID', attachment?.ownerText ?? ''],
  ]);
}

export function replyOfWholeNotice(notice: Notice): Reply {
  return new Map([...replyOfNotice(notice), ['GroupID', notice.groupId], ['Message', notice.message]]);
}

export function replyOfHit(hit: GroupHit): Reply {
  return new Map<string, ReplyValue>([
    ['GroupID', hit.id],
    ['Name', hit.name],
    ['NMembers', hit.memberCount],
    ['SearchOrder', 0],
  ]);
}
