/**
 * Two real processes serve one grid from one PostgreSQL. What one is told the other answers by soon after, though it had
 * the old answer in memory.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startCeph } from '@gridkeep/testing/ceph';
import { sharedPostgres } from '@gridkeep/testing/databases';
import { missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { SimulatorDouble } from '@gridkeep/testing/simulator-double';
import { writeAssetDocument } from '@gridkeep/wire/robust/asset-documents';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import { elementOf, twoProcesses, until } from './test-support/several-processes.ts';
import type { Fields, GridProcess, Viewer } from './test-support/several-processes.ts';

const ada: Viewer = { first: 'Ada', last: 'Lovelace', password: 'correct horse' };
const ben: Viewer = { first: 'Ben', last: 'Bell', password: 'battery staple' };
const plaza = randomUuid();

interface World {
  readonly here: GridProcess;
  readonly there: GridProcess;
  readonly simulator: SimulatorDouble;
  readonly folder: string;
  readonly adaId: string;
  readonly benId: string;
}

function registration(simulator: SimulatorDouble, id: string, name: string, x: number): Fields {
  const { serverUri: serverURI, port } = simulator;
  return {
    ...{ METHOD: 'register', uuid: id, regionName: name, regionSecret: 'secret', Token: 'token' },
    ...{ locX: String(x * 256), locY: '256000', sizeX: '256', sizeY: '256', access: '13' },
    ...{ owner_uuid: zeroUuid, serverIP: '127.0.0.1', serverHttpPort: String(port), serverURI },
    ...{ serverPort: String(port), VERSIONMIN: '1', VERSIONMAX: '1' },
  };
}

async function world(context: TestContext): Promise<World> {
  const simulator = await SimulatorDouble.start(context);
  const [here, there] = await twoProcesses(context, 'two_processes');
  for (const { first, last, password } of [ada, ben])
    await here.commandWithPassword(password, 'resident', 'create', `${first} ${last}`);
  assert.match(await here.form('/grid', registration(simulator, plaza, 'Plaza', 1000)), /Success/);
  await here.command('region', 'flags', 'Plaza', '--set', 'default');
  const idOf = async ({ first, last }: Viewer) => {
    const fields = { METHOD: 'getaccount', FirstName: first, LastName: last };
    const id = elementOf(await there.form('/accounts', fields), 'PrincipalID');
    assert.ok(id !== undefined);
    return id;
  };
  const folder = await temporaryFolder(context);
  return { here, there, simulator, folder, adaId: await idOf(ada), benId: await idOf(ben) };
}

/** What one answers both answer; each is asked often enough that it has the answer in memory. */
async function bothAnswer({ here, there }: World, path: string, fields: Fields, pattern: RegExp) {
  for (const process of [here, there, here, there])
    await until(`${path} ${JSON.stringify(fields)} ${String(pattern)}`, async () =>
      pattern.test(await process.form(path, fields)),
    );
}

const sections: readonly (readonly [name: string, (world: World) => Promise<void>])[] = [
  ['a session made by one is found, moved and ended by the other', sessions],
  ['who logs in again at the other is one resident', secondLogin],
  ['failed logins at both count together and keep nobody from home', throttle],
  ['an account changed beside one is seen by the other', accounts],
  ['an old password stops at both', passwords],
  ['a region comes and goes for both', regions],
  ['a setting holds for both', settings],
  ['terms published beside one are asked for by the other', terms],
  ['what is put into an inventory is there for the other', inventory],
  ['friends and groups are the same for both', friendsAndGroups],
  ['an offline message is given out once', offlineMessage],
  ['a simulator is asked for its status by one of them', checks],
  ['both go on when PostgreSQL was restarted', databaseRestart],
  ['one goes on when the other is killed', kill],
  ['a revoked simulator is refused by both', revocation],
  ['a new grid is served by both', newGrid],
];

test('two processes, one grid', { skip: missing('postgres') }, async (context) => {
  const made = await world(context);
  for (const [name, section] of sections) await context.test(name, () => section(made));
});

