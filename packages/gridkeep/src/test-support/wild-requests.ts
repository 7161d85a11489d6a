/** Requests as nobody in his right mind sends them: names that are right, values that are not, and bodies that are neither. */
import fc from 'fast-check';
import { writeXmlRpcRequest } from '@gridkeep/wire/xmlrpc/writer';
import type { XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import type { Asked } from './ask.ts';

export interface WildRequest {
  readonly path: string;
  readonly asked: Asked;
}

/** Of all form services; each gets those of the others too. */
const formMethods =
  `register deregister get_neighbours get_region_by_uuid get_region_by_position get_region_by_name
  get_localregion_by_name get_regions_by_name get_region_range get_default_regions get_default_hypergrid_regions
  get_fallback_regions get_online_regions get_hyperlinks get_region_flags get_grid_extra_features
  getaccount getaccounts getmultiaccounts setaccount createuser authenticate verify release setpassword getauthinfo
  setauthinfo login logout logoutregion report getagent getagents loggedin loggedout sethome setposition
  getgriduserinfo getgriduserinfos getavatar setavatar resetavatar setitems removeitems getfriends getfriends_string
  storefriend deletefriend deletefriend_string get update delete getagentprefs setagentprefs getagentlang
  CREATEUSERINVENTORY GETINVENTORYSKELETON GETROOTFOLDER GETFOLDERFORTYPE GETFOLDERCONTENT GETMULTIPLEFOLDERSCONTENT
  GETFOLDERITEMS ADDFOLDER UPDATEFOLDER MOVEFOLDER DELETEFOLDERS PURGEFOLDER ADDITEM UPDATEITEM MOVEITEMS DELETEITEMS
  GETITEM GETMULTIPLEITEMS GETFOLDER GETACTIVEGESTURES GETASSETPERMISSIONS PUTGROUP GETGROUP FINDGROUPS
  ADDAGENTTOGROUP REMOVEAGENTFROMGROUP GETMEMBERSHIP GETGROUPMEMBERS PUTROLE REMOVEROLE GETGROUPROLES GETROLEMEMBERS
  AGENTROLE GETAGENTROLES SETACTIVE UPDATEMEMBERSHIP INVITE ADDNOTICE GETNOTICES POSTGROUP VERIFYNOTICE GET STORE DELETE
  getfriendperms newfriendship deletefriendship friendship_offered validate_friendship_offered statusnotification`.split(
    /\s+/,
  );

const fieldNames =
  `SCOPEID VERSIONMIN VERSIONMAX uuid locX locY sizeX sizeY regionName flags serverIP serverHttpPort serverURI serverPort
  regionMapTexture parcelMapTexture access regionSecret owner_uuid Token REGIONID X Y XMIN XMAX YMIN YMAX NAME MAX MC
  UserID FirstName LastName Email PrincipalID IDS[] query where PRINCIPAL PASSWORD LIFETIME TOKEN SessionID
  SecureSessionID RegionID uuids[] Position LookAt AgentIDs[] Friend MyFlags TheirFlags FRIEND FRIENDS ID FOLDER FOLDERS
  FOLDERS[] ITEMS ITEMS[] COUNT TYPE ParentID Type Version Name Owner AssetID AssetType BasePermissions CreationDate
  CreatorId CreatorData CurrentPermissions Description EveryOnePermissions Flags Folder GroupID GroupOwned InvType
  NextPermissions SalePrice SaleType IDLIST[] DESTLIST[] ASSET RequestingAgentID AgentID RoleID OP Query AccessToken
  Charter MembershipFee OpenEnrollment ShownInList FounderID AllowPublish MaturePublish Powers Title GroupRole InviteID
  NoticeID NoticeSubject ToAgentID FromAgentID Message Dialog BinaryBucket Timestamp PRINCIPALID FRIENDID KEY SECRET
  FromID ToID FromName userID online friend_0 DATA SCOPE EstateID EstateName EstateOwner EstateBans EstateManagers
  agentid muteid mutename mutetype muteflags mutestamp PrincipalID AccessPrefs HoverHeight Language LanguageIsPublic
  PermEveryone eid region create`.split(/\s+/);

const structNames =
  `first last passwd start channel version mac id0 platform agree_to_tos read_critical web_login_key region_name
  region_uuid agent_id agent_home_uri userID sessionID token client_ip externalName clientIP destination_uri
  from_agent_id to_agent_id im_session_id dialog message binary_bucket timestamp online friend_0 first last level options
  CreatorId UserId TargetId ClassifiedId classifieduuid PickId pickId avatarId TagId AboutText Notes Flags Price Name
  Desc GlobalPos SortOrder Enabled creatorId classifiedId ImageId WebUrl`.split(/\s+/);

const ids = [
  '00000000-0000-0000-0000-000000000000',
  '11111111-1111-0000-0000-000100bba000',
  '6e1a4f0a-6b0c-4d49-9d7b-0f3e5a1b2c3d',
];

/** Addresses only that nobody listens on, so that no test calls anybody. */
const values: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...ids, ...ids.map((id) => `${id};http://127.0.0.1:9/;First Last`)),
  fc.constantFrom(
    ...[
      '',
      '0',
      '1',
      '-1',
      '256',
      '256000',
      '2147483648',
      '4294967296',
      '18446744073709551616',
      '1e309',
      'NaN',
    ],
    ...[
      'True',
      'False',
      'ADD',
      'DELETE',
      'GROUP',
      'ALL',
      'UPDATE',
      'last',
      'home',
      'uri:Bay&1&2&3',
      '[]',
      '{}',
    ],
    ...['<1, 2, 3>', '<NaN, 1e99, ->', 'http://127.0.0.1:9/', 'http://[', 'file:///etc/passwd', '127.0.0.1'],
    ...[
      '%',
      '_',
      "'; DROP TABLE x; --",
      '\u0000',
      '\ud800',
      '\uffff',
      '<!DOCTYPE x>',
      ']]>',
      '../../x',
      '__proto__',
    ],
    ...[
      'A'.repeat(5000),
      'ä'.repeat(300),
      '{"ban0":{"BannedUserID":1}}',
      '$1$5f4dcc3b5aa765d61d8327deb882cf99',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer().map(String),
);

const form: fc.Arbitrary<string> = fc
  .tuple(
    fc.option(fc.constantFrom(...formMethods)),
    fc.array(fc.tuple(fc.constantFrom(...fieldNames), values), { maxLength: 12 }),
  )
  .map(([method, fields]) =>
    [...(method === null ? [] : [['METHOD', method] as const]), ...fields]
      .map(([name, value]) => `${name}=${encoded(value)}`)
      .join('&'),
  );

function encoded(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

const anyBody: fc.Arbitrary<Uint8Array | string> = fc.oneof(
  form,
  fc.string({ maxLength: 200 }),
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom(
    ...[
      '<a>'.repeat(3000),
      '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
      '[[[[[[',
      '{"a":'.repeat(500),
      '\0',
      '%%%=%',
    ],
  ),
);

const methods = fc.constantFrom(...['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']);

/** Below each of these first parts of a path. */
export function wildRouteRequests(parts: readonly string[]): fc.Arbitrary<WildRequest> {
  const part = fc.constantFrom(
    ...parts.map((name) => name.replace('*', '1-1000-1000-objects.jpg')),
    'nothing',
  );
  const below = fc.array(
    fc.oneof(
      fc.constantFrom(...ids, 'data', 'metadata', 'plain', 'estate', 'regions', 'x', '%2e%2e'),
      values.map(encoded),
    ),
    { maxLength: 3 },
  );
  return fc
    .record({
      part,
      below,
      slash: fc.boolean(),
      query: fc.option(form),
      method: fc.oneof(fc.constant('POST'), methods),
      body: fc.oneof(form, anyBody),
      type: fc.constantFrom(
        'application/x-www-form-urlencoded',
        'application/json',
        'text/xml',
        'application/x-gzip',
      ),
    })
    .map(({ part: first, below: rest, slash, query, method, body, type }) => ({
      path: `/${[first, ...rest].join('/')}${slash ? '/' : ''}${query === null ? '' : `?${query}`}`,
      asked: {
        method,
        headers: { 'content-type': type },
        ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
      },
    }));
}

const members: fc.Arbitrary<ReadonlyMap<string, XmlRpcValue>> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...structNames),
      fc.oneof(
        values.map((value) => value.toWellFormed()),
        fc.integer(),
        fc.boolean(),
        fc.uint8Array({ maxLength: 8 }),
        fc.constant(new Map<string, XmlRpcValue>([['x', 'y']])),
        fc.constant(['a', 1]),
      ),
    ),
    { maxLength: 10 },
  )
  .map((entries) => new Map<string, XmlRpcValue>(entries));

