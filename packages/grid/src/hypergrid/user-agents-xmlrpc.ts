/**
 * XML-RPC methods that other grids and simulators ask about residents. Truth is text, in two spellings.
 * Source: OpenSim/Server/Handlers/Hypergrid/UserAgentServerConnector.cs.
 */
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { formatVector3 } from '@gridkeep/wire/vector';
import type { XmlRpcStruct, XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import type { XmlRpcMethod, XmlRpcMethods } from '../public-calls.ts';
import { structText, structUuid } from '../struct-fields.ts';
import { regionMembers } from './gatekeeper-xmlrpc.ts';
import type { UserAgents } from './user-agents.ts';

type Members = readonly (readonly [string, XmlRpcValue])[];

export function userAgentsXmlRpc(userAgents: UserAgents): XmlRpcMethods {
  const methods: Readonly<Record<string, XmlRpcMethod>> = {
    agent_is_coming_home: async (parameters) => {
      const session = structUuid(parameters, 'sessionID');
      const gatekeeper = structText(parameters, 'externalName');
      return truth(session !== undefined && (await userAgents.isComingHome(session, gatekeeper)));
    },
    verify_agent: async (parameters) => {
      const session = structUuid(parameters, 'sessionID');
      const token = structText(parameters, 'token');
      return truth(session !== undefined && (await userAgents.verifyAgent(session, token)));
    },
    verify_client: async (parameters) => {
      const session = structUuid(parameters, 'sessionID');
      const address = structText(parameters, 'token', 64);
      return truth(session !== undefined && (await userAgents.verifyClient(session, address)));
    },
    logout_agent: async (parameters) => {
      const session = structUuid(parameters, 'sessionID');
      const user = structUuid(parameters, 'userID');
      if (session !== undefined && user !== undefined) await userAgents.logout(session, user);
      return struct([['result', 'true']]);
    },
    get_home_region: async (parameters) => {
      const home = await ifUser(parameters, (user) => userAgents.homeRegion(user));
      if (home === undefined) return struct([['result', 'false']]);
      return struct([
        ['result', 'true'],
        ...regionMembers(home.region),
        ['position', formatVector3(home.position)],
        ['lookAt', formatVector3(home.lookAt)],
      ]);
    },
    get_server_urls: async (parameters) => {
      const urls = await ifUser(parameters, (user) => userAgents.serviceUrls(user));
      if (urls === undefined) return struct([['result', 'No Service URLs']]);
      return struct([...urls].map(([name, url]) => [`SRV_${name}`, url]));
    },
    get_uui: async (parameters) => {
      const target = structUuid(parameters, 'targetUserID');
      const found = await ifUser(parameters, async (user) =>
        target === undefined ? undefined : userAgents.identifier(user, target),
      );
      return found === undefined ? struct([['result', 'User unknown']]) : struct([['UUI', found]]);
    },
    get_uuid: async (parameters) => {
      const [first, last] = [structText(parameters, 'first', 128), structText(parameters, 'last', 128)];
      const account = first === '' ? undefined : await userAgents.residentNamed(first, last);
      return struct([['UUID', account?.id ?? zeroUuid]]);
    },
    locate_user: async (parameters) => {
      const gatekeeper = await ifUser(parameters, (user) => userAgents.whereAbroad(user));
      return gatekeeper === undefined
        ? struct([['result', 'Unable to locate user']])
        : struct([['URL', gatekeeper]]);
    },
    get_user_info: async (parameters) => {
      const found = await ifUser(parameters, (user) => userAgents.about(user));
      if (found === undefined) return struct([['result', 'failure']]);
      const { account, details } = found;
      return struct([
        ['result', 'success'],
        ['user_firstname', account.firstName],
        ['user_lastname', account.lastName],
        ['user_flags', details ? account.flags : 0],
        ['user_created', details ? Math.floor(account.createdAt / 1000) : 0],
        ['user_title', details ? account.title : ''],
      ]);
    },
    // Of old; without a secret for each friend, anybody could ask who is on-line. `/hgfriends` is what is used.
    status_notification: () => struct([['result', 'No Friends Online']]),
    get_online_friends: () => struct([]),
  };
  return new Map(Object.entries(methods));
}

async function ifUser<Found>(
  parameters: XmlRpcStruct,
  find: (user: Uuid) => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const user = structUuid(parameters, 'userID');
  return user === undefined ? undefined : find(user);
}

function truth(value: boolean): XmlRpcStruct {
  return struct([['result', value ? 'True' : 'False']]);
}

function struct(members: Members): XmlRpcStruct {
  return new Map(members);
}
