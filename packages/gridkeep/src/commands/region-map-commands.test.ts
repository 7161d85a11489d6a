import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { Registration } from '@gridkeep/grid/registry/registered-region';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import { quietReport, testInstallation } from '../test-support/installations.ts';
import { regionCreate, regionList } from './region-commands.ts';
import { regionDeregister, regionFlagsCommand } from './region-map-commands.ts';
import { tenantOf } from './grid-input.ts';

const source = { simulator: 'sim1', address: '203.0.113.7' };

function registration(name: string, x: number, changes: Partial<Registration> = {}): Registration {
  return {
    ...{ id: randomUuid(), name, x: x * 256, y: 256_000, sizeX: 256, sizeY: 256 },
    ...{ serverHost: 'sim1.example.org', httpPort: 9000, serverUri: 'http://sim1.example.org:9000/' },
    ...{ udpPort: 9000, mapTexture: zeroUuid, parcelTexture: zeroUuid, access: 13, ownerId: zeroUuid },
    ...{ secret: 'between simulators', token: 'ticket' },
    ...changes,
  };
}

async function refused(services: GridServices, wrong: Registration): Promise<void> {
  await assert.rejects(services.registry.register(wrong, source));
}

test('the list shows what is stored, what runs, and what is wrong', async (context) => {
  const installation = await testInstallation(context);
  const { services } = await tenantOf(installation.tenants, undefined);
  await regionCreate.run(installation, { name: 'Kept', location: '1010,1000' }, quietReport);
  const plaza = registration('Plaza', 1000);
  await services.registry.register(plaza, source);
  await services.registry.register({ ...plaza, serverUri: 'http://127.0.0.1:9000/' }, source);
  await refused(services, registration('Rival', 1000));
  await refused(services, { ...plaza, x: 1010 * 256 });
  const { text, data } = await regionList.run(installation, {}, quietReport);
  const lines = text.split('\n');
  const line = (start: string) => lines.find((one) => one.startsWith(start)) ?? assert.fail(text);
  assert.match(line('Kept'), /1010,1000 +256x256 .*not running/);
  assert.match(line('Plaza'), /1000,1000 +256x256 +sim1 +http:\/\/127\.0\.0\.1:9000\/ .*online/);
  assert.match(line('Rival'), /refused .*: region Rival cannot be at 1000,1000: region Plaza/);
  assert.match(text, /region "Plaza": serverURI names 127\.0\.0\.1/);
  assert.match(text, /region "Plaza": address changed from http:\/\/sim1\.example\.org:9000\//);
  assert.match(text, /region "Plaza": refused: .*RegionUUID/);
  assert.doesNotMatch(JSON.stringify(data), /between simulators|ticket/);
});

test('flags are given by name or id, and a region without a simulator is taken off the map', async (context) => {
  const installation = await testInstallation(context);
  const { services } = await tenantOf(installation.tenants, undefined);
  const plaza = registration('Plaza', 1000);
  await services.registry.register(plaza, source);
  const set = await regionFlagsCommand.run(
    installation,
    { name: 'plaza', set: 'default, Fallback' },
    quietReport,
  );
  assert.deepEqual(set.data, { region: plaza.id, flags: ['default', 'fallback'] });
  assert.match(set.text, /has default, fallback\./);
  const cleared = await regionFlagsCommand.run(
    installation,
    { name: plaza.id, set: 'persistent', clear: 'default,fallback' },
    quietReport,
  );
  assert.deepEqual(cleared.data['flags'], ['persistent']);
  for (const input of [{ name: 'Plaza', set: 'nonsense' }, { name: 'Nowhere' }])
    await assert.rejects(regionFlagsCommand.run(installation, input, quietReport), /no flag|no region/);
  await regionDeregister.run(installation, { name: 'Plaza' }, quietReport);
  assert.equal(await services.registry.find(plaza.id), undefined);
  await assert.rejects(regionDeregister.run(installation, { name: 'Plaza' }, quietReport), /no region/);
});
