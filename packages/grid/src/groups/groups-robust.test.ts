import assert from 'node:assert/strict';
import type { Database } from '@gridkeep/storage/database/database';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { recordedTexts } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { writeForm } from '@gridkeep/wire/robust/form';
import { readReply } from '@gridkeep/wire/robust/reply';
import { parseUuid, randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { silentLog } from '../service-log.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { testGrid } from '../test-support/test-grid.ts';
import type { TestGrid } from '../test-support/test-grid.ts';
import { groupsRobust } from './groups-robust.ts';

type Fields = Readonly<Record<string, string>>;

interface Served {
  readonly grid: TestGrid;
  readonly send: (body: string) => Promise<string>;
  /** The XML of RESULT and what follows it, without the envelope. */
  readonly ask: (method: string, fields: Fields) => Promise<string>;
}

async function served(database: Database): Promise<Served> {
  const grid = await testGrid(database);
  const handle = groupsRobust(grid.groups, grid.groupRoles, silentLog).get('groups');
  assert.ok(handle);
  const send = async (body: string) => bodyText(await handle(robustRequest('POST', '/groups', body)));
  const ask = async (method: string, fields: Fields) => {
    const text = await send(writeForm(Object.entries({ ...fields, METHOD: method })));
    return text.replace('<?xml version="1.0"?><ServerResponse>', '').replace('</ServerResponse>', '');
  };
  return { grid, send, ask };
}

/** Ids that the recorded server chose, and times, by those that are given out here. */
class Translation {
  readonly #ids = new Map<string, string>();

  learn(recorded: string, given: string): void {
    const pattern = /<(GroupID|OwnerRoleID|RoleID)>([0-9a-f-]{36})</g;
    const [theirs, ours] = [[...recorded.matchAll(pattern)], [...given.matchAll(pattern)]];
    for (const [index, match] of theirs.entries())
      if (match[2] !== undefined && ours[index]?.[2] !== undefined) this.#ids.set(match[2], ours[index][2]);
  }

  apply(text: string): string {
    const translated = text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) =>
      this.#ids.has(id) ? (this.#ids.get(id) ?? id) : id,
    );
    return translated.replace(/<Timestamp>\d+</g, '<Timestamp>0<');
  }
}

forEachDatabase('recorded traffic about groups gets the recorded answers', async (context, database) => {
  if (missing('fixtures') !== false) return context.skip(String(missing('fixtures')));
  const { grid, send } = await served(database);
  // In the recording both were on-line.
  for (const end of ['201', '202']) await grid.gridUsers.loggedIn(`2b1a1f6e-0c53-4a7e-9d0e-000000000${end}`);
  const translation = new Translation();
  for (const file of ['02-bots-login-logout', '10-second-client-login', '10-profiles', '10-groups'])
    for (const exchange of recordedTexts(file, '/groups', 'robust-private')) {
      const received = await send(translation.apply(exchange.sent));
      if (/METHOD=(PUTGROUP|GETGROUPROLES)/.test(exchange.sent))
        translation.learn(exchange.received, received);
      assert.equal(
        translation.apply(received),
        translation.apply(exchange.received),
        `${file} ${exchange.line}`,
      );
    }
  for (const [file, line] of [
    ['24-teleport-between-simulators', 8],
    ['24-teleport-between-simulators', 9],
    ['31-load-oar', 11],
    ['51-hypergrid-teleport-out', 16],
    ['51-hypergrid-teleport-out', 17],
  ] as const) {
    const exchange = recordedTexts(file, '/groups').find((one) => one.line === line);
    assert.ok(exchange);
    const received = await send(translation.apply(exchange.sent));
    assert.equal(received, translation.apply(exchange.received), `${file} ${line}`);
  }
});

const founder = parseUuid('00000000-0000-4000-8000-000000000001');
const member = parseUuid('00000000-0000-4000-8000-000000000002');
const stranger = parseUuid('00000000-0000-4000-8000-000000000003');
const visitor = `${parseUuid('00000000-0000-4000-8000-000000000004')};http://elsewhere.example:8002/;Vi Sitor`;

