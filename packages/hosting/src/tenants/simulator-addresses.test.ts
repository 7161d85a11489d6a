import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@gridkeep/storage/database/database';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { parseGridSlug } from './grid.ts';
import { GridDirectory } from './grid-directory.ts';
import { addressValidMs, SimulatorAddresses } from './simulator-addresses.ts';
import { Simulators } from './simulators.ts';
import { hostMigrations } from './tenants.ts';

const one = parseGridSlug('one');
const closed = { open: false };

/** With the simulators of grid one. */
async function opened(database: Database): Promise<Database> {
  await database.migrate(hostMigrations);
  const directory = new GridDirectory(database);
  await directory.create({ slug: 'one' });
  directory.close();
  const simulators = new Simulators(database);
  for (const name of ['sim1', 'sim2']) await simulators.add(one, name);
  simulators.close();
  return database;
}

forEachDatabase('an address counts for its grid from the first request on', async (_t, database) => {
  const addresses = new SimulatorAddresses(await opened(database));
  assert.equal(await addresses.isOf('one', '192.0.2.1', closed), false);
  addresses.seen('one', 'sim1', '192.0.2.1');
  assert.equal(await addresses.isOf('one', '192.0.2.1', closed), true);
  assert.equal(await addresses.isOf('two', '192.0.2.1', closed), false);
  assert.equal(await addresses.isOf('one', '192.0.2.2', closed), false);
  assert.deepEqual(
    (await addresses.at('192.0.2.1')).map(({ grid, name }) => [grid, name]),
    [['one', 'sim1']],
  );
  await addresses.close();
});

forEachDatabase('all of an IPv6 prefix is one machine', async (_t, database) => {
  const addresses = new SimulatorAddresses(await opened(database));
  addresses.seen('one', 'sim1', '2001:db8::1');
  assert.equal(await addresses.isOf('one', '2001:db8::ffff', closed), true);
  assert.equal(await addresses.isOf('one', '2001:db8:0:1::1', closed), false);
  await addresses.close();
});

forEachDatabase('who was let in without a credential counts only while that is so', async (_t, database) => {
  const addresses = new SimulatorAddresses(await opened(database));
  addresses.seen('one', '', '192.0.2.1');
  assert.equal(await addresses.isOf('one', '192.0.2.1', { open: true }), true);
  assert.equal(await addresses.isOf('one', '192.0.2.1', closed), false);
  await addresses.close();
});

forEachDatabase('an address is written once a minute and counts for a day', async (_t, database) => {
  let now = 1_000_000;
  const addresses = new SimulatorAddresses(await opened(database), { now: () => now });
  const lastSeen = async () => {
    // The question waits for writes that are under way.
    await addresses.isOf('one', '192.0.2.1', closed);
    return (await addresses.list(one))[0]?.lastSeen;
  };
  const first = now;
  addresses.seen('one', 'sim1', '192.0.2.1');
  assert.equal(await lastSeen(), first);
  now += 59_999;
  addresses.seen('one', 'sim1', '192.0.2.1');
  assert.equal(await lastSeen(), first);
  now += 1;
  addresses.seen('one', 'sim1', '192.0.2.1');
  assert.equal(await lastSeen(), now);
  now += addressValidMs;
  assert.equal(await addresses.isOf('one', '192.0.2.1', closed), false);
  addresses.seen('one', 'sim1', '192.0.2.1');
  assert.equal(await addresses.isOf('one', '192.0.2.1', closed), true);
  await addresses.close();
});

forEachDatabase('what ended with a credential does not come back', async (_t, database) => {
  const addresses = new SimulatorAddresses(await opened(database));
  addresses.seen('one', 'sim1', '192.0.2.1');
  addresses.seen('one', 'sim2', '192.0.2.1');
  await addresses.forget(one, 'sim1');
  assert.deepEqual(
    (await addresses.list(one)).map(({ name }) => name),
    ['sim2'],
  );
  await addresses.forget(one, 'sim2');
  assert.equal(await addresses.isOf('one', '192.0.2.1', closed), false);
  await addresses.close();
});

forEachDatabase(
  'an address that comes in late counts for no simulator that is gone',
  async (_t, database) => {
    const addresses = new SimulatorAddresses(await opened(database));
    const simulators = new Simulators(database);
    await simulators.revoke(one, 'sim1');
    await addresses.forget(one, 'sim1');
    addresses.seen('one', 'sim1', '192.0.2.1');
    assert.equal(await addresses.isOf('one', '192.0.2.1', closed), false);
    assert.deepEqual(await addresses.at('192.0.2.1'), []);
    simulators.close();
    await addresses.close();
  },
);

forEachDatabase('processes agree', async (_t, database, location) => {
  const here = new SimulatorAddresses(await opened(database));
  // A SQLite file belongs to one process.
  const otherDatabase = location.dialect === 'sqlite' ? database : await openDatabase(location);
  const there = new SimulatorAddresses(otherDatabase);
  try {
    assert.equal(await there.isOf('one', '192.0.2.1', closed), false);
    here.seen('one', 'sim1', '192.0.2.1');
    while (!(await there.isOf('one', '192.0.2.1', closed))) await sleep(10);
  } finally {
    await here.close();
    await there.close();
    if (otherDatabase !== database) await otherDatabase.close();
  }
});
