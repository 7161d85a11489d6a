import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { OutboundError } from '../outbound/outbound.ts';
import { silentLog } from '../service-log.ts';
import { testGrid } from '../test-support/test-grid.ts';
import { RegionChecks } from './region-checks.ts';
import { testRegistration, testSimulator } from './test-support.ts';

forEachDatabase('simulators that do not answer are known and come last', async (_, database) => {
  const { registry } = await testGrid(database);
  const answers = new Map<string, number | OutboundError>();
  const warnings: string[] = [];
  let asked: string[] = [];
  let now = Date.now();
  const checks = new RegionChecks({
    database,
    outbound: {
      request: ({ url }) => {
        asked.push(url);
        const answer = answers.get(url) ?? 200;
        if (answer instanceof Error) return Promise.reject(answer);
        return Promise.resolve({ status: answer, header: () => undefined, body: Buffer.from('OK') });
      },
    },
    log: { ...silentLog, warn: (fields) => void warnings.push(String(fields['reason'])) },
    now: () => now,
  });
  for (const [name, x, port] of [
    ['Gone', 1000, 9000],
    ['Gone Too', 1001, 9000],
    ['Alive', 1002, 9010],
    ['Wrong', 1003, 9020],
  ] as const)
    await registry.register(
      testRegistration(name, x, 1000, { serverUri: `http://127.0.0.1:${port}/`, httpPort: port }),
      testSimulator,
    );
  answers.set('http://127.0.0.1:9000/simstatus', new OutboundError('unreachable', 'nobody there'));
  answers.set('http://127.0.0.1:9020/simstatus', 503);
  await checks.checkDue();
  assert.equal(asked.length, 3);
  const order = async () => (await registry.online(256_000, 256_000, 10)).map(({ name }) => name);
  assert.deepEqual(await order(), ['Alive', 'Gone', 'Gone Too', 'Wrong']);
  const survey = await registry.survey();
  assert.deepEqual(
    survey.regions.map(({ region, unreachableReason }) => [region.name, unreachableReason]),
    [
      ['Alive', ''],
      ['Gone', 'nobody there'],
      ['Gone Too', 'nobody there'],
      ['Wrong', 'something answers there with status 503, but no simulator does'],
    ],
  );
  assert.equal(warnings.length, 3);
  const since = (await registry.findNamed('Gone'))?.unreachableSince;

  asked = [];
  await checks.checkDue();
  assert.deepEqual(asked, []);
  now += 61_000;
  await checks.checkDue();
  assert.equal(asked.length, 3);
  assert.equal(warnings.length, 3);
  assert.equal((await registry.findNamed('Gone'))?.unreachableSince, since);

  answers.clear();
  now += 61_000;
  await checks.checkDue();
  assert.deepEqual(await order(), ['Gone', 'Gone Too', 'Alive', 'Wrong']);
  assert.equal((await registry.findNamed('Gone'))?.unreachableSince, undefined);
});

forEachDatabase('a region that registers is asked at once', async (_, database) => {
  const { registry } = await testGrid(database);
  const { promise, resolve } = Promise.withResolvers<string>();
  const checks = new RegionChecks({
    database,
    outbound: {
      request: ({ url }) => {
        resolve(url);
        return Promise.resolve({ status: 200, header: () => undefined, body: Buffer.from('OK') });
      },
    },
    log: silentLog,
  });
  checks.start();
  try {
    await registry.register(testRegistration('New', 1000, 1000), testSimulator);
    assert.equal(await promise, 'http://127.0.0.1:9000/simstatus');
  } finally {
    await checks.stop();
  }
});

forEachDatabase('a simulator that still starts may not know its status page yet', async (_, database) => {
  const { registry } = await testGrid(database);
  let now = Date.now();
  const checks = new RegionChecks({
    database,
    outbound: {
      request: () => Promise.resolve({ status: 404, header: () => undefined, body: new Uint8Array(0) }),
    },
    log: silentLog,
    now: () => now,
  });
  const plaza = testRegistration('Plaza', 1000, 1000);
  await registry.register(plaza, testSimulator);
  await checks.checkDue();
  assert.equal((await registry.find(plaza.id))?.unreachableSince, undefined);
  now += 121_000;
  await checks.checkDue();
  assert.ok((await registry.find(plaza.id))?.unreachableSince);
});