test('two processes, one bucket', { skip: missing('postgres', 'ceph') }, async (context) => {
  const ceph = await startCeph();
  context.after(() => ceph.stop());
  const { endpoint, accessKeyId, secretAccessKey } = ceph;
  await ceph.makeBucket('worlds');
  const [here, there] = await twoProcesses(context, 'two_processes_one_bucket', {
    GRIDKEEP_BLOBS_URL: `s3://worlds/packs?endpoint=${encodeURIComponent(endpoint)}&policy=remote`,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  });
  const document = { description: '', type: 7, local: false, temporary: false, creatorId: '', flags: 0 };
  const store = async (process: GridProcess, text: string) => {
    const id = randomUuid();
    const data = Buffer.from(text);
    const body = writeAssetDocument({ ...document, name: text, fullId: id, id, data });
    assert.match(
      (await process.services('/assets', { method: 'POST', body })).body.toString(),
      new RegExp(id),
    );
    return id;
  };
  const read = async (process: GridProcess, id: string) =>
    (await process.services(`/assets/${id}/data`)).body.toString();
  // What one has acknowledged the other gives out with the very next request, however often it is asked.
  for (const [from, to] of [
    [here, there],
    [there, here],
    [here, there],
    [there, here],
  ] as const) {
    const text = `a letter ${randomUuid()}`;
    assert.equal(await read(to, await store(from, text)), text);
  }
});

async function logIn(process: GridProcess, viewer: Viewer, from: string): Promise<string> {
  const reply = await process.login(viewer, from, { agree_to_tos: 'true' });
  assert.equal(reply.get('login'), 'true', JSON.stringify([...reply]));
  const session = reply.get('session_id');
  assert.ok(typeof session === 'string');
  return session;
}

/** As a region does it when an agent leaves. */
async function leave(process: GridProcess, userId: string, session: string): Promise<void> {
  const [Position, LookAt] = ['<1, 2, 3>', '<1, 0, 0>'];
  assert.match(await process.form('/presence', { METHOD: 'logout', SessionID: session }), /Success/);
  assert.match(
    await process.form('/griduser', {
      ...{ METHOD: 'loggedout', UserID: userId, RegionID: plaza, Position, LookAt },
    }),
    /Success/i,
  );
}

async function sessions(made: World): Promise<void> {
  const { here, there, adaId } = made;
  const session = await logIn(here, ada, '127.0.0.7');
  const agent = { METHOD: 'getagent', SessionID: session };
  await bothAnswer(made, '/presence', agent, new RegExp(`${adaId}.*${zeroUuid}`, 's'));
  const report = { METHOD: 'report', SessionID: session, RegionID: plaza };
  assert.match(await there.form('/presence', report), /Success/);
  await bothAnswer(made, '/presence', agent, new RegExp(plaza));
  const others = { METHOD: 'getagents', 'uuids[]': adaId };
  await bothAnswer(made, '/presence', others, new RegExp(plaza));
  await leave(there, adaId, session);
  await bothAnswer(made, '/presence', agent, />null</);
  await bothAnswer(made, '/presence', others, />null</);
  assert.match(await here.form('/presence', { METHOD: 'logout', SessionID: session }), /Failure/);
}

async function secondLogin(made: World): Promise<void> {
  const { here, there, simulator, adaId } = made;
  const first = await logIn(here, ada, '127.0.0.7');
  const agent = { METHOD: 'getagent', SessionID: first };
  await here.form('/presence', { METHOD: 'report', SessionID: first, RegionID: plaza });
  const place = { UserID: adaId, RegionID: plaza, Position: '<1, 2, 3>', LookAt: '<1, 0, 0>' };
  await here.form('/griduser', { METHOD: 'setposition', ...place });
  await bothAnswer(made, '/presence', agent, new RegExp(plaza));
  const kicks = simulator.calls('xml-rpc').length;
  const refused = await there.login(ada, '127.0.0.7');
  assert.deepEqual([refused.get('login'), refused.get('reason')], ['false', 'presence']);
  assert.equal(simulator.calls('xml-rpc').length, kicks + 1);
  const second = await logIn(there, ada, '127.0.0.7');
  await bothAnswer(made, '/presence', agent, />null</);
  await bothAnswer(made, '/presence', { METHOD: 'getagent', SessionID: second }, new RegExp(adaId));

  await here.command('grid', 'set', 'allow-duplicate-sessions', 'true');
  let third = '';
  await until('several sessions are allowed', async () => {
    const reply = await there.login(ada, '127.0.0.7');
    third = String(reply.get('session_id') ?? '');
    return reply.get('login') === 'true';
  });
  await bothAnswer(made, '/presence', { METHOD: 'getagent', SessionID: third }, new RegExp(adaId));
  await here.command('grid', 'set', 'allow-duplicate-sessions', '--standard');
  await leave(there, adaId, third);
}

