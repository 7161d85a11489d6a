import assert from 'node:assert/strict';
import type { Database } from '@gridkeep/storage/database/database';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { writeForm } from '@gridkeep/wire/robust/form';
import { readReply } from '@gridkeep/wire/robust/reply';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { silentLog } from '../service-log.ts';
import { standardSettings } from '../settings/setting-texts.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { testGrid } from '../test-support/test-grid.ts';
import { parseUserText } from '../user-text.ts';
import { foreignGroupsMax } from './group-records.ts';
import { hgGroupsRobust } from './hg-groups-robust.ts';

type Fields = Readonly<Record<string, string>>;

const home = 'http://127.0.0.1:8002/';
const there = 'http://elsewhere.example:8002/';

async function served(database: Database, hypergrid = true) {
  const grid = await testGrid(database);
  const settings = { read: () => Promise.resolve({ ...standardSettings, hypergrid }) };
  const handle = hgGroupsRobust({ hgGroups: grid.hgGroups, settings, log: silentLog }).get('hg-groups');
  assert.ok(handle);
  const send = async (body: string) => bodyText(await handle(robustRequest('POST', '/hg-groups', body)));
  const ask = async (method: string, fields: Fields) => {
    const text = await send(writeForm(Object.entries({ ...fields, METHOD: method })));
    return text.replace('<?xml version="1.0"?><ServerResponse>', '').replace('</ServerResponse>', '');
  };
  const ada = await grid.accounts.create({ firstName: 'Ada', lastName: 'Löwe' });
  return { grid, send, ask, ada };
}

const none = (reason: string) => `<RESULT>NULL</RESULT><REASON>${reason}</REASON>`;
const posted = (reason: string) =>
  `<REASON>${reason}</REASON><RESULT>${reason === '' ? 'True' : 'False'}</RESULT>`;

forEachDatabase('a resident who joins a group elsewhere is invited here', async (_, database) => {
  const { grid, ask, ada } = await served(database);
  const [GroupID, AccessToken] = [randomUuid(), randomUuid()];
  const membership = {
    ...{ RequestingAgentID: `${ada.id};${home};Ada Löwe`, AgentID: ada.id, AccessToken, GroupID },
    ...{ Location: 'http://Elsewhere.example:8002', Name: 'Far & away' },
  };
  assert.equal(await ask('POSTGROUP', membership), posted(''));
  const group = await grid.groups.find(GroupID);
  assert.equal(group?.name, 'Far & away @ elsewhere.example:8002');
  assert.deepEqual(
    [group.location, group.openEnrollment, group.memberCount, group.roleCount],
    [there, false, 1, 0],
  );
  const user = parseUserText(ada.id);
  const [membershipHere] = await grid.groups.memberships(user);
  assert.deepEqual(
    [membershipHere?.accessToken, membershipHere?.powers, membershipHere?.title],
    [AccessToken, 0n, ''],
  );
  const { messages } = await grid.offlineMessages.take(ada.id);
  assert.equal(messages.length, 1);
  const [message] = messages;
  assert.deepEqual(
    [message?.dialog, message?.fromGroup, message?.fromId, message?.fromName],
    [3, true, GroupID, `Ada.Löwe@${home}`],
  );
  assert.equal(
    message?.message,
    'Please confirm your acceptance to join group Far & away @ elsewhere.example:8002.',
  );
  assert.match(message.binaryBucket, /^(?:00[ \n]){19}00$/);
  assert.equal((await grid.groups.invitation(message.sessionId))?.groupId, GroupID);
  assert.deepEqual(await grid.groups.search('far'), [], 'it is not found by searches');

  const newer = randomUuid();
  assert.equal(await ask('POSTGROUP', { ...membership, AccessToken: newer }), posted(''));
  assert.equal(await grid.groups.accessToken(user, GroupID), newer);
  assert.equal((await grid.groups.find(GroupID))?.memberCount, 1);
  const leave = (token: string, AgentID: string = ada.id) =>
    ask('REMOVEAGENTFROMGROUP', { AgentID, GroupID, AccessToken: token });
  assert.equal(await leave(AccessToken), none('Internal error'));
  assert.equal(await leave(''), none('Internal error'));
  assert.equal(await leave(newer, `${ada.id};${home};Ada Löwe`), '<RESULT>true</RESULT>');
  assert.deepEqual(await grid.groups.memberships(user), []);
  assert.equal(await grid.groups.invitation(message.sessionId), undefined);
});