async function newGroup({ grid }: Served, changes: Partial<{ name: string; openEnrollment: boolean }> = {}) {
  return grid.groups.create({
    ...{ name: 'Guild', charter: 'c', insigniaId: zeroUuid, membershipFee: 0, openEnrollment: true },
    ...{ showInList: true, allowPublish: false, maturePublish: false, founderId: founder },
    ...changes,
  });
}

function as(agent: string, more: Fields = {}): Fields {
  return { RequestingAgentID: agent, AgentID: agent, ...more };
}

const none = (reason: string) => `<RESULT>NULL</RESULT><REASON>${reason}</REASON>`;

forEachDatabase('a group name is taken once, whatever its case', async (_, database) => {
  const { ask } = await served(database);
  const put = (name: string) =>
    ask('PUTGROUP', {
      ...{ RequestingAgentID: founder, OP: 'ADD', FounderID: founder, GroupName: name },
      ...{ OpenEnrollment: 'True', ShownInList: 'True' },
    });
  assert.match(await put('Löwen & Co'), /<GroupName>Löwen &amp; Co<.*<MemberCount>1<.*<RoleCount>3</);
  assert.equal(await put('löwen & co'), none('A group with that name already exists'));
  assert.match(await ask('GETGROUP', { Name: 'LÖWEN & CO', RequestingAgentID: zeroUuid }), /Löwen/);
  assert.equal(await put(' '), none('A group needs a name'));
  assert.equal(await put('x'.repeat(256)), none('This name is too long, or cannot be written'));
  assert.equal(
    await ask('PUTGROUP', { RequestingAgentID: founder, OP: 'ADD', GroupName: 'y', FounderID: zeroUuid }),
    none('A group needs a founder'),
  );
  const both = await Promise.all([put('twice'), put('Twice')]);
  assert.equal(both.filter((answer) => answer.includes('NULL')).length, 1);
});

forEachDatabase('an open group takes anybody, a closed one whom it has invited', async (_, database) => {
  const all = await served(database);
  const { ask } = all;
  const closed = await newGroup(all, { openEnrollment: false });
  const open = await newGroup(all, { name: 'Open' });
  const join = (agent: string, GroupID: string, RoleID: string = zeroUuid) =>
    ask('ADDAGENTTOGROUP', as(agent, { GroupID, RoleID }));
  assert.match(await join(member, open.id), /<ActiveRole>0{8}.*<GroupTitle>Member of Open</);
  assert.equal(await join(stranger, open.id, open.ownerRoleId), none('Insufficient permissions'));
  assert.equal(await join(stranger, open.id, randomUuid()), none('The group has no such role'));
  assert.equal(await join(stranger, randomUuid()), none('Group not found'));
  assert.equal(await join(member, closed.id), none('Insufficient permissions'));

  const InviteID = randomUuid();
  const invitation = { InviteID, GroupID: closed.id, RoleID: zeroUuid, AgentID: member };
  const invite = (agent: string, more: Fields = {}) =>
    ask('INVITE', { ...invitation, RequestingAgentID: agent, OP: 'ADD', ...more });
  assert.match(await invite(stranger), /^<RESULT>False<\/RESULT><REASON>/);
  assert.match(await invite(zeroUuid), /^<RESULT>False</);
  assert.match(await invite(founder, { AgentID: founder }), /^<RESULT>False</);
  assert.match(await invite(founder, { RoleID: randomUuid() }), /^<RESULT>False</);
  assert.equal(await invite(founder), '<RESULT>True</RESULT>');
  assert.equal(await join(stranger, closed.id), none('Insufficient permissions'));
  assert.equal(await join(member, closed.id, closed.ownerRoleId), none('Insufficient permissions'));
  assert.match(await join(member, closed.id), /<GroupTitle>Member of Guild</);
  assert.match(await ask('GETMEMBERSHIP', as(member)), /<GroupName>Guild</, 'active');
  assert.match(await ask('GETMEMBERSHIP', as(member, { ALL: 'true' })), /<m-0 .*Guild.*<m-1 .*Open/);
  assert.match(await join(member, closed.id, closed.ownerRoleId), /<ActiveRole>0{8}/, 'nothing changes');
  assert.match(await invite(founder), /^<RESULT>False</, 'a member is not invited');
  assert.equal(
    await ask('INVITE', { InviteID, OP: 'DELETE', RequestingAgentID: member }),
    '<RESULT>true</RESULT>',
  );
  assert.equal(
    await ask('INVITE', { InviteID, OP: 'GET', RequestingAgentID: member }),
    '<RESULT>NULL</RESULT>',
  );
});

