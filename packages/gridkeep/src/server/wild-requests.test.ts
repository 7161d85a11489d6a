import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { createGridWire } from '@gridkeep/grid/grid-wire';
import { createResident } from '@gridkeep/grid/residents';
import { silentLog } from '@gridkeep/grid/service-log';
import { pino } from 'pino';
import type { Ask, Reply } from '../test-support/ask.ts';
import { testInstallation } from '../test-support/installations.ts';
import { newCredential, serveGrids } from '../test-support/served-grids.ts';
import { wildCalls, wildRouteRequests } from '../test-support/wild-requests.ts';
import type { WildRequest } from '../test-support/wild-requests.ts';

const runs = 400;
/** Lines of a stack trace, and paths of this program. */
const trace = /\n\s+at |\.ts:\d+|node:internal|node_modules|Error:/;

async function setup(t: TestContext) {
  const installation = await testInstallation(t);
  const { services } = await installation.tenants.tenant('main');
  await createResident(services, { firstName: 'First', lastName: 'Last', password: 'a long password' });
  const wire = createGridWire(services, { log: silentLog, isSimulatorAddress: () => true });
  // What went wrong inside must be looked at, even where the answer hides it well.
  const failures: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void failures.push(line) });
  const ports = await serveGrids(t, installation, {}, log);
  const authorization = await newCredential(installation, 'main', 'sim1');
  return { wire, ...ports, authorization, failures };
}

function checkReply(reply: Reply, request: WildRequest): void {
  const shown = JSON.stringify(request).slice(0, 2000);
  assert.ok(reply.status >= 200 && reply.status < 500, `${reply.status} for ${shown}`);
  assert.doesNotMatch(reply.body.toString('latin1'), trace, shown);
  if (reply.headers['content-length'] === undefined) assert.equal(reply.status, 204, shown);
}

async function throwAt(ask: Ask, requests: fc.Arbitrary<WildRequest>, headers = {}): Promise<void> {
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      const { path, asked } = request;
      checkReply(await ask(path, { ...asked, headers: { ...asked.headers, ...headers } }), request);
    }),
    { numRuns: runs },
  );
}

test('whatever simulators send, there is an answer without a trace of the program', async (t) => {
  const { wire, servicesPort, authorization, failures } = await setup(t);
  const parts = [...wire.privateRoutes.keys()];
  assert.ok(parts.length > 15, parts.join(' '));
  await throwAt(servicesPort, wildRouteRequests(parts), { authorization });
  assert.deepEqual(failures, []);
  const alive = await servicesPort('/assets', { headers: { authorization } });
  assert.equal(alive.status, 200);
});

test('whatever strangers send to the services port, the answer is 401', async (t) => {
  const { wire, servicesPort, failures } = await setup(t);
  await fc.assert(
    fc.asyncProperty(wildRouteRequests([...wire.privateRoutes.keys()]), async ({ path, asked }) => {
      const reply = await servicesPort(path, { ...asked, from: '127.0.0.2' });
      assert.equal(reply.status, 401);
      assert.equal(reply.body.byteLength, 0);
    }),
    { numRuns: runs },
  );
  assert.deepEqual(failures, []);
});

test('whatever anybody sends to the public port, there is an answer without a trace of the program', async (t) => {
  const { wire, publicPort, failures } = await setup(t);
  const { routes, xmlRpc, jsonRpc } = wire.publicServices;
  await throwAt(publicPort, wildRouteRequests([...routes.keys()]));
  await throwAt(publicPort, wildCalls([...xmlRpc.keys()], [...jsonRpc.keys()]));
  assert.deepEqual(failures, []);
  assert.equal((await publicPort('/get_grid_info')).status, 200);
});