/** What is called at `/`. */
export function wildCalls(xmlRpc: readonly string[], jsonRpc: readonly string[]): fc.Arbitrary<WildRequest> {
  const toRoot = (type: string, body: Uint8Array | string): WildRequest => ({
    path: '/',
    asked: { method: 'POST', headers: { 'content-type': type }, body },
  });
  return fc.oneof(
    fc
      .tuple(fc.constantFrom(...xmlRpc, 'no_such_method'), fc.option(members))
      .map(([method, struct]) =>
        toRoot('text/xml', writableCall(method, struct === null ? ['text'] : [struct])),
      ),
    fc
      .tuple(fc.constantFrom(...jsonRpc, 'no_such_method'), fc.oneof(fc.jsonValue(), members.map(asObject)))
      .map(([method, params]) =>
        toRoot('application/json-rpc', JSON.stringify({ jsonrpc: '2.0', id: '1', method, params })),
      ),
    fc
      .tuple(fc.constantFrom('application/llsd+xml', 'application/json-rpc', 'text/xml', 'x'), anyBody)
      .map(([type, body]) => toRoot(type, body)),
    members.map((struct) => toRoot('application/llsd+xml', llsdMap(struct))),
  );
}

/** What XML cannot hold is left out: it would only be refused as no XML at all. */
function writableCall(method: string, parameters: readonly XmlRpcValue[]): string {
  try {
    return writeXmlRpcRequest({ method, parameters });
  } catch {
    return writeXmlRpcRequest({ method, parameters: [] });
  }
}

function asObject(struct: ReadonlyMap<string, XmlRpcValue>): object {
  return Object.fromEntries(
    Array.from(struct, ([name, value]) => [name, value instanceof Map ? { x: 'y' } : value]),
  );
}

function llsdMap(struct: ReadonlyMap<string, XmlRpcValue>): string {
  const texts = Array.from(
    struct,
    ([name, value]) =>
      `<key>${name}</key><string>${typeof value === 'string' ? value.replaceAll(/[<&]/g, '') : 1}</string>`,
  );
  return `<llsd><map>${texts.join('')}</map></llsd>`;
}
