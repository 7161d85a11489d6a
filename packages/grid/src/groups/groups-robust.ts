/**
 * `/groups` as simulators call it. Success is a map, `True` or `true`, failure `NULL` with a reason or `False`: each
 * method has its own, and simulators compare some of them letter by letter. Source:
 * OpenSim/Addons/Groups/Remote/GroupsServiceRobustConnector.cs.
 */
import { FormFieldError } from '../form-fields.ts';
import { compact, formHandler } from '../robust-form.ts';
import type { FormAnswer, FormMethod } from '../robust-form.ts';
import type { RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import {
  noticeOf,
  nothing,
  listed,
  propertiesOf,
  replyOfGroup,
  replyOfHit,
  replyOfInvitation,
  replyOfMember,
  replyOfMembership,
  replyOfNotice,
  replyOfRole,
  replyOfRoleMember,
  replyOfWholeNotice,
  requesterOf,
  refusal,
  result,
  roleOf,
} from './group-documents.ts';
import { GroupRefusedError } from './group-records.ts';
import type { Membership } from './group-records.ts';
import type { GroupRoles } from './group-roles.ts';
import type { Groups } from './groups.ts';

export function groupsRobust(groups: Groups, roles: GroupRoles, log: ServiceLog): RobustRoutes {
  const handle = formHandler({
    name: 'groups',
    methods: { ...groupMethods(groups), ...roleMethods(groups, roles), ...messageMethods(groups) },
    failure: nothing('Bad network data'),
    log,
  });
  return new Map([['groups', handle]]);
}

type Methods = Readonly<Record<string, FormMethod>>;

function groupMethods(groups: Groups): Methods {
  return {
    PUTGROUP: async (fields) => {
      const requester = requesterOf(fields);
      switch (fields.text('OP')) {
        case 'ADD':
          return orReason(async () => {
            const [name, founderId] = [fields.text('GroupName'), fields.uuid('FounderID')];
            return result(replyOfGroup(await groups.create({ ...propertiesOf(fields), name, founderId })));
          });
        case 'UPDATE': {
          const id = fields.uuid('GroupID');
          const properties = propertiesOf(fields);
          // Who may not change it is shown the group as it is.
          const group = await unlessRefused(() => groups.update(requester, id, properties));
          const shown = group ?? (await groups.find(id));
          return shown === undefined ? nothing('Group not found') : result(replyOfGroup(shown));
        }
        default:
          throw new FormFieldError('field OP is neither ADD nor UPDATE');
      }
    },
    GETGROUP: async (fields) => {
      requesterOf(fields);
      const group =
        fields.optionalText('GroupID') === undefined
          ? await groups.findNamed(fields.text('Name'))
          : await groups.find(fields.uuid('GroupID'));
      return group === undefined ? nothing('Group not found') : result(replyOfGroup(group));
    },
    ADDAGENTTOGROUP: (fields) =>
      orReason(async () => {
        const membership = await groups.join(requesterOf(fields), {
          user: fields.user('AgentID'),
          groupId: fields.uuid('GroupID'),
          roleId: fields.uuid('RoleID'),
          accessToken: fields.optionalText('AccessToken') ?? '',
        });
        return result(replyOfMembership(membership));
      }),
    REMOVEAGENTFROMGROUP: (fields) =>
      orReason(async () => {
        await groups.leave(requesterOf(fields), fields.user('AgentID'), fields.uuid('GroupID'));
        return result('true');
      }),
    GETMEMBERSHIP: async (fields) => {
      requesterOf(fields);
      const user = fields.user('AgentID');
      if (fields.optionalText('ALL') !== undefined)
        return listed('m', await groups.memberships(user), replyOfMembership, 'No memberships');
      if (fields.optionalText('GroupID') === undefined)
        return membershipAnswer(await groups.activeMembership(user));
      return membershipAnswer(await groups.membership(user, fields.uuid('GroupID')));
    },
    GETGROUPMEMBERS: async (fields) => {
      const members = await groups.members(requesterOf(fields), fields.uuid('GroupID'));
      return listed('m', members, replyOfMember, 'No members');
    },
    UPDATEMEMBERSHIP: async (fields) => {
      requesterOf(fields);
      await groups.choose(fields.user('AgentID'), fields.uuid('GroupID'), {
        acceptNotices: fields.flag('AcceptNotices'),
        listInProfile: fields.flag('ListInProfile'),
      });
      return result('true');
    },
    FINDGROUPS: async (fields) => {
      requesterOf(fields);
      return listed('n', await groups.search(fields.text('Query')), replyOfHit, 'No hits');
    },
  };
}

function roleMethods(groups: Groups, roles: GroupRoles): Methods {
  return {
    PUTROLE: (fields) => {
      const [requester, groupId, role] = [requesterOf(fields), fields.uuid('GroupID'), roleOf(fields)];
      switch (fields.text('OP')) {
        case 'ADD':
          return trueOrFalse(() => roles.add(requester, groupId, role));
        case 'UPDATE':
          return trueOrFalse(() => roles.update(requester, groupId, role));
        default:
          throw new FormFieldError('field OP is neither ADD nor UPDATE');
      }
    },
    REMOVEROLE: async (fields) => {
      const [requester, groupId] = [requesterOf(fields), fields.uuid('GroupID')];
      const roleId = fields.uuid('RoleID');
      await refusal(() => roles.remove(requester, groupId, roleId));
      return result('true');
    },
    GETGROUPROLES: async (fields) => {
      requesterOf(fields);
      return listed('r', await roles.list(fields.uuid('GroupID')), replyOfRole, 'No members');
    },
    GETROLEMEMBERS: async (fields) => {
      const members = await roles.members(requesterOf(fields), fields.uuid('GroupID'));
      return listed('rm', members, replyOfRoleMember, 'No members');
    },
    AGENTROLE: (fields) => {
      const [requester, user] = [requesterOf(fields), fields.user('AgentID')];
      const [groupId, roleId] = [fields.uuid('GroupID'), fields.uuid('RoleID')];
      switch (fields.text('OP')) {
        case 'ADD':
          return trueOrFalse(() => roles.give(requester, user, groupId, roleId));
        case 'DELETE':
          return trueOrFalse(() => roles.take(requester, user, groupId, roleId));
        default:
          throw new FormFieldError('field OP is neither ADD nor DELETE');
      }
    },
    GETAGENTROLES: async (fields) => {
      requesterOf(fields);
      const held = await roles.ofMember(fields.user('AgentID'), fields.uuid('GroupID'));
      return listed('r', held, replyOfRole, 'No members');
    },
    SETACTIVE: async (fields) => {
      requesterOf(fields);
      const [user, groupId] = [fields.user('AgentID'), fields.uuid('GroupID')];
      switch (fields.text('OP')) {
        case 'GROUP':
          return membershipAnswer(await groups.setActive(user, groupId));
        case 'ROLE':
          await roles.show(user, groupId, fields.uuid('RoleID'));
          return result('true');
        default:
          throw new FormFieldError('field OP is neither GROUP nor ROLE');
      }
    },
  };
}

function messageMethods(groups: Groups): Methods {
  return {
    INVITE: async (fields) => {
      const [requester, id] = [requesterOf(fields), fields.uuid('InviteID')];
      switch (fields.text('OP')) {
        case 'ADD': {
          const invitation = {
            ...{ id, groupId: fields.uuid('GroupID'), roleId: fields.uuid('RoleID') },
            user: fields.user('AgentID'),
          };
          return trueOrFalse(() => groups.invite(requester, invitation));
        }
        case 'GET': {
          const invitation = await groups.invitation(id);
          return invitation === undefined ? result('NULL') : result(replyOfInvitation(invitation));
        }
        case 'DELETE':
          await groups.deleteInvitation(id);
          return result('true');
        default:
          throw new FormFieldError('field OP is none of ADD, GET and DELETE');
      }
    },
    ADDNOTICE: (fields) => {
      const [requester, notice] = [requesterOf(fields), noticeOf(fields)];
      return trueOrFalse(() => groups.addNotice(requester, notice));
    },
    GETNOTICES: async (fields) => {
      requesterOf(fields);
      if (fields.optionalText('NoticeID') === undefined)
        return listed('n', await groups.notices(fields.uuid('GroupID')), replyOfNotice, 'No notices');
      const notice = await groups.notice(fields.uuid('NoticeID'));
      return notice === undefined ? nothing('NO such notice') : result(replyOfWholeNotice(notice));
    },
  };
}

function membershipAnswer(membership: Membership | undefined): FormAnswer {
  return membership === undefined ? nothing('No such membership') : result(replyOfMembership(membership));
}

async function orReason(work: () => Promise<FormAnswer>): Promise<FormAnswer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GroupRefusedError) return nothing(error.message);
    throw error;
  }
}

async function unlessRefused<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GroupRefusedError) return undefined;
    throw error;
  }
}

/** Stock servers leave the reason out, and simulators then stumble when a role is not made. */
async function trueOrFalse(work: () => Promise<void>): Promise<FormAnswer> {
  const reason = await refusal(work);
  if (reason === undefined) return result(true);
  return compact([
    ['RESULT', false],
    ['REASON', reason],
  ]);
}