forEachDatabase('strangers can bring about nothing but what concerns a resident', async (_, database) => {
  const { grid, ask, ada } = await served(database);
  const local = await grid.groups.create({
    ...{ name: 'Guild', charter: '', insigniaId: zeroUuid, membershipFee: 0, openEnrollment: false },
    ...{ showInList: true, allowPublish: false, maturePublish: false, founderId: randomUuid() },
  });
  const right = {
    ...{ RequestingAgentID: 'somebody', AgentID: ada.id, AccessToken: 't', GroupID: randomUuid() },
    ...{ Location: there, Name: 'Guild' },
  };
  const post = (changes: Fields) => ask('POSTGROUP', { ...right, ...changes });
  assert.equal(await post({ GroupID: local.id }), posted('Cannot add proxy membership to non-proxy group'));
  assert.equal(await post({ Location: home }), posted('Cannot add proxy membership to non-proxy group'));
  assert.equal(await post({ Location: 'file:///etc/passwd' }), posted('Bad location for group proxy'));
  assert.equal(await post({ Location: '' }), posted('Bad location for group proxy'));
  assert.equal(await post({ AccessToken: '' }), posted('Bad access token'));
  assert.equal(await post({ AccessToken: 'x'.repeat(65) }), posted('Bad access token'));
  assert.equal(await post({ AgentID: randomUuid() }), posted('No such resident'));
  assert.equal(await post({ AgentID: `${ada.id};${there};Ada Löwe` }), posted('No such resident'));
  assert.equal(await post({ GroupID: zeroUuid }), posted('Group not found'));
  assert.equal(await post({ AgentID: 'nobody' }), none('Bad network data'));
  assert.equal((await grid.offlineMessages.take(ada.id)).messages.length, 0);
  assert.equal(await post({}), posted(''));
  assert.equal(await post({ Location: 'http://evil.example/' }), posted('The group belongs to another grid'));
  assert.equal((await grid.groups.findNamed('Guild'))?.id, local.id, 'names of others are no names here');
  for (let count = 1; count < foreignGroupsMax; count++) await post({ GroupID: randomUuid() });
  assert.equal(
    await post({ GroupID: randomUuid() }),
    posted('The resident is in too many groups of other grids'),
  );
});

forEachDatabase('a home grid asks with the token of its resident', async (_, database) => {
  const { grid, ask, ada } = await served(database);
  const group = await grid.groups.create({
    ...{ name: 'Guild', charter: 'c', insigniaId: zeroUuid, membershipFee: 0, openEnrollment: true },
    ...{ showInList: true, allowPublish: false, maturePublish: false, founderId: ada.id },
  });
  const visitor = parseUserText(`${randomUuid()};${there};Vi Sitor`);
  const AccessToken = randomUuid();
  await grid.groups.join(visitor, {
    ...{ user: visitor, groupId: group.id, roleId: zeroUuid, accessToken: AccessToken },
  });
  const right = { RequestingAgentID: visitor.text, GroupID: group.id, AccessToken };
  const founder = `${ada.id};${home};Ada Löwe`;
  const found = await ask('GETGROUP', right);
  assert.ok(found.includes(`<FounderUUI>${founder}<`) && found.includes('<GroupName>Guild<'));
  const members = await ask('GETGROUPMEMBERS', right);
  assert.ok(members.includes(`<AgentID>${founder}<`) && members.includes(`<AgentID>${visitor.text}<`));
  assert.ok(!members.includes(AccessToken));
  assert.match(await ask('GETGROUPROLES', right), /<r-2 type="List">/);
  assert.ok((await ask('GETROLEMEMBERS', right)).includes(`<MemberID>${founder}<`));
  for (const wrong of [
    { AccessToken: '' },
    { AccessToken: AccessToken.slice(1) },
    { AccessToken: randomUuid() },
    { RequestingAgentID: ada.id, AccessToken: '' },
    { RequestingAgentID: zeroUuid },
    { RequestingAgentID: 'nobody' },
    { GroupID: randomUuid() },
  ]) {
    const asked = { ...right, ...wrong };
    assert.equal(await ask('GETGROUP', asked), none('Group not found'));
    for (const method of ['GETGROUPMEMBERS', 'GETGROUPROLES', 'GETROLEMEMBERS'])
      assert.equal(await ask(method, asked), none('No members'));
  }
  const remove = { AgentID: visitor.text, GroupID: group.id, AccessToken };
  assert.equal(await ask('REMOVEAGENTFROMGROUP', { ...remove, AgentID: ada.id }), none('Internal error'));
  assert.equal(await ask('REMOVEAGENTFROMGROUP', remove), '<RESULT>true</RESULT>');
  assert.equal((await grid.groups.find(group.id))?.memberCount, 1);
});

