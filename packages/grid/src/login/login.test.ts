import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { json, refused } from '@gridkeep/testing/simulator-double';
import { parseUuid, randomUuid, tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { readXmlRpcRequest } from '@gridkeep/wire/xmlrpc/reader';
import { isXmlRpcArray, isXmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import type { XmlRpcStruct, XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import { gridServicesAccount } from '../accounts/built-in-accounts.ts';
import { regionFlags } from '../registry/registered-region.ts';
import { readInstantMessage } from '../simulation/instant-message.ts';
import { testItem } from '../test-support/test-grid.ts';
import { loginWorld, password } from './test-support/login-world.ts';
import type { LoginWorld } from './test-support/login-world.ts';

const centre = { x: 100, y: 90, z: 22 };
const north = { x: 0, y: 1, z: 0 };

function reasonOf(reply: XmlRpcStruct): string {
  assert.equal(reply.get('login'), 'false');
  assert.equal(typeof reply.get('message'), 'string');
  return String(reply.get('reason'));
}

function isIn(reply: XmlRpcStruct, kind = 'safe'): void {
  assert.equal(reply.get('login'), 'true', String(reply.get('message')));
  assert.equal(reply.get('start_location'), kind);
}

function sessionOf(reply: XmlRpcStruct): Uuid {
  return parseUuid(String(reply.get('session_id')));
}

/** The circuit that a simulator was sent last. */
function lastCircuit({ simulator }: Pick<LoginWorld, 'simulator'>): Record<string, unknown> {
  const circuit: Record<string, unknown> = JSON.parse(simulator.calls('create').at(-1)?.body ?? '{}');
  return circuit;
}

forEachDatabase('a login tells the viewer and the region the same', async (context, database) => {
  const world = await loginWorld(context, database);
  const { grid, ada, plaza, simulator } = world;
  const reply = await world.login();
  isIn(reply);
  assert.equal(reply.get('agent_id'), ada.id);
  assert.equal(reply.get('first_name'), 'Ada');
  assert.equal(reply.get('sim_ip'), '127.0.0.1');
  assert.equal(reply.get('sim_port'), plaza.udpPort);
  assert.equal(reply.get('message'), 'Welcome, Ada Lovelace!');
  const circuit = lastCircuit(world);
  assert.equal(circuit['agent_id'], ada.id);
  assert.equal(circuit['session_id'], reply.get('session_id'));
  assert.equal(circuit['secure_session_id'], reply.get('secure_session_id'));
  assert.equal(circuit['circuit_code'], String(reply.get('circuit_code')));
  assert.equal(
    reply.get('seed_capability'),
    `${simulator.serverUri}CAPS/${String(circuit['caps_path'])}0000/`,
  );
  assert.equal(circuit['client_ip'], '192.0.2.7');
  assert.equal(circuit['viewer'], 'Firestorm-Releasex64 7.1.9.74745');
  assert.equal(circuit['teleport_flags'], '4224');
  const travel = await grid.travels.find(sessionOf(reply));
  assert.equal(circuit['service_session_id'], travel?.serviceSessionId);
  assert.equal(travel?.clientAddress, '192.0.2.7');
  const session = await grid.presence.find(sessionOf(reply));
  assert.deepEqual([session?.userId, session?.secureSessionId], [ada.id, reply.get('secure_session_id')]);
  assert.equal((await grid.gridUsers.find(ada.id))?.online, true);
});

forEachDatabase('the session stands before the simulator hears of the agent', async (context, database) => {
  const world = await loginWorld(context, database);
  let sessionWasThere: Promise<boolean> | undefined;
  world.simulator.answer('create', (request) => {
    const { session_id }: { session_id: Uuid } = JSON.parse(request.body);
    sessionWasThere = Promise.resolve(world.grid.presence.find(session_id)).then(
      (session) => session !== undefined,
    );
    return json({ success: true });
  });
  isIn(await world.login());
  assert.equal(await sessionWasThere, true);
});

forEachDatabase('inventory, library, gestures and friends are in the answer', async (context, database) => {
  const world = await loginWorld(context, database);
  const { grid, ada } = world;
  const root = await grid.inventory.rootFolder(ada.id);
  assert.ok(root !== undefined);
  const gesture = testItem(ada.id, root.id, { assetType: 21, inventoryType: 20, flags: 1 });
  await grid.inventory.addItem(gesture);
  await grid.inventory.addItem(testItem(ada.id, root.id, { assetType: 21, inventoryType: 20, flags: 0 }));
  await grid.inventory.addFolder({
    ...{ id: randomUuid(), ownerId: ada.id, parentId: root.id, type: -1 },
    name: 'Böxes & <more>',
  });
  const [ben, cleo] = [randomUuid(), randomUuid()];
  await grid.friends.store(ada.id, ben, 3);
  await grid.friends.store(ben, ada.id, 1);
  await grid.friends.store(ada.id, `${cleo};http://other.example.org:8002/;Cleo Away`, 1);
  const reply = await world.login();
  const rows = (name: string): XmlRpcStruct[] => {
    const list = reply.get(name);
    assert.ok(isXmlRpcArray(list), name);
    return list.filter(isXmlRpcStruct);
  };
  const skeleton = await grid.inventory.skeleton(ada.id);
  assert.deepEqual(
    new Set(rows('inventory-skeleton').map((row) => JSON.stringify([...row].sort()))),
    new Set(
      skeleton.map(({ id, parentId, name, type, version }) =>
        JSON.stringify([
          ['folder_id', id],
          ['name', name],
          ['parent_id', parentId],
          ['type_default', type],
          ['version', version],
        ]),
      ),
    ),
  );
  assert.ok(skeleton.some((folder) => folder.type === 100));
  assert.deepEqual(rows('inventory-root'), [new Map([['folder_id', root.id]])]);
  assert.deepEqual(rows('gestures'), [
    new Map([
      ['item_id', gesture.id],
      ['asset_id', gesture.assetId],
    ]),
  ]);
  assert.deepEqual(rows('buddy-list'), [
    new Map<string, XmlRpcValue>([
      ['buddy_id', ben],
      ['buddy_rights_given', 3],
      ['buddy_rights_has', 1],
    ]),
  ]);
  assert.deepEqual(
    rows('inventory-skel-lib').map((row) => row.get('name')),
    ['OpenSim Library'],
  );
});

forEachDatabase('start locations lead where they say', async (context, database) => {
  const world = await loginWorld(context, database);
  const { grid, ada } = world;
  const harbour = await world.region('Harbour', 1002);
  const start = async (text: string): Promise<XmlRpcStruct> => {
    const reply = await world.login({ start: text });
    await world.leave(reply);
    return reply;
  };
  isIn(await start('home'));
  await grid.gridUsers.setHome(ada.id, harbour.region.id, centre, north);
  await grid.gridUsers.setPosition(ada.id, harbour.region.id, { x: 300, y: -5, z: 22 }, north);
  const home = await start('home');
  isIn(home, 'home');
  assert.equal(home.get('region_x'), 1002 * 256);
  assert.equal(
    home.get('home'),
    "{'region_handle':[r256512,r256000], 'position':[r100,r90,r22], 'look_at':[r0,r1,r0]}",
  );
  assert.deepEqual(lastCircuit(harbour)['teleport_flags'], '160');
  assert.deepEqual(lastCircuit(harbour)['start_pos'], '<100, 90, 22>');
  const last = await start('last');
  isIn(last, 'last');
  assert.equal(lastCircuit(harbour)['start_pos'], '<255.5, 0.5, 22>');
  const uri = await start('uri:harbour&10&20.5&30');
  isIn(uri, 'url');
  assert.equal(lastCircuit(harbour)['start_pos'], '<10, 20.5, 30>');
  assert.equal(lastCircuit(harbour)['teleport_flags'], '4224');
  const nowhere = await start('uri:Nowhere&10&20&30');
  isIn(nowhere);
  assert.equal(nowhere.get('region_x'), 256_000);
  assert.equal(lastCircuit(world)['start_pos'], '<10, 20, 30>');
  for (const text of ['', 'first', 'uri:Plaza', 'uri:Plaza&1&2', 'uri:Plaza&-1&2&3', 'uri:Plaza&1e3&2&3']) {
    const reply = await world.login({ start: text });
    assert.equal(reasonOf(reply), 'key', text);
    assert.match(String(reply.get('message')), /home|location/);
  }
  assert.equal(reasonOf(await world.login({ start: undefined })), 'key');
  assert.equal(reasonOf(await world.login({ start: 'uri:Plaza@other.example.org:8002&1&2&3' })), 'key');
  assert.deepEqual(world.errors, []);
});

forEachDatabase('where no region is online nobody can log in', async (context, database) => {
  const world = await loginWorld(context, database);
  await world.grid.registry.deregister(world.plaza.id);
  const reply = await world.login();
  assert.equal(reasonOf(reply), 'key');
  assert.match(String(reply.get('message')), /^Error connecting to the desired location/);
  const harbour = await world.region('Harbour', 1002);
  isIn(await world.login());
  await world.leave(reply);
  await world.grid.settings.write('loginFallbackToAnyRegion', 'false');
  await world.grid.gridUsers.setPosition(world.ada.id, zeroUuid, centre, north);
  assert.equal(reasonOf(await world.login({ start: 'home' })), 'key');
  await world.grid.registry.setFlags(harbour.region.id, { set: ['fallback'] });
  isIn(await world.login({ start: 'home' }));
});

forEachDatabase('another region takes the agent when the wanted one does not', async (context, database) => {
  const world = await loginWorld(context, database);
  const harbour = await world.region('Harbour', 1002, { flags: ['fallback'] });
  for (const answer of ['reset', 'garbage', { status: 500 }, refused('You are banned')] as const) {
    world.simulator.answer('query-access', answer);
    const reply = await world.login({ start: 'uri:Plaza&1&2&3' });
    isIn(reply);
    assert.equal(reply.get('region_x'), 1002 * 256);
    await world.leave(reply);
  }
  assert.equal(lastCircuit(harbour)['teleport_flags'], '4224');
  world.simulator.answer('query-access', json({ success: true, version: 'SIMULATION/0.3' }));
  world.simulator.answer('create', refused('Logins to this region are disabled'));
  isIn(await world.login());
});

forEachDatabase('a login that fails leaves nothing behind', async (context, database) => {
  const world = await loginWorld(context, database);
  const { grid, ada } = world;
  const sessions = new Set<string>();
  world.simulator.answer('create', (request) => {
    const { session_id }: { session_id: string } = JSON.parse(request.body);
    sessions.add(session_id);
    return refused('The region is full');
  });
  const reply = await world.login();
  assert.equal(reasonOf(reply), 'key');
  assert.equal(reply.get('message'), 'The region is full');
  assert.equal(sessions.size, 1);
  for (const text of sessions) {
    const id = tryParseUuid(text) ?? zeroUuid;
    assert.equal(await grid.presence.find(id), undefined);
    assert.equal(await grid.travels.find(id), undefined);
  }
  assert.notEqual((await grid.gridUsers.find(ada.id))?.online, true);
  await world.simulator.stop();
  assert.match(String((await world.login()).get('message')), /Plaza does not answer/);
  assert.deepEqual(world.errors, []);
});

forEachDatabase('who is here already is kicked, and gets in the next time', async (context, database) => {
  const world = await loginWorld(context, database);
  const { grid, ada, plaza, simulator } = world;
  isIn(await world.login());
  await grid.gridUsers.setPosition(ada.id, plaza.id, centre, north);
  const second = await world.login();
  assert.equal(reasonOf(second), 'presence');
  assert.match(String(second.get('message')), /^You appear to be already logged in/);
  const [kick] = simulator.calls('xml-rpc');
  const [struct] = readXmlRpcRequest(Buffer.from(kick?.body ?? '', 'utf8')).parameters;
  assert.ok(isXmlRpcStruct(struct));
  const message = readInstantMessage(struct);
  assert.deepEqual(
    [message?.toAgentId, message?.fromAgentId, message?.dialog],
    [ada.id, gridServicesAccount.id, 250],
  );
  isIn(await world.login(), 'last');
  // A simulator that hangs does not keep anybody out.
  simulator.answer('xml-rpc', 'reset');
  assert.equal(reasonOf(await world.login()), 'presence');
  isIn(await world.login(), 'last');
  await grid.settings.write('allowDuplicateSessions', 'true');
  isIn(await world.login(), 'last');
  // Nobody can be told where the region has gone.
  await grid.settings.write('allowDuplicateSessions', 'false');
  await grid.registry.deregister(plaza.id);
  await world.region('Harbour', 1002, { flags: ['default'] });
  isIn(await world.login());
});

forEachDatabase('wrong names, wrong passwords and wrong words', async (context, database) => {
  const world = await loginWorld(context, database);
  const unknown = /^Could not authenticate your avatar/;
  const refuses = async (members: Record<string, XmlRpcValue>, reason: string, message: RegExp) => {
    const reply = await world.login(members, '192.0.2.99');
    assert.equal(reasonOf(reply), reason);
    assert.match(String(reply.get('message')), message);
  };
  await refuses({ last: 'Nobody' }, 'key', unknown);
  await refuses({ passwd: '$1$00' }, 'key', unknown);
  await refuses({ passwd: 'wrong' }, 'key', unknown);
  await refuses({ first: 'GRID', last: 'SERVICES' }, 'key', unknown);
  await refuses({ passwd: undefined, web_login_key: randomUuid() }, 'key', unknown);
  for (const name of ['first', 'last', 'passwd']) {
    await refuses({ [name]: undefined }, 'key', /^Incomplete login credentials/);
    await refuses({ [name]: '' }, 'key', /^Incomplete login credentials/);
  }
  await refuses({ first: 'x'.repeat(5000) }, 'key', /^Incomplete/);
  isIn(await world.login({ passwd: password, first: ' ada', last: 'LOVELACE ' }, '192.0.2.99'));
  const { grid, ada } = world;
  await world.leave(new Map());
  await grid.accounts.update(ada.id, { level: -1 });
  await refuses({}, 'presence', /^Logins are currently restricted/);
  await grid.accounts.update(ada.id, { level: 0 });
  await grid.settings.write('minLoginLevel', '1');
  await refuses({}, 'presence', /^Logins are currently restricted/);
});

forEachDatabase('viewers and machines that are not allowed', async (context, database) => {
  const world = await loginWorld(context, database);
  const { settings } = world.grid;
  const outcome = async (members: Record<string, XmlRpcValue> = {}) => {
    const reply = await world.login(members);
    if (reply.get('login') !== 'true') return reasonOf(reply);
    await world.leave(reply);
    return 'in';
  };
  await settings.write('deniedMacs', 'zz, AA11');
  assert.equal(await outcome(), 'presence');
  assert.equal(await outcome({ mac: 'a' }), 'in');
  assert.equal(await outcome({ mac: '' }), 'in');
  await settings.write('deniedMacs', '');
  await settings.write('deniedId0s', 'bb22');
  assert.equal(await outcome(), 'presence');
  await settings.write('deniedId0s', '');
  await settings.write('deniedClients', '^copybot, (');
  assert.equal(await outcome({ channel: 'CopyBot', version: '1.0' }), 'presence');
  assert.equal(await outcome(), 'in');
  await settings.write('allowedClients', 'firestorm');
  assert.equal(await outcome(), 'in');
  assert.equal(await outcome({ channel: 'Other', version: '1' }), 'presence');
  assert.equal(await outcome({ channel: 'Other', version: 'Firestorm 9' }), 'in');
});

forEachDatabase('terms of service are asked for once in each version', async (context, database) => {
  const world = await loginWorld(context, database);
  const { terms } = world.grid;
  await terms.publish('Be kind.');
  const asked = await world.login();
  assert.equal(reasonOf(asked), 'tos');
  assert.equal(asked.get('message'), 'Be kind.');
  // Who has not shown the password is not told.
  assert.equal(reasonOf(await world.login({ passwd: '$1$00' })), 'key');
  for (const no of [false, '', 'false', 0, 'yes'])
    assert.equal(reasonOf(await world.login({ agree_to_tos: no })), 'tos', String(no));
  for (const [index, yes] of [true, 1, 'true', '1'].entries()) {
    const reply = await world.login({ agree_to_tos: yes });
    isIn(reply);
    await world.leave(reply);
    isIn(await world.login());
    await world.leave(reply);
    const [version] = (await terms.versions()).slice(-1);
    assert.equal(version?.acceptances, 1);
    await terms.publish(`https://grid.example.org/terms/${index}`);
    assert.equal((await world.login()).get('message'), `https://grid.example.org/terms/${index}`);
  }
});

forEachDatabase('guesses are refused with a message that says how long', async (context, database) => {
  const world = await loginWorld(context, database);
  for (let count = 0; count < 10; count++)
    assert.equal(reasonOf(await world.login({ passwd: '$1$00' }, '192.0.2.50')), 'key');
  const reply = await world.login({}, '192.0.2.50');
  assert.equal(reasonOf(reply), 'presence');
  assert.match(String(reply.get('message')), /Please try again in 15 minutes/);
  isIn(await world.login());
});

forEachDatabase('gods are announced, grids without Hypergrid keep quiet', async (context, database) => {
  const world = await loginWorld(context, database);
  const { grid, ada } = world;
  await grid.accounts.update(ada.id, { level: 200 });
  await grid.settings.write('hypergrid', 'false');
  const reply = await world.login();
  isIn(reply);
  const circuit = lastCircuit(world);
  assert.equal(circuit['teleport_flags'], String(4224 | 512));
  assert.equal(circuit['service_session_id'], undefined);
  assert.equal(await grid.travels.find(sessionOf(reply)), undefined);
  assert.doesNotMatch(world.simulator.calls('query-access')[0]?.body ?? '', /agent_home_uri/);
  assert.equal((await grid.inventory.skeleton(ada.id)).filter((folder) => folder.type === 100).length, 0);
});

forEachDatabase('a resident without an inventory is told so', async (context, database) => {
  const world = await loginWorld(context, database);
  const { grid } = world;
  const lost = await grid.accounts.create({ firstName: 'Lost', lastName: 'Soul' });
  await grid.authentication.setPassword(lost.id, password);
  const reply = await world.login({ first: 'Lost', last: 'Soul' });
  assert.equal(reasonOf(reply), 'key');
  assert.match(String(reply.get('message')), /^The inventory service is not responding/);
});

forEachDatabase('a simulator that viewers cannot find is passed over', async (context, database) => {
  const world = await loginWorld(context, database);
  const { grid, plaza } = world;
  await world.region('Lost', 1004, { changes: { serverHost: 'no-such-host.invalid' } });
  const reply = await world.login({ start: 'uri:Lost&1&2&3' });
  isIn(reply);
  assert.equal(reply.get('region_x'), plaza.x);
  assert.ok((await grid.registry.find(plaza.id))?.flags === (regionFlags.default | regionFlags.online));
});