async function throttle({ here, there, adaId }: World): Promise<void> {
  // The address from which she has logged in at `here` is known to `there`; the other is a stranger's.
  const [home, strange] = ['127.0.0.7', '127.0.0.66'];
  const wrong = { ...ada, password: 'not that one' };
  const messageOf = async (process: GridProcess, viewer: Viewer, from: string) =>
    String((await process.login(viewer, from)).get('message') ?? '');
  for (let count = 0; count < 10; count += 1)
    assert.match(await messageOf(count % 2 === 0 ? here : there, wrong, strange), /Could not authenticate/);
  for (const process of [here, there])
    for (const viewer of [wrong, ada])
      assert.match(await messageOf(process, viewer, strange), /too many failed logins/);
  // At home she has more tries, and the failures of others are not hers.
  for (let count = 0; count < 11; count += 1)
    assert.match(await messageOf(count % 2 === 0 ? here : there, wrong, home), /Could not authenticate/);
  for (const process of [here, there]) await leave(process, adaId, await logIn(process, ada, home));
}

async function accounts(made: World): Promise<void> {
  const { here, adaId } = made;
  const account = { METHOD: 'getaccount', UserID: adaId };
  await bothAnswer(made, '/accounts', account, /Lovelace/);
  await here.command('grid', 'set', 'regions-change-accounts', 'true');
  const change = { METHOD: 'setaccount', PrincipalID: adaId, UserTitle: 'Mayor' };
  assert.match(await here.form('/accounts', change), /Mayor/);
  await bothAnswer(made, '/accounts', account, /<UserTitle[^>]*>Mayor</);
  const cara = { METHOD: 'getaccount', FirstName: 'Cara', LastName: 'Dun' };
  await bothAnswer(made, '/accounts', cara, />null</);
  await here.commandWithPassword('a third password', 'resident', 'create', 'Cara Dun');
  await bothAnswer(made, '/accounts', cara, /Cara/);
}

async function passwords(made: World): Promise<void> {
  const { there, here, benId } = made;
  const authenticate = (password: string): Fields => ({
    ...{ METHOD: 'authenticate', PRINCIPAL: benId, LIFETIME: '1' },
    PASSWORD: createHash('md5').update(password).digest('hex'),
  });
  await bothAnswer(made, '/auth/plain', authenticate(ben.password), /Success/);
  await here.commandWithPassword('a new password', 'resident', 'password', `${ben.first} ${ben.last}`);
  await bothAnswer(made, '/auth/plain', authenticate(ben.password), /Failure/);
  await bothAnswer(made, '/auth/plain', authenticate('a new password'), /Success/);
  await there.commandWithPassword(ben.password, 'resident', 'password', `${ben.first} ${ben.last}`);
  await bothAnswer(made, '/auth/plain', authenticate('a new password'), /Failure/);
}

async function regions(made: World): Promise<void> {
  const { here, there, simulator } = made;
  const id = randomUuid();
  const questions: readonly Fields[] = [
    { METHOD: 'get_region_by_uuid', REGIONID: id },
    { METHOD: 'get_region_by_position', X: '257024', Y: '256000' },
    { METHOD: 'get_region_by_name', NAME: 'Harbour' },
    { METHOD: 'get_region_range', XMIN: '257000', XMAX: '257100', YMIN: '256000', YMAX: '256000' },
  ];
  for (const fields of questions) await bothAnswer(made, '/grid', fields, />null</i);
  assert.match(await here.form('/grid', registration(simulator, id, 'Harbour', 1004)), /Success/);
  for (const fields of questions) await bothAnswer(made, '/grid', fields, new RegExp(id));
  const moved = registration(simulator, randomUuid(), 'Other', 1004);
  assert.doesNotMatch(await there.form('/grid', moved), /Success/);
  assert.match(await there.form('/grid', { METHOD: 'deregister', REGIONID: id }), /Success/);
  for (const fields of questions) await bothAnswer(made, '/grid', fields, />null</i);
}

async function settings(made: World): Promise<void> {
  const { here, there } = made;
  const welcome = async (process: GridProcess) => {
    const reply = await process.login(ben, '127.0.0.8');
    await leave(process, made.benId, String(reply.get('session_id')));
    return String(reply.get('message'));
  };
  for (const process of [here, there]) assert.match(await welcome(process), /Welcome/);
  await here.command('grid', 'set', 'welcome-message', 'Mind the step');
  for (const process of [here, there])
    await until('the new message', async () => (await welcome(process)) === 'Mind the step');
}