forEachDatabase('notices come for groups of other grids only, each once', async (_, database) => {
  const { grid, ask, ada } = await served(database);
  const GroupID = randomUuid();
  const NoticeID = randomUuid();
  const notice = {
    ...{ RequestingAgentID: 'x', GroupID, NoticeID, FromName: 'F', Subject: 'S', Message: 'M' },
    HasAttachment: 'False',
  };
  assert.equal(await ask('ADDNOTICE', notice), '<RESULT>False</RESULT>');
  await ask('POSTGROUP', {
    ...{ RequestingAgentID: 'x', AgentID: ada.id, AccessToken: 't', GroupID, Location: there, Name: 'n' },
  });
  assert.equal(await ask('ADDNOTICE', notice), '<RESULT>True</RESULT>');
  assert.equal(await ask('ADDNOTICE', notice), '<RESULT>False</RESULT>');
  assert.equal(await ask('VERIFYNOTICE', { NoticeID, GroupID }), '<RESULT>True</RESULT>');
  assert.equal(await ask('VERIFYNOTICE', { NoticeID, GroupID: randomUuid() }), '<RESULT>False</RESULT>');
  assert.equal(await ask('VERIFYNOTICE', { NoticeID: randomUuid(), GroupID }), '<RESULT>False</RESULT>');
  const local = await grid.groups.create({
    ...{ name: 'Guild', charter: '', insigniaId: zeroUuid, membershipFee: 0, openEnrollment: true },
    ...{ showInList: true, allowPublish: false, maturePublish: false, founderId: ada.id },
  });
  assert.equal(
    await ask('ADDNOTICE', {
      ...notice,
      GroupID: local.id,
      NoticeID: randomUuid(),
      RequestingAgentID: ada.id,
    }),
    '<RESULT>False</RESULT>',
  );
});

forEachDatabase('without Hypergrid nothing is told', async (_, database) => {
  const { ask } = await served(database, false);
  const asked = { NoticeID: randomUuid(), GroupID: randomUuid() };
  assert.equal(await ask('VERIFYNOTICE', asked), none('Bad network data'));
});

forEachDatabase('whatever a stranger sends, it gets an answer', async (_, database) => {
  const { send, ada } = await served(database);
  const methods = [
    ...['POSTGROUP', 'REMOVEAGENTFROMGROUP', 'GETGROUP', 'GETGROUPMEMBERS', 'GETGROUPROLES'],
    ...['GETROLEMEMBERS', 'ADDNOTICE', 'VERIFYNOTICE'],
  ];
  const names = [
    ...['RequestingAgentID', 'AgentID', 'GroupID', 'AccessToken', 'Location', 'Name', 'NoticeID'],
    ...['FromName', 'Subject', 'Message', 'HasAttachment', 'AttachmentType'],
  ];
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl(),
    fc.constantFrom<string>(ada.id, zeroUuid, there, 'True', 'False'),
  );
  const fields = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.constantFrom(...methods), fc.string()), fields, async (method, sent) => {
      assert.ok(readReply(await send(writeForm([['METHOD', method], ...sent]))).has('RESULT'));
    }),
    { numRuns: 300 },
  );
});