forEachDatabase('an owner invites into a role, an officer only into their own', async (_, database) => {
  const all = await served(database);
  const { grid, ask } = all;
  const group = await newGroup(all, { openEnrollment: false });
  const roles = await grid.groupRoles.list(group.id);
  const officers = roles.find((role) => role.name === 'Officers')?.id ?? '';
  const invite = (agent: string, AgentID: string, RoleID: string) =>
    ask('INVITE', {
      ...{ InviteID: randomUuid(), GroupID: group.id, RoleID, AgentID },
      ...{ RequestingAgentID: agent, OP: 'ADD' },
    });
  assert.equal(await invite(founder, member, officers), '<RESULT>True</RESULT>');
  const joined = await ask('ADDAGENTTOGROUP', as(member, { GroupID: group.id, RoleID: officers }));
  assert.match(joined, /<GroupPowers>560750921775310<.*<GroupTitle>Officer of Guild</);
  assert.match(await invite(member, stranger, group.ownerRoleId), /^<RESULT>False</);
  assert.equal(await invite(member, stranger, officers), '<RESULT>True</RESULT>');
  const give = (agent: string, RoleID: string) =>
    ask('AGENTROLE', {
      ...{ RequestingAgentID: agent, AgentID: member, GroupID: group.id, RoleID },
      OP: 'ADD',
    });
  assert.match(await give(member, group.ownerRoleId), /^<RESULT>False</);
  assert.equal(await give(founder, group.ownerRoleId), '<RESULT>True</RESULT>');
  assert.match(await ask('GETMEMBERSHIP', as(member)), /<GroupTitle>Owner of Guild</);
});

forEachDatabase('a role can be taken and deleted, and titles fall back', async (_, database) => {
  const all = await served(database);
  const { ask } = all;
  const group = await newGroup(all);
  const GroupID = group.id;
  const RoleID = randomUuid();
  const role = { GroupID, RoleID, Name: 'R', Description: 'd', Title: 'T', Powers: '18446744073709551615' };
  const put = (agent: string, OP: string, changes: Fields = {}) =>
    ask('PUTROLE', { ...role, RequestingAgentID: agent, OP, ...changes });
  assert.match(await put(stranger, 'ADD'), /^<RESULT>False<\/RESULT><REASON>Insufficient permissions</);
  assert.match(await put(founder, 'UPDATE'), /^<RESULT>False</);
  assert.equal(await put(founder, 'ADD'), '<RESULT>True</RESULT>');
  assert.match(await put(founder, 'ADD'), /^<RESULT>False<.*exists already/);
  assert.equal(await put(founder, 'ADD', { Powers: '-1' }), none('Bad network data'));
  assert.equal(await put(founder, 'DROP'), none('Bad network data'));
  await ask('ADDAGENTTOGROUP', as(member, { GroupID, RoleID: zeroUuid }));
  const agentRole = (OP: string, changes: Fields = {}) =>
    ask('AGENTROLE', { RequestingAgentID: founder, AgentID: member, GroupID, RoleID, OP, ...changes });
  assert.match(await agentRole('ADD', { AgentID: stranger }), /^<RESULT>False<.*Not a member/);
  assert.match(await agentRole('ADD', { RoleID: randomUuid() }), /^<RESULT>False</);
  assert.equal(await agentRole('ADD'), '<RESULT>True</RESULT>');
  assert.equal(await agentRole('ADD'), '<RESULT>True</RESULT>');
  const shown = () => ask('GETMEMBERSHIP', as(member, { GroupID }));
  assert.match(await shown(), /<GroupPowers>18446744073709551615<.*<GroupTitle>T</);
  const show = (id: string) => ask('SETACTIVE', as(member, { GroupID, OP: 'ROLE', RoleID: id }));
  assert.equal(await show(group.ownerRoleId), '<RESULT>true</RESULT>');
  assert.match(await shown(), /<GroupTitle>T</, 'only a role that the member has');
  assert.equal(await show(zeroUuid), '<RESULT>true</RESULT>');
  assert.match(await shown(), /<GroupTitle>Member of Guild</);
  await show(RoleID);
  assert.match(await agentRole('DELETE', { RoleID: zeroUuid }), /^<RESULT>False</);
  assert.equal(await agentRole('DELETE'), '<RESULT>True</RESULT>');
  assert.match(await agentRole('DELETE'), /^<RESULT>False</);
  assert.match(await shown(), /<GroupTitle>Member of Guild</);
  await agentRole('ADD');
  const remove = (agent: string, id: string) =>
    ask('REMOVEROLE', { RequestingAgentID: agent, GroupID, RoleID: id });
  for (const [agent, id] of [
    [stranger, RoleID],
    [founder, zeroUuid],
    [founder, group.ownerRoleId],
    [founder, randomUuid()],
  ] as const)
    assert.equal(await remove(agent, id), '<RESULT>true</RESULT>');
  assert.match(await ask('GETGROUP', { GroupID, RequestingAgentID: zeroUuid }), /<RoleCount>4</);
  await remove(founder, RoleID);
  assert.match(await shown(), /<ActiveRole>0{8}-.*<GroupTitle>Member of Guild</);
  assert.match(
    await ask('GETAGENTROLES', as(member, { GroupID })),
    /^<RESULT type="List"><r-0 type="List"><Description><\/Description><Members>0<.*<\/r-0><\/RESULT>$/,
  );
  assert.equal(await ask('GETAGENTROLES', as(stranger, { GroupID })), none('No members'));
});