async function terms(made: World): Promise<void> {
  const { here, there, benId } = made;
  await leave(there, benId, await logIn(there, ben, '127.0.0.8'));
  const file = join(made.folder, 'terms.txt');
  await writeFile(file, 'Be kind.');
  await here.command('terms', 'publish', file, '--yes');
  await until('the terms are asked for', async () => {
    const reply = await there.login(ben, '127.0.0.8');
    if (reply.get('login') === 'true') await leave(there, benId, String(reply.get('session_id')));
    return reply.get('reason') === 'tos' && reply.get('message') === 'Be kind.';
  });
  assert.equal((await here.login(ben, '127.0.0.8')).get('reason'), 'tos');
  const agreed = await there.login(ben, '127.0.0.8', { agree_to_tos: 'true' });
  await leave(there, benId, String(agreed.get('session_id')));
  await until('who accepted at one is not asked by the other', async () => {
    const reply = await here.login(ben, '127.0.0.8');
    if (reply.get('login') === 'true') await leave(here, benId, String(reply.get('session_id')));
    return reply.get('login') === 'true';
  });
}

async function inventory(made: World): Promise<void> {
  const { here, there, benId } = made;
  const root = elementOf(await here.form('/xinventory', { METHOD: 'GETROOTFOLDER', PRINCIPAL: benId }), 'ID');
  assert.ok(root !== undefined);
  const [folder, item] = [randomUuid(), randomUuid()];
  const content = (id: string): Fields => ({ METHOD: 'GETFOLDERCONTENT', PRINCIPAL: benId, FOLDER: id });
  await bothAnswer(made, '/xinventory', content(root), /Clothing/);
  await here.form('/xinventory', {
    ...{ METHOD: 'ADDFOLDER', ParentID: root, Type: '-1', Version: '1', Name: 'Boxes', Owner: benId },
    ID: folder,
  });
  await bothAnswer(made, '/xinventory', content(root), /Boxes/);
  const added = await there.form('/xinventory', {
    ...{ METHOD: 'ADDITEM', AssetID: randomUuid(), AssetType: '7', Name: 'Letter', Owner: benId, ID: item },
    ...{ InvType: '7', Folder: folder, CreatorId: benId, CreatorData: '', Description: '' },
    ...{ NextPermissions: '0', CurrentPermissions: '1', BasePermissions: '0', EveryOnePermissions: '0' },
    ...{ GroupPermissions: '0', GroupID: zeroUuid, GroupOwned: 'False', SalePrice: '0', SaleType: '0' },
    ...{ Flags: '1', CreationDate: '0' },
  });
  assert.match(added, /True/i);
  await bothAnswer(made, '/xinventory', content(folder), /Letter/);
  await here.form('/xinventory', { METHOD: 'DELETEITEMS', PRINCIPAL: benId, 'ITEMS[]': item });
  await until(
    'the item is gone',
    async () => !/Letter/.test(await there.form('/xinventory', content(folder))),
  );
}

async function friendsAndGroups(made: World): Promise<void> {
  const { here, there, adaId, benId } = made;
  const store = (PrincipalID: string, Friend: string) => ({
    ...{ METHOD: 'storefriend', PrincipalID, Friend, MyFlags: '1' },
  });
  const list = { METHOD: 'getfriends', PRINCIPALID: adaId };
  await bothAnswer(made, '/friends', list, />null</);
  assert.match(await here.form('/friends', store(adaId, benId)), /Success/);
  assert.match(await there.form('/friends', store(benId, adaId)), /Success/);
  await bothAnswer(made, '/friends', list, /<TheirFlags>1</);
  await there.form('/friends', { METHOD: 'deletefriend', PRINCIPALID: adaId, FRIEND: benId });
  await bothAnswer(made, '/friends', list, />null</);

  const group = await here.form('/groups', {
    ...{ METHOD: 'PUTGROUP', OP: 'ADD', RequestingAgentID: adaId, GroupName: 'Guild', Charter: '' },
    ...{ FounderID: adaId, FounderUUI: '', AllowPublish: 'True', MaturePublish: 'False' },
    ...{ MembershipFee: '0', OpenEnrollment: 'True', ShownInList: 'True', InsigniaID: zeroUuid },
    ...{ OwnerRoleID: zeroUuid, ServiceLocation: '' },
  });
  const id = elementOf(group, 'GroupID');
  assert.ok(id !== undefined);
  const members = { METHOD: 'GETGROUPMEMBERS', RequestingAgentID: adaId, GroupID: id };
  await bothAnswer(made, '/groups', members, new RegExp(adaId));
  await there.form('/groups', {
    ...{ METHOD: 'ADDAGENTTOGROUP', RequestingAgentID: benId, AgentID: benId, GroupID: id },
    ...{ RoleID: zeroUuid, AccessToken: '' },
  });
  await bothAnswer(made, '/groups', members, new RegExp(benId));
}

