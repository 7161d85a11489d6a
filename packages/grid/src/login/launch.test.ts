import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zeroVector } from '@gridkeep/wire/vector';
import { randomUuid } from '@gridkeep/wire/uuid';
import { regionFlags } from '../registry/registered-region.ts';
import type { RegisteredRegion } from '../registry/registered-region.ts';
import { testRegistration } from '../registry/test-support.ts';
import { newestContext } from '../simulation/versions.ts';
import { isDaylightSaving } from './daylight-saving.ts';
import { HostAddresses } from './host-addresses.ts';
import { launch } from './launch.ts';
import type { Destination } from './start-location.ts';

function region(name: string, changes: Partial<RegisteredRegion> = {}): RegisteredRegion {
  return {
    ...testRegistration(name, 1000, 1000),
    ...{ flags: regionFlags.online, simulator: 'sim1', registeredAt: 0, lastSeen: 0 },
    ...changes,
  };
}

/** Asks regions that all refuse; returns who was asked, and with which limit of time. */
async function asked(
  wanted: RegisteredRegion,
  others: { fallbacks?: RegisteredRegion[]; defaults?: RegisteredRegion[]; online?: RegisteredRegion[] },
  anyRegion = true,
): Promise<{ asked: [string, number | undefined][]; message: string }> {
  const calls: [string, number | undefined][] = [];
  const destination: Destination = {
    ...{ region: wanted, position: zeroVector, lookAt: zeroVector, kind: 'last', flags: 128 },
  };
  const options = {
    registry: {
      fallbacks: () => others.fallbacks ?? [],
      defaults: () => others.defaults ?? [],
      online: () => others.online ?? [],
    },
    simulation: {
      queryAccess: (
        { name }: { name: string },
        _agent: unknown,
        { timeoutMs }: { timeoutMs?: number } = {},
      ) => {
        calls.push([name, timeoutMs]);
        return Promise.resolve({ granted: false, reason: `not to ${name}`, context: newestContext });
      },
      createAgent: () => Promise.reject(new Error('nobody was let in')),
    },
    hosts: new HostAddresses(() => Promise.resolve('192.0.2.1')),
  };
  const traveller = {
    ...{ agentId: randomUuid(), homeUri: '' },
    circuit: () => {
      throw new Error('nobody was let in');
    },
  };
  let message = '';
  await assert.rejects(launch(options, destination, traveller, anyRegion), (error: Error) => {
    message = error.message;
    return true;
  });
  return { asked: calls, message };
}

test('regions are asked once each, four others at most, and the wanted one says why', async () => {
  const [plaza, bay, hill] = [region('Plaza'), region('Bay'), region('Hill')];
  const more = Array.from({ length: 9 }, (_, index) => region(`More ${index}`));
  const found = await asked(plaza, { fallbacks: [bay, plaza], defaults: [plaza, bay, hill], online: more });
  assert.deepEqual(
    found.asked.map(([name]) => name),
    ['Plaza', 'Bay', 'Hill', 'More 0', 'More 1'],
  );
  assert.equal(found.message, 'not to Plaza');
});

test('without the fallback to any region only fallback regions come next', async () => {
  const found = await asked(region('Plaza'), { fallbacks: [region('Bay')], online: [region('Hill')] }, false);
  assert.deepEqual(
    found.asked.map(([name]) => name),
    ['Plaza', 'Bay'],
  );
});

test('a region that did not answer lately gets less time, one without direct logins is no alternative', async () => {
  const found = await asked(region('Plaza', { unreachableSince: 1 }), {
    online: [region('Hidden', { flags: regionFlags.online | regionFlags.noDirectLogin }), region('Bay')],
  });
  assert.deepEqual(found.asked, [
    ['Plaza', 2000],
    ['Bay', 6000],
  ]);
});

test('addresses of hosts are looked up once, and kept when name servers fail', async () => {
  let lookups = 0;
  let fails = false;
  const hosts = new HostAddresses((host) => {
    lookups += 1;
    return fails
      ? Promise.reject(new Error('no'))
      : Promise.resolve(host === 'a' ? '192.0.2.1' : '192.0.2.2');
  });
  assert.equal(await hosts.find('198.51.100.7'), '198.51.100.7');
  assert.equal(lookups, 0);
  assert.equal(await hosts.find('a'), '192.0.2.1');
  assert.equal(await hosts.find('a'), '192.0.2.1');
  assert.equal(lookups, 1);
  fails = true;
  assert.equal(await hosts.find('a'), '192.0.2.1');
  assert.equal(await hosts.find('c'), undefined);
});

test('daylight saving time follows the zone', () => {
  const [summer, winter] = [new Date('2026-07-01T12:00:00Z'), new Date('2026-12-01T12:00:00Z')];
  assert.equal(isDaylightSaving('America/Los_Angeles', summer), true);
  assert.equal(isDaylightSaving('America/Los_Angeles', winter), false);
  assert.equal(isDaylightSaving('Australia/Sydney', winter), true);
  assert.equal(isDaylightSaving('Australia/Sydney', summer), false);
  for (const zone of ['UTC', '', 'Nowhere/Land', 'Asia/Tokyo']) {
    assert.equal(isDaylightSaving(zone, summer), false, zone);
    assert.equal(isDaylightSaving(zone, winter), false, zone);
  }
});