forEachDatabase('whoever may not change a group is shown it as it is', async (_, database) => {
  const all = await served(database);
  const group = await newGroup(all);
  const update = (agent: string) =>
    all.ask('PUTGROUP', {
      ...{ RequestingAgentID: agent, OP: 'UPDATE', GroupID: group.id, GroupName: '', Charter: 'new' },
      ...{ FounderID: zeroUuid, OwnerRoleID: zeroUuid, MembershipFee: '5', MemberCount: '0' },
    });
  assert.match(await update(stranger), /<Charter>c<.*<MembershipFee>0</);
  const changed = await update(founder);
  assert.match(changed, /<Charter>new<.*<GroupName>Guild<.*<MembershipFee>5<.*<MemberCount>1</);
  assert.ok(changed.includes(group.founderId) && changed.includes(group.ownerRoleId));
  assert.equal(
    await all.ask('PUTGROUP', { RequestingAgentID: founder, OP: 'UPDATE', GroupID: randomUuid() }),
    none('Group not found'),
  );
});

forEachDatabase('members leave by themselves or by who may eject', async (_, database) => {
  const all = await served(database);
  const { ask } = all;
  const { id: GroupID } = await newGroup(all);
  await ask('ADDAGENTTOGROUP', as(member, { GroupID, RoleID: zeroUuid }));
  const remove = (RequestingAgentID: string, AgentID: string) =>
    ask('REMOVEAGENTFROMGROUP', { RequestingAgentID, AgentID, GroupID });
  assert.equal(await remove(member, founder), none('Insufficient permissions'));
  assert.equal(await remove(stranger, member), none('Insufficient permissions'));
  assert.equal(await remove(founder, member), '<RESULT>true</RESULT>');
  assert.equal(await ask('GETMEMBERSHIP', as(member)), none('No such membership'));
  assert.equal(await remove(member, member), '<RESULT>true</RESULT>', 'leaving twice harms nobody');
  assert.match(await ask('GETGROUP', { GroupID, RequestingAgentID: zeroUuid }), /<MemberCount>1</);
  const set = (id: string) => ask('SETACTIVE', as(founder, { GroupID: id, OP: 'GROUP' }));
  assert.equal(await set(zeroUuid), none('No such membership'));
  assert.equal(await ask('GETMEMBERSHIP', as(founder)), none('No such membership'));
  assert.equal(await set(randomUuid()), none('No such membership'));
  assert.match(await set(GroupID), /<Active>True</);
  assert.equal(await remove(founder, founder), '<RESULT>true</RESULT>');
  assert.equal(
    await ask('FINDGROUPS', { Query: 'guild', RequestingAgentID: founder }),
    none('No hits'),
    'without members it is not found',
  );
});