async function offlineMessage({ here, there, adaId, benId }: World): Promise<void> {
  const stored = await here.form('/offlineim', {
    ...{ METHOD: 'STORE', FromAgentID: adaId, ToAgentID: benId, FromAgentName: 'Ada', Message: 'Hello Ben' },
    ...{ Dialog: '0', FromGroup: 'False', SessionID: zeroUuid, Offline: '0', EstateID: '1' },
    ...{ Position: '<0, 0, 0>', RegionID: plaza, Timestamp: '1', BinaryBucket: '' },
  });
  assert.match(stored, /True/);
  const take = { METHOD: 'GET', PrincipalID: benId };
  const given = await Promise.all(
    [here, there, here, there].map(async (one) => one.form('/offlineim', take)),
  );
  assert.equal(given.filter((reply) => reply.includes('Hello Ben')).length, 1);
  for (const one of [here, there]) assert.doesNotMatch(await one.form('/offlineim', take), /Hello Ben/);
}

async function checks({ simulator, there }: World): Promise<void> {
  await until('the simulator is asked', () => simulator.calls('status').length > 0);
  const list = await there.command('region', 'list');
  assert.match(JSON.stringify(list), /Plaza/);
  // Each new registration is looked at once and each region once a minute: two were registered so far.
  assert.ok(simulator.calls('status').length <= 2, String(simulator.calls('status').length));
}

async function newGrid(made: World): Promise<void> {
  const { here, there } = made;
  await here.command('grid', 'create', 'second', '--hostname', 'second.example.org');
  for (const process of [here, there])
    await until('the new grid is served', async () =>
      (await process.publicPage('/get_grid_info', 'second.example.org')).includes(
        '<gridnick>second</gridnick>',
      ),
    );
  await there.command('grid', 'set', 'hostnames', 'renamed.example.org', '--grid', 'second');
  for (const process of [here, there])
    await until('the new name is known', async () =>
      (await process.publicPage('/get_grid_info', 'renamed.example.org')).includes(
        '<gridnick>second</gridnick>',
      ),
    );
}

async function databaseRestart(made: World): Promise<void> {
  const { here, there, adaId } = made;
  const account = { METHOD: 'getaccount', UserID: adaId };
  await bothAnswer(made, '/accounts', account, /Mayor/);
  await (await sharedPostgres()).restart();
  const change = { METHOD: 'setaccount', PrincipalID: adaId, UserTitle: 'Captain' };
  await until('it can be written again', async () => /Captain/.test(await here.form('/accounts', change)));
  await bothAnswer(made, '/accounts', account, /<UserTitle[^>]*>Captain</);
  const session = await logIn(there, ada, '127.0.0.7');
  await bothAnswer(made, '/presence', { METHOD: 'getagent', SessionID: session }, new RegExp(adaId));
  await leave(here, adaId, session);
}

async function kill(made: World): Promise<void> {
  const { here, there, adaId } = made;
  const session = await logIn(here, ada, '127.0.0.7');
  const agent = { METHOD: 'getagent', SessionID: session };
  const account = { METHOD: 'getaccount', UserID: adaId };
  await bothAnswer(made, '/presence', agent, new RegExp(adaId));
  await here.end('SIGKILL');
  assert.match(await there.form('/presence', agent), new RegExp(adaId));
  assert.match(
    await there.form('/presence', { METHOD: 'report', SessionID: session, RegionID: plaza }),
    /Success/,
  );
  const change = { METHOD: 'setaccount', PrincipalID: adaId, UserTitle: 'Alone' };
  assert.match(await there.form('/accounts', change), /Alone/);
  await here.start();
  await bothAnswer(made, '/presence', agent, new RegExp(plaza));
  await bothAnswer(made, '/accounts', account, /<UserTitle[^>]*>Alone</);
  await leave(here, adaId, session);
  await bothAnswer(made, '/presence', agent, />null</);
}

async function revocation({ here, there }: World): Promise<void> {
  const status = async (process: GridProcess) => (await process.services('/assets/x')).status;
  for (const process of [here, there]) assert.notEqual(await status(process), 401);
  await here.command('simulator', 'revoke', 'sim1');
  for (const process of [here, there])
    await until('the credential is refused', async () => (await status(process)) === 401);
  const list = await there.command('simulator', 'list');
  assert.deepEqual(list['simulators'], []);
}
