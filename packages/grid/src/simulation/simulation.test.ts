import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { recordedExchanges, recordedText } from '@gridkeep/testing/recordings';
import { missing } from '@gridkeep/testing/requirements';
import { SimulatorDouble, json, refused, xmlRpcAnswer } from '@gridkeep/testing/simulator-double';
import { parseUuid, randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import { zeroVector } from '@gridkeep/wire/vector';
import type { XmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import { isXmlRpcStruct } from '@gridkeep/wire/xmlrpc/value';
import { readXmlRpcRequest } from '@gridkeep/wire/xmlrpc/reader';
import fc from 'fast-check';
import { isJsonObject } from '../json-members.ts';
import { Outbound } from '../outbound/outbound.ts';
import type { JsonObject, JsonValue } from '../public-calls.ts';
import { standardSettings } from '../settings/setting-texts.ts';
import type { AgentCircuit } from './agent-circuit.ts';
import { packAppearance } from './appearance.ts';
import { CircuitError, packAgentCircuit, unpackAgentCircuit } from './circuit-json.ts';
import { readInstantMessage, writeInstantMessage } from './instant-message.ts';
import type { InstantMessage } from './instant-message.ts';
import { Simulation } from './simulation.ts';
import { newestContext, wearablesKnown } from './versions.ts';

async function parts(context: TestContext) {
  const simulator = await SimulatorDouble.start(context);
  const outbound = new Outbound({ read: () => standardSettings });
  context.after(() => outbound.close());
  const region = {
    id: parseUuid('7f0b3d52-91c4-4d4a-a0b7-3f2d8c5e1a01'),
    name: 'Plaza',
    x: 256_000,
    y: 256_000,
    serverUri: simulator.serverUri,
  };
  return { simulator, simulation: new Simulation(outbound), region };
}

const ada = parseUuid('2b1a1f6e-0c53-4a7e-9d0e-000000000201');

function circuit(changes: Partial<AgentCircuit> = {}): AgentCircuit {
  return {
    agentId: ada,
    firstName: 'Ada',
    lastName: 'Viewer',
    sessionId: randomUuid(),
    secureSessionId: randomUuid(),
    serviceSessionId: '',
    circuitCode: 188_954_073,
    capsPath: randomUuid(),
    child: false,
    startPosition: { x: 128, y: 128, z: 26.03383 },
    clientAddress: '127.0.0.1',
    viewer: 'Firestorm-Releasex64 7.1.9.74745',
    channel: 'Firestorm-Releasex64',
    mac: 'aa',
    id0: 'bb',
    teleportFlags: 128,
    serviceUrls: new Map([['HomeURI', 'http://127.0.0.1:8002/']]),
    appearanceSerial: 0,
    appearance: packAppearance(new Map(), newestContext),
    rest: {},
    ...changes,
  };
}

const arriving = {
  agentId: ada,
  position: { x: 128, y: 128, z: 26.03383 },
  homeUri: 'http://127.0.0.1:8002/',
};

/** The requests of a recording that carry an agent, as JSON. */
function recordedAgents(file: string, method: string): { body: JsonObject; path: string }[] {
  return recordedExchanges(file, /^\/(agent|foreignagent|homeagent)\//).flatMap((exchange) => {
    if (exchange.method !== method) return [];
    const packed = exchange.sent[0] === 0x1f;
    const body: JsonValue = JSON.parse((packed ? gunzipSync(exchange.sent) : exchange.sent).toString('utf8'));
    return isJsonObject(body) ? [{ body, path: exchange.path }] : [];
  });
}

const loginRecordings = ['10-client-login', '14-raw-login', '02-bots-login-logout'];
const agentRecordings = [
  ...loginRecordings,
  ...['24-teleport-back', '23-rez-large-object', '51-hypergrid-teleport-out'],
];
const callOnly = /^(source_|destination_|gatekeeper_|context$|teleport_flags$)/;

test('recorded circuits survive unpacking and packing', { skip: missing('fixtures') }, () => {
  for (const file of agentRecordings)
    for (const { body, path } of recordedAgents(file, 'POST')) {
      const circuitOnly = Object.fromEntries(Object.entries(body).filter(([name]) => !callOnly.test(name)));
      assert.deepEqual(packAgentCircuit(unpackAgentCircuit(body)), circuitOnly, `${file} ${path}`);
    }
});

test(
  'what is asked of a region is what OpenSimulator asks',
  { skip: missing('fixtures') },
  async (context) => {
    const { simulator, simulation, region } = await parts(context);
    const [recorded] = recordedAgents('10-client-login', 'QUERYACCESS');
    assert.ok((await simulation.queryAccess(region, arriving)).granted);
    const [asked] = simulator.calls('query-access');
    assert.equal(asked?.target, recorded?.path);
    assert.deepEqual(JSON.parse(asked?.body ?? ''), recorded?.body);
  },
);

test('the agent that is sent is what OpenSimulator sends', { skip: missing('fixtures') }, async (context) => {
  const { simulator, simulation, region } = await parts(context);
  const [recorded] = recordedAgents('10-client-login', 'POST');
  assert.ok(recorded !== undefined);
  const answer = await simulation.createAgent(region, unpackAgentCircuit(recorded.body));
  assert.deepEqual(answer, { granted: true, reason: 'Authorized', seenAddress: '127.0.0.1' });
  const [sent] = simulator.calls('create');
  assert.equal(sent?.target, recorded.path);
  assert.equal(sent.compressed, true);
  assert.equal(sent.headers.get('content-type'), 'application/json');
  assert.deepEqual(JSON.parse(sent.body), recorded.body);
});

test('entries of the avatar service become the recorded appearance', { skip: missing('fixtures') }, () => {
  for (const file of loginRecordings)
    for (const { body } of recordedAgents(file, 'POST')) {
      const packed = body['packed_appearance'];
      assert.ok(packed !== undefined && isJsonObject(packed));
      const { wearables, visualparams, height } = packed;
      assert.ok(Array.isArray(wearables) && Array.isArray(visualparams));
      const entries = new Map([
        ['AvatarType', '1'],
        ['Serial', '0'],
        ['AvatarHeight', String(Math.fround(Number(height)))],
        ['VisualParams', visualparams.join(',')],
      ]);
      for (const [kind, layers] of wearables.entries())
        for (const [layer, worn] of layers.entries())
          entries.set(`Wearable ${kind}:${layer}`, `${worn.item}:${worn.asset}`);
      assert.deepEqual(packAppearance(entries, newestContext), packed);
    }
});

function entriesOf(value: unknown): readonly unknown[] {
  assert.ok(Array.isArray(value));
  return value;
}

test('who has no entries wears what everybody wears, and nobody goes without a body', () => {
  const stock = packAppearance(new Map([['AvatarType', '1']]), newestContext);
  assert.equal(entriesOf(stock['wearables']).length, 15);
  assert.equal(stock['height'], 1.77148795127869);
  const item = randomUuid();
  const entries = new Map([
    ['Wearable 5:0', `${item}:${item}`],
    ['Wearable 5:9', `${item}:${item}`],
    ['Wearable 99:0', `${item}:${item}`],
    ['Wearable 6:0', 'nonsense'],
    ['VisualParams', '1,2,3'],
    ['AvatarHeight', '-4'],
    ['Serial', 'x'],
    ['_ap_130', `${item},nonsense,${zeroUuid}`],
    ['_ap_x', item],
  ]);
  const packed = packAppearance(entries, newestContext);
  assert.deepEqual(
    entriesOf(packed['wearables']).map((layers) => entriesOf(layers).length),
    [1, 1, 1, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  );
  assert.deepEqual(packed['attachments'], [{ point: 2, item }]);
  assert.equal(entriesOf(packed['visualparams']).length, 218);
});

test('older receivers get the textures and as many kinds of wearables as they know', () => {
  const item = randomUuid();
  const entries = new Map([
    ['Wearable 15:0', `${item}:${item}`],
    ['Wearable 16:0', `${item}:${item}`],
  ]);
  const packed = (outboundVersion: number) =>
    packAppearance(entries, { inboundVersion: 0.8, outboundVersion });
  const length = (value: JsonValue | undefined) => (Array.isArray(value) ? value.length : undefined);
  const versions = [0.3, 0.5, 0.7, 0.800000011920929].map(packed);
  assert.deepEqual(
    versions.map((one) => length(one['wearables'])),
    [15, 16, 16, 16],
  );
  assert.deepEqual(
    versions.map((one) => length(one['textures'])),
    [29, 29, 29, undefined],
  );
  assert.deepEqual(versions[3]?.['wrbls8'], [[{ item, asset: item }]]);
  assert.equal(wearablesKnown({ inboundVersion: 0.8, outboundVersion: Math.fround(0.6) }), undefined);
});

test('access: grants, refusals and everything that is neither', async (context) => {
  const { simulator, simulation, region } = await parts(context);
  const ask = () => simulation.queryAccess(region, arriving, { timeoutMs: 300 });
  simulator.answer('query-access', refused('You are banned from the region'));
  assert.deepEqual(await ask(), {
    granted: false,
    reason: 'You are banned from the region',
    context: newestContext,
  });
  simulator.answer('query-access', json({ success: true, version: 'SIMULATION/0.3' }));
  assert.deepEqual((await ask()).context, { inboundVersion: 0.3, outboundVersion: 0.3 });
  simulator.answer('query-access', { status: 405 });
  assert.equal((await ask()).granted, true);
  const negotiated = (inbound: unknown, outbound: unknown) =>
    json({ success: true, negotiated_inbound_version: inbound, negotiated_outbound_version: outbound });
  for (const answer of [
    negotiated(0, 0.8),
    negotiated(0.8, 0),
    negotiated('x', 0.8),
    json({ success: true }),
  ]) {
    simulator.answer('query-access', answer);
    const { granted, reason } = await ask();
    assert.equal(granted, false);
    assert.match(reason, /version/);
  }
  for (const answer of [
    { body: 'nonsense' },
    { body: '[1,2]' },
    { body: '' },
    { status: 500 },
    { status: 302, headers: { Location: 'http://127.0.0.1:1/' } },
    { body: 'x'.repeat(70_000) },
    'garbage' as const,
    'hang' as const,
    'reset' as const,
  ]) {
    simulator.answer('query-access', answer);
    assert.deepEqual(await ask(), {
      granted: false,
      reason: 'The region Plaza does not answer.',
      context: newestContext,
    });
  }
});

test('an agent is sent again without compression where that was not understood', async (context) => {
  const { simulator, simulation, region } = await parts(context);
  simulator.answer('create', (request) =>
    request.compressed ? { status: 400 } : json({ success: true, reason: 'Authorized' }),
  );
  const sent = circuit();
  assert.equal((await simulation.createAgent(region, sent)).granted, true);
  const [first, second] = simulator.calls('create');
  assert.deepEqual([first?.compressed, second?.compressed], [true, false]);
  assert.deepEqual(JSON.parse(first?.body ?? ''), JSON.parse(second?.body ?? ''));
});

test('an agent: refusals are final, an absent success is one', async (context) => {
  const { simulator, simulation, region } = await parts(context);
  simulator.answer('create', json({ reason: 'Logins to this region are disabled' }));
  assert.deepEqual(await simulation.createAgent(region, circuit()), {
    granted: false,
    reason: 'Logins to this region are disabled',
    seenAddress: '',
  });
  assert.equal(simulator.calls('create').length, 1);
  simulator.answer('create', { body: 'false' });
  assert.match((await simulation.createAgent(region, circuit())).reason, /Plaza/);
  simulator.answer('create', 'hang');
  const { granted, reason } = await simulation.createAgent(region, circuit(), newestContext, {
    timeoutMs: 200,
  });
  assert.deepEqual([granted, reason], [false, 'The region Plaza does not answer.']);
});

const kick: InstantMessage = {
  fromAgentId: parseUuid('6571e388-6218-4574-87db-f9379718315e'),
  fromAgentName: 'GRID',
  toAgentId: ada,
  imSessionId: zeroUuid,
  dialog: 250,
  fromGroup: false,
  message: 'New login detected',
  timestamp: 1_795_368_182,
  offline: 0,
  parentEstateId: 0,
  position: zeroVector,
  regionId: zeroUuid,
  binaryBucket: Uint8Array.of(0),
};

function structOf(body: string): XmlRpcStruct {
  const [parameter] = readXmlRpcRequest(Buffer.from(body, 'utf8')).parameters;
  assert.ok(isXmlRpcStruct(parameter));
  return parameter;
}

test('a god-kick is the recorded one', { skip: missing('fixtures') }, () => {
  const recorded = new Map(structOf(recordedText('14-raw-login', 6).sent));
  recorded.set('to_agent_id', ada);
  assert.deepEqual(new Map([...writeInstantMessage(kick)].sort()), new Map([...recorded].sort()));
});

test('messages are delivered, refused or lost', async (context) => {
  const { simulator, simulation, region } = await parts(context);
  const send = () => simulation.sendMessage(region.serverUri, kick, { timeoutMs: 300 });
  assert.equal(await send(), true);
  assert.deepEqual(readInstantMessage(structOf(simulator.calls('xml-rpc')[0]?.body ?? '')), kick);
  simulator.answer('xml-rpc', { body: xmlRpcAnswer('success', 'FALSE') });
  assert.equal(await send(), false);
  for (const answer of ['hang', 'reset', 'garbage'] as const) {
    simulator.answer('xml-rpc', answer);
    assert.equal(await send(), false);
  }
});

test('a message without a member, or with a wrong one, is none', () => {
  const whole = new Map(writeInstantMessage(kick));
  assert.ok(readInstantMessage(whole) !== undefined);
  for (const name of whole.keys()) {
    if (['from_agent_session', 'region_handle', 'from_group', 'binary_bucket'].includes(name)) continue;
    const without = new Map(whole);
    without.delete(name);
    assert.equal(readInstantMessage(without) === undefined, !name.startsWith('position_'), name);
  }
  for (const [name, value] of [
    ['to_agent_id', 'nobody'],
    ['dialog', ''],
    ['dialog', 'AAA='],
    ['timestamp', 'x'],
    ['binary_bucket', '*'],
    ['message', 'x'.repeat(5000)],
    ['message', 7],
  ] as const)
    assert.equal(readInstantMessage(new Map([...whole, [name, value]])), undefined, name);
});

const anyJson = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonValue>;
const memberNames = [
  ...['agent_id', 'session_id', 'circuit_code', 'caps_path', 'start_pos', 'service_urls', 'serviceurls'],
  ...['packed_appearance', 'first_name', 'teleport_flags', 'child', 'children_seeds', 'far', '__proto__'],
];

test('circuits of any content are read or refused, nothing else', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...memberNames), fc.oneof(anyJson, fc.uuid())), (members) => {
      try {
        const read = unpackAgentCircuit({ agent_id: randomUuid(), session_id: randomUuid(), ...members });
        JSON.stringify(packAgentCircuit(read));
      } catch (error) {
        assert.ok(error instanceof CircuitError);
      }
    }),
  );
});

test('a circuit has limits in size and depth', () => {
  const good = packAgentCircuit(circuit());
  assert.equal(unpackAgentCircuit(good).agentId, ada);
  let deep: JsonValue = 1;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  const refuses = (changes: JsonObject, message: RegExp) =>
    assert.throws(
      () => unpackAgentCircuit({ ...good, ...changes }),
      (error) => error instanceof CircuitError && message.test(error.message),
    );
  refuses({ packed_appearance: deep }, /too deep/);
  refuses({ other: Array.from({ length: 30_000 }, () => 1) }, /too many/);
  refuses({ viewer: 'x'.repeat(2000) }, /too long/);
  refuses({ caps_path: '../../x' }, /caps_path/);
  refuses({ circuit_code: '99999999999' }, /circuit_code/);
  refuses({ agent_id: zeroUuid }, /agent_id/);
  refuses({ serviceurls: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`u${n}`, 'x'])) }, /many/);
});
