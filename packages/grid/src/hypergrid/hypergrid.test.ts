import assert from 'node:assert/strict';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { isJsonObject } from '../json-members.ts';
import type { JsonObject } from '../public-calls.ts';
import { refused } from '@gridkeep/testing/simulator-double';
import { agentBody, postAgent } from './test-support/agent-body.ts';
import { leave, logIn, resident } from './test-support/grid-on-wire.ts';
import type { GridOnWire } from './test-support/grid-on-wire.ts';
import { testTwoGrids } from './test-support/two-grids.ts';

function createdAgents(grid: GridOnWire): readonly JsonObject[] {
  return grid.simulator.calls('create').map(({ body }) => parsed(body));
}

function parsed(body: string): JsonObject {
  const json: JsonObject = JSON.parse(body);
  return json;
}

async function whereIs(grid: GridOnWire, userId: Uuid): Promise<unknown> {
  const answer = await grid.ask('locate_user', { userID: userId });
  return answer.get('URL') ?? answer.get('result');
}

testTwoGrids(
  'a resident visits another grid, comes home, and logs out abroad the next time',
  async (home, other) => {
    const ada = await resident(home, 'Ada');
    const session = await logIn(home, ada.id);
    const { sessionId } = session;
    const link = await home.services.hypergrid.links.link({ gatekeeper: other.url, regionName: 'Harbour' });
    assert.equal(link.id, other.regionId);

    const source = { source_x: '256000', source_y: '256000', source_name: 'Plaza' };
    const out = await postAgent(home.url, 'homeagent', agentBody(ada, session, home.url, other, source));
    assert.deepEqual(out, { success: true, reason: 'Authorized' });
    const [arrived] = createdAgents(other);
    assert.ok(arrived);
    for (const [name, value] of Object.entries(source)) assert.equal(arrived[name], value);
    const authority = new URL(home.url).host;
    assert.deepEqual([arrived['first_name'], arrived['last_name']], ['Ada.Viewer', `@${authority}`]);
    assert.equal(arrived['teleport_flags'], String(2 ** 30 + 128));
    assert.equal(arrived['client_ip'], '127.0.0.1');
    const token = String(arrived['service_session_id']);
    assert.ok(token.startsWith(`${other.url};`));
    const [question] = other.simulator.calls('query-access');
    assert.equal(parsed(question?.body ?? '')['agent_home_uri'], home.url);
    await leave(home, ada.id, sessionId);

    assert.equal((await other.services.presence.find(sessionId))?.userId, ada.id);
    const visitor = await other.services.gridUsers.find(ada.id);
    assert.deepEqual([visitor?.userId, visitor?.online], [`${ada.id};${home.url};Ada Viewer`, true]);
    assert.equal(await whereIs(home, ada.id), other.url);
    const verified = async (text: string) =>
      (await home.ask('verify_agent', { sessionID: sessionId, token: text })).get('result');
    assert.deepEqual([await verified(token), await verified(`${token}x`)], ['True', 'False']);
    const client = async (ip: string) =>
      (await home.ask('verify_client', { sessionID: sessionId, token: ip })).get('result');
    assert.deepEqual([await client('127.0.0.1'), await client('192.0.2.7')], ['True', 'False']);

    const back = await postAgent(
      home.url,
      'homeagent',
      agentBody(
        { ...ada, firstName: 'Ada.Viewer', lastName: `@${authority}` },
        session,
        'http://evil.example/',
        home,
      ),
    );
    assert.equal(back.success, true);
    const [returned] = createdAgents(home);
    assert.ok(returned);
    assert.deepEqual([returned['first_name'], returned['last_name']], ['Ada', 'Viewer']);
    assert.equal(returned['teleport_flags'], String(2 ** 30 + 32));
    const urls = returned['serviceurls'];
    assert.ok(isJsonObject(urls));
    assert.deepEqual(urls['AssetServerURI'], home.url);
    assert.equal(await whereIs(home, ada.id), 'Unable to locate user');
    assert.equal(await verified(token), 'False');
    await leave(other, `${ada.id};${home.url};Ada Viewer`, sessionId);

    assert.equal(
      (await postAgent(home.url, 'homeagent', agentBody(ada, session, home.url, other))).success,
      true,
    );
    await home.ask('logout_agent', { sessionID: sessionId, userID: randomUuid() });
    assert.equal(await whereIs(home, ada.id), other.url);
    await home.ask('logout_agent', { sessionID: sessionId, userID: ada.id });
    assert.equal(await whereIs(home, ada.id), 'Unable to locate user');
    assert.equal((await home.services.gridUsers.find(ada.id))?.online, false);
  },
);

testTwoGrids('who has no home comes home where logins go, also without a default region', async (home) => {
  const ada = await resident(home, 'Ada');
  const homeRegion = async () => (await home.ask('get_home_region', { userID: ada.id })).get('uuid');
  assert.equal(await homeRegion(), home.regionId);
  await home.services.registry.setFlags(home.regionId, { clear: ['default', 'default-hypergrid'] });
  assert.equal(await homeRegion(), home.regionId);
  await home.services.settings.write('loginFallbackToAnyRegion', 'false');
  assert.equal(await homeRegion(), undefined);
});

