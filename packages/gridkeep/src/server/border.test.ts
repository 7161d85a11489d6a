import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { writeAssetDocument } from '@gridkeep/wire/robust/asset-documents';
import { parseUuid } from '@gridkeep/wire/uuid';
import { writeXmlRpcRequest } from '@gridkeep/wire/xmlrpc/writer';
import type { Installation } from '../installation/installation.ts';
import type { Ask } from '../test-support/ask.ts';
import { testInstallation } from '../test-support/installations.ts';
import { newCredential, serveGrids } from '../test-support/served-grids.ts';

// Both grids have residents, regions and things of the same ids and names, at the same places. What differs is a word in
// every text, which must never be read in the other grid.
const resident = parseUuid('10000000-0000-4000-8000-000000000001');
const friend = parseUuid('10000000-0000-4000-8000-000000000002');
const region = parseUuid('20000000-0000-4000-8000-000000000001');
const folder = parseUuid('30000000-0000-4000-8000-000000000001');
const item = parseUuid('30000000-0000-4000-8000-000000000002');
const asset = parseUuid('40000000-0000-4000-8000-000000000001');
const group = parseUuid('50000000-0000-4000-8000-000000000001');
const classified = parseUuid('60000000-0000-4000-8000-000000000001');
const session = parseUuid('70000000-0000-4000-8000-000000000001');

const slugs = ['one', 'two'] as const;
type Slug = (typeof slugs)[number];
const pairs = [
  ['one', 'two'],
  ['two', 'one'],
] as const;
const words: Readonly<Record<Slug, string>> = { one: 'Wordofone', two: 'Wordoftwo' };
/** A thing that only grid one has. */
const lone = parseUuid('40000000-0000-4000-8000-00000000000f');
const password = 'a long password';

type Fields = Readonly<Record<string, string>>;

