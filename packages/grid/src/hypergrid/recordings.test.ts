import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { SqliteThreads } from '@gridkeep/storage/database/sqlite-threads';
import { freshLocation } from '@gridkeep/testing/databases';
import { recordedExchanges } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { SimulatorDouble } from '@gridkeep/testing/simulator-double';
import { parseUuid } from '@gridkeep/wire/uuid';
import { readXmlRpcRequest, readXmlRpcResponse } from '@gridkeep/wire/xmlrpc/reader';
import { isXmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import type { XmlRpcStruct, XmlRpcValue } from '@gridkeep/wire/xmlrpc/value';
import { Outbound } from '../outbound/outbound.ts';
import { testRegistration, testSimulator } from '../registry/test-support.ts';
import { standardSettings } from '../settings/setting-texts.ts';
import { teleportFlags } from '../simulation/agent-circuit.ts';
import { handlerIn } from '../test-support/form-client.ts';
import { strictLog } from '../test-support/garbage-forms.ts';
import { bodyText, robustRequest } from '../test-support/robust-request.ts';
import { testGrid } from '../test-support/test-grid.ts';
import { agentReply, readAgentCall } from './agent-post.ts';
import { ForeignGrids } from './foreign-grids.ts';
import { hypergridPublic } from './hypergrid.ts';

const plaza = parseUuid('7f0b3d52-91c4-4d4a-a0b7-3f2d8c5e1a01');
const ben = parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000202');

test(
  'what was asked of a real gatekeeper is answered alike',
  { skip: missing('fixtures') },
  async (context) => {
    const threads = new SqliteThreads();
    const database = await openDatabase(await freshLocation(context, 'sqlite'), threads);
    context.after(async () => {
      await database.close();
      await threads.close();
    });
    const grid = await testGrid(database);
    await grid.accounts.create({ id: ben, firstName: 'Ben', lastName: 'Viewer' });
    await grid.registry.register(
      testRegistration('Plaza', 1000, 1000, { id: plaza, udpPort: 9101 }),
      testSimulator,
    );
    await grid.registry.setFlags('Plaza', { set: ['default', 'default-hypergrid'] });
    const { xmlRpc, routes } = hypergridPublic(grid.hypergrid, strictLog);

    let replayed = 0;
    for (const exchange of recordedExchanges('14-gatekeeper-uas', /^\/$/, 'robust-public')) {
      const { method, parameters } = readXmlRpcRequest(exchange.sent);
      const [asked] = parameters;
      assert.ok(isXmlRpcStruct(asked));
      const answer = await xmlRpc.get(method)?.(asked, { address: '127.0.0.1' });
      const recorded = readXmlRpcResponse(exchange.received);
      assert.ok(recorded.kind === 'value' && isXmlRpcStruct(recorded.value) && answer !== undefined);
      assert.deepEqual(comparable(answer), comparable(recorded.value), method);
      replayed += 1;
    }
    assert.equal(replayed, 19);

    for (const exchange of recordedExchanges('00-grid-info', /^\/helo/, 'robust-public')) {
      const reply = await handlerIn(routes, 'helo')(robustRequest(exchange.method, exchange.path));
      assert.equal(reply.status, exchange.status);
      assert.equal(reply.contentType, exchange.contentType);
      assert.equal(bodyText(reply), exchange.received.toString());
      assert.deepEqual(reply.headers, { 'X-Handlers-Provided': 'opensim-robust' });
    }
  },
);

test('a traveller is sent on as a real home grid did', { skip: missing('fixtures') }, async (context) => {
  const [asked] = recordedExchanges('51-hypergrid-teleport-out', /^\/homeagent\//, 'robust-public');
  const [sent] = recordedExchanges('51-hypergrid-teleport-out', /^\/foreignagent\//, 'grid2-public');
  assert.ok(asked !== undefined && sent !== undefined);
  const call = await readAgentCall(robustRequest('POST', asked.path, asked.sent));
  const recorded = await readAgentCall(robustRequest('POST', sent.path, sent.sent));
  assert.ok(call !== undefined && recorded !== undefined);
  assert.equal(call.gatekeeper, 'http://127.0.0.1:8102/');

  const other = await SimulatorDouble.start(context);
  other.answer('other', { contentType: 'text/html', body: sent.received });
  const outbound = new Outbound({ read: () => ({ ...standardSettings, privateNetworks: true }) });
  context.after(() => outbound.close());
  const { serviceSessionId } = recorded.circuit;
  const circuit = { ...call.circuit, serviceSessionId, teleportFlags: teleportFlags.viaLogin };
  const answer = await new ForeignGrids(outbound).sendAgent(other.serverUri, circuit, call);
  assert.deepEqual(answer, { granted: true, reason: 'Authorized' });
  const [request] = other.requests;
  assert.ok(request);
  assert.equal(request.target, sent.path);
  assert.ok(request.compressed);
  assert.deepEqual(JSON.parse(request.body), JSON.parse(gunzipSync(sent.sent).toString('utf8')));
  assert.equal(Buffer.from(agentReply(answer, '127.0.0.1').body).toString('utf8'), sent.received.toString());
});

/** In one order, without the time at which the account was made. */
function comparable(struct: XmlRpcStruct): readonly (readonly [string, XmlRpcValue])[] {
  return [...struct]
    .map(([name, value]) => [name, name === 'user_created' ? typeof value : value] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}