testTwoGrids('a refusal leaves the traveller where he was', async (home, other) => {
  const ada = await resident(home, 'Ada');
  const session = await logIn(home, ada.id);
  const before = await home.services.travels.find(session.sessionId);
  const travel = async (changes: JsonObject = {}) =>
    postAgent(home.url, 'homeagent', agentBody(ada, session, home.url, other, changes));
  other.simulator.answer('query-access', refused('The region is full'));
  assert.deepEqual(await travel(), { success: false, reason: 'The region is full' });
  assert.deepEqual(await home.services.travels.find(session.sessionId), before);
  assert.equal(await other.services.presence.find(session.sessionId), undefined);

  for (const [name, value, reason] of [
    ['foreignAgentsExcept', home.url, /does not allow visitors/],
    ['bannedVisitors', ada.id, /banned/],
    ['bannedVisitors', home.url, /banned/],
    ['bannedVisitors', '127.0.0.1', /banned/],
    ['deniedClients', 'firestorm', /may not log in/],
    ['deniedMacs', 'FB:F6:D9:61:77:EA', /may not log in/],
    ['hypergrid', 'false', /does not allow visitors/],
  ] as const) {
    await other.services.settings.write(name, value);
    assert.match((await travel()).reason, reason);
    await other.services.settings.write(name, name === 'hypergrid' ? 'true' : '');
  }
  await home.services.settings.write('foreignTripsAllowed', 'false');
  assert.match((await travel()).reason, /Your world does not allow/);
  await home.services.settings.write('foreignTripsExcept', other.url);
  other.simulator.answer('query-access', refused('still full'));
  assert.match((await travel()).reason, /still full/);
  assert.match((await travel({ destination_uuid: randomUuid() })).reason, /region not found/);
  assert.deepEqual(await home.services.travels.find(session.sessionId), before);
});

testTwoGrids('nobody is let in for somebody else', async (home, other) => {
  const ada = await resident(home, 'Ada');
  const ben = await resident(home, 'Ben');
  const session = await logIn(home, ada.id);
  const stranger = { sessionId: randomUuid(), secureSessionId: randomUuid() };
  // A session that never logged in, and one of another resident.
  for (const [account, used] of [
    [ada, stranger],
    [ben, session],
  ] as const) {
    const answer = await postAgent(home.url, 'homeagent', agentBody(account, used, home.url, other));
    assert.equal(answer.reason, 'Forbidden to launch your agents from here');
  }
  // A token that the home grid has not given, one for another grid, none.
  for (const token of [`${other.url};${randomUuid()}`, `${home.url};${randomUuid()}`, '', 'x'])
    assert.equal(
      (
        await postAgent(
          other.url,
          'foreignagent',
          agentBody(ada, session, home.url, other, { service_session_id: token }),
        )
      ).reason,
      'Unable to verify identity',
    );
  // A grid that says its visitor has the id of a resident here.
  const forged = await resident(other, 'Ada');
  const visit = await logIn(other, forged.id);
  await home.services.accounts.create({ id: forged.id, firstName: 'Eve', lastName: 'Home' });
  const answer = await postAgent(other.url, 'homeagent', agentBody(forged, visit, other.url, home));
  assert.equal(answer.reason, 'Unauthorized');
  assert.equal(home.simulator.requests.length + other.simulator.requests.length, 0);
});

testTwoGrids('visitors may be limited to the gateway; links lead there', async (home, other) => {
  await other.services.settings.write('visitAnyRegion', 'false');
  const named = await home.services.hypergrid.foreign.linkRegion(other.url, 'nowhere');
  assert.equal(named?.id, other.regionId);
  assert.equal((await other.ask('get_region', { region_uuid: randomUuid() })).get('uuid'), other.regionId);
  await other.services.settings.write('visitAnyRegion', 'true');
  assert.equal(await home.services.hypergrid.foreign.linkRegion(other.url, 'nowhere'), undefined);
  assert.equal((await other.ask('get_region', { region_uuid: randomUuid() })).get('result'), 'false');
  assert.equal((await home.services.hypergrid.links.find(new URL(other.url).host, ''))?.id, other.regionId);
  assert.equal(await home.services.hypergrid.links.find(new URL(home.url).host, 'Plaza'), undefined);
});

testTwoGrids(
  'who is still there by the books is told to leave and comes in the second time',
  async (home, other) => {
    const ada = await resident(home, 'Ada');
    const first = await logIn(home, ada.id);
    const travel = async (session: typeof first) =>
      postAgent(home.url, 'homeagent', agentBody(ada, session, home.url, other));
    assert.equal((await travel(first)).success, true);
    const visitor = `${ada.id};${home.url};Ada Viewer`;
    await other.services.gridUsers.setPosition(
      visitor,
      other.regionId,
      { x: 1, y: 2, z: 3 },
      { x: 0, y: 1, z: 0 },
    );
    const second = await logIn(home, ada.id);
    assert.match((await travel(second)).reason, /already logged in/);
    assert.match(other.simulator.calls('xml-rpc')[0]?.body ?? '', /\+g==/);
    assert.equal((await travel(second)).success, true);
  },
);