function formOf(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

interface World {
  readonly installation: Installation;
  readonly publicPort: Ask;
  readonly servicesPort: Ask;
  readonly credentials: Readonly<Record<Slug, string>>;
}

function hostOf(slug: Slug): string {
  return `${slug}.example.org`;
}

async function world(t: TestContext): Promise<World> {
  const installation = await testInstallation(t, []);
  for (const slug of slugs) {
    const { services } = await installation.tenants.create({ slug, hostnames: [hostOf(slug)] });
    const names = { firstName: 'Ada', lastName: 'Lovelace' };
    await createResident(services, { ...names, id: resident, password: `${password} ${slug}` });
    await createResident(services, { firstName: 'Ben', lastName: words[slug], id: friend, password });
    await services.presence.login({ userId: resident, sessionId: session, secureSessionId: session });
    await services.gridUsers.loggedIn(resident);
  }
  const ports = await serveGrids(t, installation);
  const credentials = {
    one: await newCredential(installation, 'one', 'sim-of-one'),
    two: await newCredential(installation, 'two', 'sim-of-two'),
  };
  const made = { installation, ...ports, credentials };
  for (const slug of slugs) await fill(made, slug);
  return made;
}

/** What simulators of a grid write, its word in every text. */
async function fill({ servicesPort, publicPort, credentials }: World, slug: Slug): Promise<void> {
  const [word, authorization] = [words[slug], credentials[slug]];
  const post = async (path: string, body: Uint8Array | string): Promise<string> => {
    const reply = await servicesPort(path, { method: 'POST', headers: { authorization }, body });
    const text = reply.body.toString();
    assert.equal(reply.status, 200, `${path} ${text}`);
    assert.doesNotMatch(
      text,
      /<result>(failure|false|null)</i,
      `${path} ${String(body).slice(0, 200)} ${text}`,
    );
    return text;
  };
  const form = (path: string, fields: Fields) => post(path, formOf(fields));
  const document = {
    name: word,
    description: '',
    type: 7,
    local: false,
    temporary: false,
    creatorId: '',
    flags: 0,
  };
  for (const id of slug === 'one' ? [asset, lone] : [asset])
    await post('/assets', writeAssetDocument({ ...document, fullId: id, id, data: Buffer.from(word) }));
  await form('/grid', {
    ...{ METHOD: 'register', uuid: region, regionName: 'Plaza', regionSecret: word, Token: word },
    ...{ locX: '256000', locY: '256000', sizeX: '256', sizeY: '256', access: '13', owner_uuid: resident },
    ...{ serverIP: '127.0.0.1', serverHttpPort: '9', serverURI: 'http://127.0.0.1:9/', serverPort: '9' },
    ...{ VERSIONMIN: '1', VERSIONMAX: '1' },
  });
  const root = /<ID>([^<]+)<\/ID>/.exec(
    await form('/xinventory', { METHOD: 'GETROOTFOLDER', PRINCIPAL: resident }),
  )?.[1];
  assert.ok(root);
  await form('/xinventory', {
    ...{
      METHOD: 'ADDFOLDER',
      ParentID: root,
      Type: '-1',
      Version: '1',
      Name: word,
      Owner: resident,
      ID: folder,
    },
  });
  await form('/xinventory', {
    ...{
      METHOD: 'ADDITEM',
      AssetID: asset,
      AssetType: '21',
      Name: word,
      Owner: resident,
      ID: item,
      InvType: '20',
    },
    ...{ Folder: folder, CreatorId: resident, CreatorData: '', Description: word, NextPermissions: '0' },
    ...{ CurrentPermissions: '1', BasePermissions: '0', EveryOnePermissions: '0', GroupPermissions: '0' },
    ...{ GroupID: region, GroupOwned: 'False', SalePrice: '0', SaleType: '0', Flags: '1', CreationDate: '0' },
  });
  await form('/avatar', { METHOD: 'setavatar', UserID: resident, AvatarType: '1', Serial: word });
  await form('/friends', {
    METHOD: 'storefriend',
    PrincipalID: resident,
    Friend: `${friend};http://${word}.example.org/;A B`,
    MyFlags: '1',
  });
  await form('/mutelist', {
    ...{ METHOD: 'update', agentid: resident, muteid: friend, mutename: word, mutetype: '1', mutestamp: '1' },
  });
  await form('/agentprefs', {
    ...{
      METHOD: 'setagentprefs',
      PrincipalID: resident,
      AccessPrefs: 'M',
      HoverHeight: slug === 'one' ? '1.5' : '2.5',
    },
    ...{ Language: 'de', LanguageIsPublic: 'True', PermEveryone: '0', PermGroup: '0', PermNextOwner: '0' },
  });
  await form('/offlineim', {
    ...{
      METHOD: 'STORE',
      FromAgentID: friend,
      ToAgentID: resident,
      FromAgentName: word,
      Message: word,
      Dialog: '0',
    },
    ...{ FromGroup: 'False', SessionID: session, Offline: '0', EstateID: '1', Position: '<0, 0, 0>' },
    ...{ RegionID: region, Timestamp: '1', BinaryBucket: '' },
  });
  await form('/groups', {
    ...{
      METHOD: 'PUTGROUP',
      OP: 'ADD',
      RequestingAgentID: resident,
      GroupID: group,
      GroupName: 'Guild',
      Charter: word,
    },
    ...{
      FounderID: resident,
      FounderUUI: '',
      AllowPublish: 'True',
      MaturePublish: 'False',
      MembershipFee: '0',
    },
    ...{
      OpenEnrollment: 'True',
      ShownInList: 'True',
      InsigniaID: region,
      OwnerRoleID: region,
      ServiceLocation: '',
    },
  });
  await post(`/bakes/${resident}`, `<BakedAppearance>${word}</BakedAppearance>`);
  const estate = await servicesPort(`/estates/estate/?region=${region}&create=True`, {
    headers: { authorization },
  });
  const estateId = /<EstateID>(\d+)</.exec(estate.body.toString())?.[1] ?? '';
  await form('/estates/estate', {
    OP: 'STORE',
    EstateID: estateId,
    EstateName: word,
    EstateOwner: resident,
    AbuseEmail: word,
  });
  const stored = await publicPort('/', {
    method: 'POST',
    headers: { host: hostOf(slug), 'content-type': 'application/json-rpc' },
    body: JSON.stringify({
      ...{ jsonrpc: '2.0', id: '1', method: 'classified_update' },
      params: {
        ClassifiedId: classified,
        CreatorId: resident,
        Name: word,
        Description: word,
        Category: 1,
        Flags: 4,
      },
    }),
  });
  assert.match(stored.body.toString(), new RegExp(word));
}

/** Every way to read what was written, as simulators ask. */
const questions: readonly (readonly [path: string, fields?: Fields])[] = [
  [`/assets/${asset}`],
  [`/assets/${asset}/data`],
  [`/assets/${asset}/metadata`],
  ['/grid', { METHOD: 'get_region_by_uuid', REGIONID: region }],
  ['/grid', { METHOD: 'get_region_by_position', X: '256000', Y: '256000' }],
  ['/grid', { METHOD: 'get_region_by_name', NAME: 'Plaza' }],
  ['/grid', { METHOD: 'get_regions_by_name', NAME: 'Pl', MAX: '10' }],
  ['/grid', { METHOD: 'get_region_range', XMIN: '0', YMIN: '0', XMAX: '900000', YMAX: '900000' }],
  ['/grid', { METHOD: 'get_online_regions', X: '0', Y: '0', MC: '10' }],
  ['/accounts', { METHOD: 'getaccount', UserID: friend }],
  ['/accounts', { METHOD: 'getaccounts', query: 'Ben' }],
  ['/accounts', { METHOD: 'getmultiaccounts', 'IDS[]': friend }],
  ['/xinventory', { METHOD: 'GETINVENTORYSKELETON', PRINCIPAL: resident }],
  ['/xinventory', { METHOD: 'GETFOLDERCONTENT', PRINCIPAL: resident, FOLDER: folder }],
  ['/xinventory', { METHOD: 'GETMULTIPLEFOLDERSCONTENT', PRINCIPAL: resident, FOLDERS: folder, COUNT: '1' }],
  ['/xinventory', { METHOD: 'GETFOLDERITEMS', PRINCIPAL: resident, FOLDER: folder }],
  ['/xinventory', { METHOD: 'GETFOLDER', PRINCIPAL: resident, ID: folder }],
  ['/xinventory', { METHOD: 'GETITEM', PRINCIPAL: resident, ID: item }],
  ['/xinventory', { METHOD: 'GETMULTIPLEITEMS', PRINCIPAL: resident, ITEMS: item, COUNT: '1' }],
  ['/xinventory', { METHOD: 'GETACTIVEGESTURES', PRINCIPAL: resident }],
  ['/avatar', { METHOD: 'getavatar', UserID: resident }],
  ['/friends', { METHOD: 'getfriends', PRINCIPALID: resident }],
  ['/offlineim', { METHOD: 'GET', PrincipalID: resident }],
  ['/groups', { METHOD: 'GETGROUP', RequestingAgentID: resident, Name: 'Guild' }],
  [`/bakes/${resident}`],
  ['/estates'],
  [`/estates/estate/?region=${region}&create=False`],
];

async function ask(
  { servicesPort, credentials }: World,
  slug: Slug,
  path: string,
  fields?: Fields,
  host = '',
) {
  const headers = { authorization: credentials[slug], ...(host === '' ? {} : { host }) };
  const asked = fields === undefined ? {} : { method: 'POST', body: formOf(fields) };
  return (await servicesPort(path, { headers, ...asked })).body.toString();
}

test('of the same ids, names and places each grid reads its own, whatever Host says', async (t) => {
  const made = await world(t);
  for (const [path, fields] of questions)
    for (const [slug, other] of pairs) {
      const what = `${slug} ${path} ${JSON.stringify(fields)}`;
      const text = await ask(made, slug, path, fields, hostOf(other));
      assert.ok(text.includes(words[slug]), `${what} does not read its own: ${text.slice(0, 300)}`);
      assert.ok(!text.includes(words[other]), `${what} reads the other's: ${text.slice(0, 300)}`);
    }
  // Not a word of these is a text: they are compared as they are.
  const preferences = { METHOD: 'getagentprefs', UserID: resident };
  assert.match(await ask(made, 'one', '/agentprefs', preferences), /1\.5/);
  assert.match(await ask(made, 'two', '/agentprefs', preferences), /2\.5/);
  const mutes = async (slug: Slug) => {
    const reply = await ask(made, slug, '/mutelist', { METHOD: 'get', agentid: resident });
    return Buffer.from(/<result>([^<]+)</.exec(reply)?.[1] ?? '', 'base64').toString();
  };
  assert.match(await mutes('one'), /Wordofone/);
  assert.match(await mutes('two'), /Wordoftwo/);
});

test('what only one grid has is not there for the other', async (t) => {
  const made = await world(t);
  assert.equal(await ask(made, 'one', `/assets/${lone}/data`), words.one);
  assert.equal(await ask(made, 'two', `/assets/${lone}/data`), '');
  await ask(made, 'one', '/presence', { METHOD: 'report', SessionID: session, RegionID: region });
  const presence = { METHOD: 'getagent', SessionID: session };
  assert.match(await ask(made, 'one', '/presence', presence), new RegExp(region));
  assert.doesNotMatch(await ask(made, 'two', '/presence', presence), new RegExp(region));
  await ask(made, 'one', '/presence', { METHOD: 'logoutregion', RegionID: region });
  assert.match(await ask(made, 'one', '/presence', presence), /null/);
  assert.match(await ask(made, 'two', '/presence', presence), new RegExp(resident));
  await ask(made, 'one', '/griduser', {
    METHOD: 'sethome',
    UserID: resident,
    RegionID: region,
    Position: '<1, 2, 3>',
    LookAt: '<1, 0, 0>',
  });
  const user = { METHOD: 'getgriduserinfo', UserID: resident };
  assert.match(await ask(made, 'one', '/griduser', user), new RegExp(region));
  assert.doesNotMatch(await ask(made, 'two', '/griduser', user), new RegExp(region));
  await ask(made, 'one', '/grid', { METHOD: 'deregister', REGIONID: region });
  assert.match(await ask(made, 'one', '/grid', { METHOD: 'get_region_by_uuid', REGIONID: region }), />null</);
  assert.match(await ask(made, 'two', '/grid', { METHOD: 'get_region_by_uuid', REGIONID: region }), /Plaza/);
});

test('a password of one grid opens nothing in the other', async (t) => {
  const made = await world(t);
  const md5 = async (slug: Slug, of: Slug) => {
    const PASSWORD = createHash('md5').update(`${password} ${of}`).digest('hex');
    return ask(made, slug, '/auth/plain', {
      METHOD: 'authenticate',
      PRINCIPAL: resident,
      PASSWORD,
      LIFETIME: '1',
    });
  };
  assert.match(await md5('one', 'one'), /Success/);
  assert.match(await md5('two', 'one'), /Failure/);
  assert.match(await md5('one', 'two'), /Failure/);
});

test('on the public port the Host header decides, for every call', async (t) => {
  const { publicPort } = await world(t);
  const root = async (slug: Slug, type: string, body: string) =>
    (
      await publicPort('/', { method: 'POST', headers: { host: hostOf(slug), 'content-type': type }, body })
    ).body.toString();
  for (const [slug, other] of pairs) {
    const classifieds = JSON.stringify({
      ...{ jsonrpc: '2.0', id: '1', method: 'avatarclassifiedsrequest', params: { creatorId: resident } },
    });
    const texts = [
      await root(slug, 'application/json-rpc', classifieds),
      await root(
        slug,
        'text/xml',
        writeXmlRpcRequest({
          method: 'get_uuid',
          parameters: [
            new Map([
              ['first', 'Ben'],
              ['last', words[slug]],
            ]),
          ],
        }),
      ),
      (await publicPort('/get_grid_info', { headers: { host: hostOf(slug) } })).body.toString(),
    ];
    assert.match(texts[0] ?? '', new RegExp(words[slug]));
    assert.match(texts[1] ?? '', new RegExp(friend));
    assert.match(texts[2] ?? '', new RegExp(`<gridnick>${slug}</gridnick>`));
    const foreign = writeXmlRpcRequest({
      ...{
        method: 'get_uuid',
        parameters: [
          new Map([
            ['first', 'Ben'],
            ['last', words[other]],
          ]),
        ],
      },
    });
    assert.doesNotMatch(await root(slug, 'text/xml', foreign), new RegExp(friend));
    for (const text of texts) assert.ok(!text.includes(words[other]), text);
  }
});
