import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { SimulatorDouble, json, xmlRpcAnswer } from '@gridkeep/testing/simulator-double';
import { standardSettings } from '../settings/setting-texts.ts';
import { Breaker } from './breaker.ts';
import { Outbound, OutboundError } from './outbound.ts';
import type { OutboundErrorKind, OutboundRequest } from './outbound.ts';
import { isLinkLocalAddress, isPublicAddress } from './public-address.ts';
import { xmlRpcCall } from './xmlrpc-call.ts';

function outbound(test: TestContext, privateNetworks = false): Outbound {
  const made = new Outbound({ read: () => ({ ...standardSettings, privateNetworks }) });
  test.after(() => made.close());
  return made;
}

function call(url: string, changes: Partial<OutboundRequest> = {}): OutboundRequest {
  return { method: 'GET', url, timeoutMs: 2000, bytesMax: 1000, to: 'simulator', ...changes };
}

const failsAs = (kind: OutboundErrorKind) => (error: unknown) =>
  error instanceof OutboundError && error.kind === kind;

test('any method, headers and body go out, status, headers and body come back', async (context) => {
  const simulator = await SimulatorDouble.start(context);
  const out = outbound(context);
  const target = 'agent/1b8f6a2e-0000-4000-8000-000000000001/';
  const reply = await out.request(
    call(`${simulator.serverUri}${target}`, {
      method: 'QUERYACCESS',
      headers: { 'Content-Type': 'application/json' },
      body: '{"ä":1}',
    }),
  );
  assert.equal(reply.status, 200);
  assert.equal(reply.header('content-type'), 'application/json');
  assert.match(Buffer.from(reply.body).toString(), /"success":true/);
  const [request] = simulator.requests;
  assert.equal(request?.method, 'QUERYACCESS');
  assert.equal(request.target, `/${target}`);
  assert.equal(request.body, '{"ä":1}');
  assert.equal(request.headers.get('content-length'), '8');
  assert.equal((await out.request(call(`${simulator.serverUri}nothing`))).status, 404);
});

test('connections are kept, and one that was closed meanwhile is not an error', async (context) => {
  const simulator = await SimulatorDouble.start(context);
  const out = outbound(context);
  for (let count = 0; count < 5; count++) await out.request(call(`${simulator.serverUri}simstatus`));
  assert.equal(simulator.connections, 1);
  let resets = 0;
  simulator.answer('status', () => (resets++ === 0 ? 'reset' : { body: 'again' }));
  const reply = await out.request(call(`${simulator.serverUri}simstatus`));
  assert.equal(Buffer.from(reply.body).toString(), 'again');
  assert.equal(simulator.connections, 2);
});

test('an answer in chunks is read whole, a redirect is not followed', async (context) => {
  const simulator = await SimulatorDouble.start(context);
  simulator.answer('status', { body: 'in two pieces', chunked: true });
  const reply = await outbound(context).request(call(`${simulator.serverUri}simstatus`));
  assert.equal(Buffer.from(reply.body).toString(), 'in two pieces');
  simulator.answer('status', { status: 302, headers: { Location: `${simulator.serverUri}elsewhere` } });
  const redirect = await outbound(context).request(call(`${simulator.serverUri}simstatus`));
  assert.equal(redirect.status, 302);
  assert.equal(simulator.calls('other').length, 0);
});

test('every way to fail has its kind', async (context) => {
  const simulator = await SimulatorDouble.start(context);
  const url = `${simulator.serverUri}simstatus`;
  const fails = async (kind: OutboundErrorKind, changes: Partial<OutboundRequest> = {}, at = url) => {
    await assert.rejects(outbound(context).request(call(at, { timeoutMs: 200, ...changes })), failsAs(kind));
  };
  simulator.answer('status', 'hang');
  await fails('timeout');
  simulator.answer('status', 'stall');
  await fails('timeout');
  simulator.answer('status', 'reset');
  await fails('unreachable');
  simulator.answer('status', 'cut');
  await fails('unreachable');
  simulator.answer('status', 'garbage');
  await fails('bad-reply');
  simulator.answer('status', { body: 'x'.repeat(1001) });
  await fails('too-large');
  simulator.answer('status', { body: 'x'.repeat(1001), chunked: true });
  await fails('too-large');
  await simulator.stop();
  await fails('unreachable');
  for (const address of ['ftp://127.0.0.1/', 'file:///etc/passwd', 'nonsense', '', 'http://a:b@127.0.0.1/'])
    await fails('bad-address', {}, address);
});

