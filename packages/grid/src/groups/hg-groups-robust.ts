/**
 * `/hg-groups`, which other grids call. Source: OpenSim/Addons/Groups/Hypergrid/HGGroupsServiceRobustConnector.cs.
 */
import { FormFieldError } from '../form-fields.ts';
import type { FormFields } from '../form-fields.ts';
import { compact, formHandler } from '../robust-form.ts';
import type { FormAnswer } from '../robust-form.ts';
import type { RobustRoutes } from '../robust-http.ts';
import type { ServiceLog } from '../service-log.ts';
import type { Settings } from '../settings/settings.ts';
import { zeroUuid } from '@gridkeep/wire/uuid';
import {
  noticeOf,
  nothing,
  listed,
  replyOfGroup,
  replyOfMember,
  replyOfRole,
  replyOfRoleMember,
  requesterOf,
  refusal,
  result,
} from './group-documents.ts';
import type { HgGroups, TokenHolder } from './hg-groups.ts';

/** Charters and notices are the largest texts. */
const formBytesMax = 1024 * 1024;

export interface HgGroupsRobustOptions {
  readonly hgGroups: HgGroups;
  /** Without Hypergrid the answer is always none. */
  readonly settings: Pick<Settings, 'read'>;
  readonly log: ServiceLog;
}

export function hgGroupsRobust({ hgGroups, settings, log }: HgGroupsRobustOptions): RobustRoutes {
  const failure = nothing('Bad network data');
  const handle = formHandler({
    name: 'hg-groups',
    methods: Object.fromEntries(
      Object.entries(methodsOf(hgGroups)).map(([name, method]) => [
        name,
        async (fields: FormFields) => ((await settings.read()).hypergrid ? method(fields) : failure),
      ]),
    ),
    failure,
    log,
    limits: { bytesMax: formBytesMax, fieldsMax: 100 },
  });
  return new Map([['hg-groups', handle]]);
}

type Method = (fields: FormFields) => Promise<FormAnswer>;

function methodsOf(hgGroups: HgGroups): Readonly<Record<string, Method>> {
  return {
    POSTGROUP: async (fields) => {
      const reason = await refusal(() =>
        hgGroups.addForeignMembership({
          requester: fields.text('RequestingAgentID'),
          user: fields.user('AgentID'),
          groupId: fields.uuid('GroupID'),
          accessToken: fields.text('AccessToken'),
          location: fields.text('Location'),
          name: fields.optionalText('Name') ?? '',
        }),
      );
      return compact([
        ['REASON', reason ?? ''],
        ['RESULT', reason === undefined],
      ]);
    },
    REMOVEAGENTFROMGROUP: async (fields) => {
      const [user, groupId] = [fields.user('AgentID'), fields.uuid('GroupID')];
      const reason = await refusal(() => hgGroups.leave(user, groupId, fields.text('AccessToken')));
      return reason === undefined ? result('true') : nothing(reason);
    },
    GETGROUP: async (fields) => {
      const found = await hgGroups.group(holderOf(fields), fields.uuidOr('GroupID', zeroUuid));
      return found === undefined
        ? nothing('Group not found')
        : result(replyOfGroup(found.group, found.founder));
    },
    GETGROUPMEMBERS: async (fields) => {
      const members = await hgGroups.members(holderOf(fields), fields.uuid('GroupID'));
      return listed('m', members, replyOfMember, 'No members');
    },
    GETGROUPROLES: async (fields) => {
      const roles = await hgGroups.roles(holderOf(fields), fields.uuid('GroupID'));
      return listed('r', roles, replyOfRole, 'No members');
    },
    GETROLEMEMBERS: async (fields) => {
      const members = await hgGroups.roleMembers(holderOf(fields), fields.uuid('GroupID'));
      return listed('rm', members, replyOfRoleMember, 'No members');
    },
    ADDNOTICE: async (fields) => {
      if (fields.optionalText('RequestingAgentID') === undefined)
        throw new FormFieldError('field RequestingAgentID is missing');
      const notice = noticeOf(fields);
      return result((await refusal(() => hgGroups.addNotice(notice))) === undefined);
    },
    VERIFYNOTICE: async (fields) =>
      result(await hgGroups.hasNotice(fields.uuid('NoticeID'), fields.uuid('GroupID'))),
  };
}

function holderOf(fields: FormFields): TokenHolder {
  return { requester: requesterOf(fields), accessToken: fields.text('AccessToken') };
}
