import assert from 'node:assert/strict';
import { encodeBase64 } from '@gridkeep/wire/base64';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import { agentBody, postAgent } from '../hypergrid/test-support/agent-body.ts';
import { leave, logIn, resident } from '../hypergrid/test-support/grid-on-wire.ts';
import type { GridOnWire } from '../hypergrid/test-support/grid-on-wire.ts';
import { testTwoGrids } from '../hypergrid/test-support/two-grids.ts';

function message(
  fromId: Uuid,
  toId: Uuid,
  text: string,
  changes: Readonly<Record<string, XmlRpcValue>> = {},
): Readonly<Record<string, XmlRpcValue>> {
  return {
    ...{
      from_agent_id: fromId,
      from_agent_session: zeroUuid,
      to_agent_id: toId,
      im_session_id: randomUuid(),
    },
    ...{ timestamp: '1700000000', from_agent_name: 'Ben Viewer', message: text, dialog: 'AA==' },
    ...{ from_group: 'FALSE', offline: 'AA==', parent_estate_id: '1', region_id: zeroUuid },
    ...{ position_x: '1', position_y: '2.5', position_z: '3' },
    binary_bucket: encodeBase64(Uint8Array.from({ length: 17 }, (_, index) => index)),
    ...changes,
  };
}

async function send(grid: GridOnWire, parameters: Readonly<Record<string, XmlRpcValue>>): Promise<unknown> {
  return (await grid.ask('grid_instant_message', parameters)).get('success');
}

testTwoGrids('a message finds its resident here, abroad, or later', async (home, other) => {
  const ada = await resident(home, 'Ada');
  const ben = randomUuid();
  const session = await logIn(home, ada.id);
  await home.services.presence.report(session.sessionId, home.regionId);
  assert.equal(await send(home, message(ben, ada.id, 'at home')), 'TRUE');
  assert.match(home.simulator.calls('xml-rpc')[0]?.body ?? '', /at home/);

  await postAgent(home.url, 'homeagent', agentBody(ada, session, home.url, other));
  await leave(home, ada.id, session.sessionId);
  await other.services.presence.report(session.sessionId, other.regionId);
  assert.equal(await send(home, message(ben, ada.id, 'abroad')), 'TRUE');
  assert.match(other.simulator.calls('xml-rpc')[0]?.body ?? '', /abroad/);
  assert.equal(home.simulator.calls('xml-rpc').length, 1);

  await home.ask('logout_agent', { sessionID: session.sessionId, userID: ada.id });
  assert.equal(await send(home, message(ben, ada.id, 'see you later')), 'FALSE');
  // Typing is not worth keeping.
  assert.equal(await send(home, message(ben, ada.id, 'typing', { dialog: 'KQ==' })), 'FALSE');
  const { messages } = await home.services.offlineMessages.take(ada.id);
  assert.deepEqual(
    messages.map((kept) => [kept.message, kept.fromId, kept.timestamp, kept.binaryBucket]),
    [['see you later', ben, 1_700_000_000, '00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\n10']],
  );
  // Visitors' messages are for their own grids to keep.
  await leave(other, `${ada.id};${home.url};Ada Viewer`, session.sessionId);
  assert.equal(await send(other, message(ben, ada.id, 'lost')), 'FALSE');
  assert.equal((await other.services.offlineMessages.take(ada.id)).messages.length, 0);
});

testTwoGrids(
  'from outside nobody is kicked, and nobody speaks for residents who are not there',
  async (home) => {
    const ada = await resident(home, 'Ada');
    const cleo = await resident(home, 'Cleo');
    const session = await logIn(home, ada.id);
    await home.services.presence.report(session.sessionId, home.regionId);
    const refused = [
      message(randomUuid(), ada.id, 'out', { dialog: '+g==' }),
      message(randomUuid(), ada.id, 'come', { dialog: 'GQ==' }),
      message(cleo.id, ada.id, 'I am Cleo'),
      message(randomUuid(), zeroUuid, 'nobody'),
      message(randomUuid(), ada.id, 'x'.repeat(5000)),
      { ...message(randomUuid(), ada.id, 'no dialog'), dialog: undefined },
      { ...message(randomUuid(), ada.id, 'two bytes'), dialog: 'AAA=' },
    ];
    for (const parameters of refused) assert.equal(await send(home, parameters), 'FALSE');
    assert.equal(home.simulator.calls('xml-rpc').length, 0);
    // Her things may speak while she is away.
    assert.equal(await send(home, message(cleo.id, ada.id, 'a visitor came', { dialog: 'Ew==' })), 'TRUE');
    await logIn(home, cleo.id);
    assert.equal(await send(home, message(cleo.id, ada.id, 'hello')), 'TRUE');
  },
);

testTwoGrids('a message for somebody whom two grids look for at each other ends', async (home, other) => {
  const ada = await resident(home, 'Ada');
  await other.services.accounts.create({ id: ada.id, firstName: 'Ada', lastName: 'Viewer' });
  for (const [grid, elsewhere] of [
    [home, other],
    [other, home],
  ] as const)
    await grid.services.travels.start({
      ...{ userId: ada.id, sessionId: randomUuid(), gatekeeper: elsewhere.url, clientAddress: '' },
    });
  assert.equal(await send(home, message(randomUuid(), ada.id, 'round and round')), 'FALSE');
  assert.equal((await home.services.offlineMessages.take(ada.id)).messages.length, 1);
});