test('another grid is not reached at a private address, however it is written or named', async (context) => {
  const simulator = await SimulatorDouble.start(context);
  const { port } = simulator;
  const closed = [
    `http://127.0.0.1:${port}/simstatus`,
    `http://localhost:${port}/simstatus`,
    `http://2130706433:${port}/`,
    `http://0x7f.1:${port}/`,
    `http://[::1]:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://[::ffff:7f00:1]:${port}/`,
    `http://0.0.0.0:${port}/`,
    'http://169.254.169.254/latest/meta-data',
    'http://10.1.2.3/',
    'http://[fd00::1]/',
    'http://[64:ff9b::a01:203]/',
  ];
  for (const url of closed)
    await assert.rejects(
      outbound(context).request(call(url, { to: 'grid' })),
      failsAs('forbidden-address'),
      url,
    );
  assert.equal(simulator.connections, 0);
  const open = await outbound(context, true).request(
    call(`http://localhost:${port}/simstatus`, { to: 'grid' }),
  );
  assert.equal(open.status, 200);
});

test('the metadata service of a cloud is no simulator either', async (context) => {
  for (const url of ['http://169.254.169.254/', 'http://[::ffff:169.254.169.254]/', 'http://[fe80::1]/'])
    for (const to of ['simulator', 'grid'] as const)
      await assert.rejects(
        outbound(context, true).request(call(url, { to, timeoutMs: 200 })),
        failsAs('forbidden-address'),
        `${to} ${url}`,
      );
});

test('public and private addresses', () => {
  const open = [
    '8.8.8.8',
    '1.1.1.1',
    '172.32.0.1',
    '100.128.0.1',
    '2600::1',
    '64:ff9b::808:808',
    '2a00:1450::1',
  ];
  const closed = [
    ...['0.0.0.0', '10.0.0.1', '100.64.0.1', '127.9.9.9', '169.254.169.254', '172.31.255.255', '192.168.1.1'],
    ...['192.0.2.1', '198.19.0.1', '203.0.113.5', '224.0.0.1', '255.255.255.255'],
    ...[
      '::',
      '::1',
      '::ffff:8.8.8.8',
      '::ffff:127.0.0.1',
      '64:ff9b::7f00:1',
      '64:ff9b:1::1',
      'fc00::1',
      'fd12::1',
    ],
    ...[
      'fe80::1',
      'fe80::1%eth0',
      'ff02::1',
      '2001:db8::1',
      '2001::1',
      '2002:7f00:1::',
      '100::1',
      '',
      'localhost',
    ],
  ];
  for (const address of open) assert.equal(isPublicAddress(address), true, address);
  for (const address of closed) assert.equal(isPublicAddress(address), false, address);
  for (const address of ['127.0.0.1', '10.0.0.1', '::1', 'fd00::1', '8.8.8.8'])
    assert.equal(isLinkLocalAddress(address), false, address);
});

test('who fails three times in a row rests, and comes back with one call', () => {
  let now = 0;
  const breaker = new Breaker(() => now);
  for (let count = 0; count < 3; count++) {
    assert.equal(breaker.mayCall('a'), true);
    breaker.failed('a');
  }
  assert.equal(breaker.mayCall('a'), false);
  assert.equal(breaker.mayCall('b'), true);
  now = 10_001;
  assert.equal(breaker.mayCall('a'), true);
  assert.equal(breaker.mayCall('a'), false);
  breaker.succeeded('a');
  assert.equal(breaker.mayCall('a'), true);
});

test('a place that does not answer is left alone after a few calls', async (context) => {
  const simulator = await SimulatorDouble.start(context);
  const url = `${simulator.serverUri}simstatus`;
  await simulator.stop();
  const out = outbound(context);
  for (let count = 0; count < 3; count++)
    await assert.rejects(out.request(call(url)), failsAs('unreachable'));
  await assert.rejects(out.request(call(url)), failsAs('resting'));
});

test('XML-RPC: a struct goes out and comes back, anything else is a bad reply', async (context) => {
  const simulator = await SimulatorDouble.start(context);
  const out = outbound(context);
  const ask = () =>
    xmlRpcCall(out, {
      url: simulator.serverUri,
      method: 'grid_instant_message',
      parameters: new Map([['message', 'Grüße & mehr']]),
      to: 'simulator',
      timeoutMs: 1000,
    });
  assert.deepEqual(await ask(), new Map([['success', 'TRUE']]));
  assert.match(simulator.calls('xml-rpc')[0]?.body ?? '', /Grüße &amp; mehr/);
  const fault =
    '<methodResponse><fault><value><struct><member><name>faultCode</name><value><i4>-32601</i4></value></member>' +
    '<member><name>faultString</name><value>no</value></member></struct></value></fault></methodResponse>';
  const bad = [
    { body: fault },
    { body: '<methodResponse><params><param><value>text</value></param></params></methodResponse>' },
    { body: 'nothing' },
    { status: 500, body: xmlRpcAnswer('success', 'TRUE') },
    json({ success: true }),
  ];
  for (const answer of bad) {
    simulator.answer('xml-rpc', answer);
    await assert.rejects(ask(), failsAs('bad-reply'));
  }
});