forEachDatabase('searches take what is written as it stands', async (_, database) => {
  const all = await served(database);
  for (const name of ['A 100% group', 'Under_score', 'plain']) await newGroup(all, { name });
  const find = async (Query: string) =>
    [
      ...(await all.ask('FINDGROUPS', { Query, RequestingAgentID: zeroUuid })).matchAll(/<Name>([^<]*)</g),
    ].map((match) => match[1]);
  assert.deepEqual(await find('%'), ['A 100% group']);
  assert.deepEqual(await find('R_S'), ['Under_score']);
  assert.deepEqual(await find(''), ['A 100% group', 'plain', 'Under_score']);
  assert.deepEqual(await find("' OR 1=1 --"), []);
});

forEachDatabase('a visitor is one person however the home address is spelled', async (_, database) => {
  const all = await served(database);
  const { ask } = all;
  const { id: GroupID } = await newGroup(all);
  const AccessToken = randomUuid();
  const joined = await ask('ADDAGENTTOGROUP', as(visitor, { GroupID, RoleID: zeroUuid, AccessToken }));
  assert.ok(joined.includes(`<AccessToken>${AccessToken}<`));
  const spelled = visitor.replace('http://elsewhere.example:8002/', 'http://Elsewhere.example:8002');
  assert.match(await ask('GETMEMBERSHIP', as(spelled, { GroupID })), /<GroupName>Guild</);
  assert.equal(
    await ask('GETMEMBERSHIP', as(visitor.slice(0, 36), { GroupID })),
    none('No such membership'),
    'a resident with the same UUID is somebody else',
  );
  const members = await ask('GETGROUPMEMBERS', { GroupID, RequestingAgentID: zeroUuid });
  assert.ok(members.includes(`<AgentID>${visitor}<`));
  assert.ok(!members.includes(AccessToken), 'the token is shown to its owner only');
  assert.match(members, /<OnlineStatus>unknown</);
});

forEachDatabase('who is no member sees titles only of roles that all may see', async (_, database) => {
  const all = await served(database);
  const { grid, ask } = all;
  const { id: GroupID, ownerRoleId } = await newGroup(all);
  await ask('ADDAGENTTOGROUP', as(member, { GroupID, RoleID: zeroUuid }));
  await grid.gridUsers.loggedIn(founder);
  await grid.gridUsers.loggedOut(founder, zeroUuid, { x: 0, y: 0, z: 0 }, { x: 0, y: 0, z: 0 });
  const members = (agent: string) => ask('GETGROUPMEMBERS', { GroupID, RequestingAgentID: agent });
  const titles = (text: string) => [...text.matchAll(/<Title>([^<]*)</g)].map((match) => match[1]);
  assert.deepEqual(titles(await members(stranger)), ['Owner of Guild', '']);
  assert.deepEqual(titles(await members('nobody')), ['Owner of Guild', '']);
  assert.deepEqual(titles(await members(member)), ['Owner of Guild', 'Member of Guild']);
  assert.deepEqual(titles(await members(zeroUuid)), ['Owner of Guild', 'Member of Guild']);
  assert.match(await members(member), /<OnlineStatus>\d\d\/\d\d\/\d{4}<.*<OnlineStatus>unknown</);
  const roleMembers = (agent: string) => ask('GETROLEMEMBERS', { GroupID, RequestingAgentID: agent });
  assert.match(await roleMembers(stranger), new RegExp(`^<RESULT type="List"><rm-0 .*${ownerRoleId}`));
  assert.equal([...(await roleMembers(member)).matchAll(/<rm-/g)].length, 3);
  assert.equal(
    await ask('GETGROUPMEMBERS', { GroupID: randomUuid(), RequestingAgentID: zeroUuid }),
    none('No members'),
  );
});

forEachDatabase('notices need the power and an id of their own, and come back whole', async (_, database) => {
  const all = await served(database);
  const { ask } = all;
  const { id: GroupID } = await newGroup(all);
  const NoticeID = randomUuid();
  const item = randomUuid();
  const add = (agent: string, changes: Fields = {}) =>
    ask('ADDNOTICE', {
      ...{ RequestingAgentID: agent, GroupID, NoticeID, FromName: 'F', Subject: 'S', Message: 'M\n2' },
      ...{ HasAttachment: 'True', AttachmentType: '6', AttachmentName: 'box', AttachmentItemID: item },
      ...{ AttachmentOwnerID: founder, ...changes },
    });
  assert.match(await add(stranger), /^<RESULT>False</);
  assert.equal(await add(founder), '<RESULT>True</RESULT>');
  assert.match(await add(founder), /^<RESULT>False</);
  assert.equal(await add(founder, { HasAttachment: '' }), none('Bad network data'));
  const whole = await ask('GETNOTICES', { NoticeID, RequestingAgentID: member });
  assert.match(
    whole,
    new RegExp(
      `<HasAttachment>True<.*${item}.*<AttachmentName>box<.*<AttachmentType>6<.*${founder}.*${GroupID}.*<Message>M\n2<`,
    ),
  );
  const list = await ask('GETNOTICES', { GroupID, RequestingAgentID: member });
  assert.ok(list.includes('<n-0 type="List">') && !list.includes('<Message>'));
  assert.equal(
    await ask('GETNOTICES', { NoticeID: randomUuid(), RequestingAgentID: member }),
    none('NO such notice'),
  );
});

forEachDatabase('a wrong request gets the reason that simulators need', async (_, database) => {
  const { send } = await served(database);
  const failure = `<?xml version="1.0"?><ServerResponse>${none('Bad network data')}</ServerResponse>`;
  for (const body of [
    '',
    'METHOD=',
    'METHOD=NOTHING',
    'METHOD=GETGROUP',
    'METHOD=GETGROUP&RequestingAgentID=x&GroupID=y',
    `METHOD=GETMEMBERSHIP&RequestingAgentID=${founder}&AgentID=nobody`,
    `METHOD=INVITE&RequestingAgentID=${founder}&InviteID=${founder}&OP=LOSE`,
    `METHOD=SETACTIVE&RequestingAgentID=${founder}&AgentID=${founder}&GroupID=${founder}&OP=ROLE`,
    `METHOD=UPDATEMEMBERSHIP&RequestingAgentID=${founder}&AgentID=${founder}&GroupID=${founder}&AcceptNotices=perhaps`,
  ])
    assert.equal(await send(body), failure, body);
});

const methods = [
  ...['PUTGROUP', 'GETGROUP', 'ADDAGENTTOGROUP', 'REMOVEAGENTFROMGROUP', 'GETMEMBERSHIP', 'PUTROLE'],
  ...['GETGROUPMEMBERS', 'REMOVEROLE', 'GETGROUPROLES', 'GETROLEMEMBERS', 'AGENTROLE', 'GETAGENTROLES'],
  ...['SETACTIVE', 'UPDATEMEMBERSHIP', 'INVITE', 'ADDNOTICE', 'GETNOTICES', 'FINDGROUPS'],
];
const fieldNames = [
  ...['RequestingAgentID', 'AgentID', 'GroupID', 'RoleID', 'InviteID', 'NoticeID', 'Name', 'Query', 'OP'],
  ...['GroupName', 'FounderID', 'Charter', 'Powers', 'Title', 'Description', 'HasAttachment', 'ALL'],
  ...['FromName', 'Subject', 'Message', 'AcceptNotices', 'ListInProfile', 'AccessToken', 'MembershipFee'],
];

forEachDatabase('whatever a simulator sends about groups, it gets an answer', async (_, database) => {
  const all = await served(database);
  const group = await newGroup(all);
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('ADD', 'UPDATE', 'GET', 'DELETE', 'GROUP', 'ROLE', 'True', 'False', '7', '-1'),
    fc.constantFrom<string>(founder, group.id, group.ownerRoleId, zeroUuid, visitor),
  );
  const fields = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...fieldNames), fc.string()), value), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.constantFrom(...methods), fc.string()), fields, async (method, sent) => {
      const text = await all.send(writeForm([['METHOD', method], ...sent]));
      assert.ok(readReply(text).has('RESULT'));
    }),
    { numRuns: 500 },
  );
  await fc.assert(
    fc.asyncProperty(fc.string(), async (body) => {
      assert.ok(readReply(await all.send(body)).has('RESULT'));
    }),
    { numRuns: 50 },
  );
});
