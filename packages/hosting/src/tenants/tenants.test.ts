import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import type { Database } from '@gridkeep/storage/database/database';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { forEachDatabase, freshLocation } from '@gridkeep/testing/databases';
import { TenantError } from './grid.ts';
import type { GridSlug } from './grid.ts';
import { Tenants } from './tenants.ts';

type TestTenants = Tenants<{ readonly quotaBytes: number }>;

interface Opened {
  readonly tenants: TestTenants;
  /** Slugs of the grids whose database was opened. */
  readonly opened: string[];
}

async function openTenants(t: TestContext, host: Database): Promise<Opened> {
  const opened: string[] = [];
  const tenants = await Tenants.open({
    host,
    openDatabase: async (slug: GridSlug) => {
      opened.push(slug);
      return openDatabase(await freshLocation(t, host.dialect));
    },
    createServices: (grid) => Promise.resolve({ quotaBytes: grid().quotaBytes }),
  });
  return { tenants, opened };
}

function forEachHost(name: string, work: (opened: Opened, host: Database, t: TestContext) => Promise<void>) {
  forEachDatabase(name, async (t, host) => {
    const opened = await openTenants(t, host);
    try {
      await work(opened, host, t);
    } finally {
      await opened.tenants.close();
    }
  });
}

function refusal(code: string, text: RegExp) {
  return (error: unknown) => error instanceof TenantError && error.code === code && text.test(error.message);
}

forEachHost('a grid is made, listed and opened once', async ({ tenants, opened }) => {
  const made = await tenants.create({
    slug: 'seaside',
    name: ' Seaside ',
    hostnames: ['Grid.Example.org', 'grid.example.org'],
    quotaBytes: 5,
    timeZone: 'Europe/Berlin',
  });
  assert.equal(made.grid.name, 'Seaside');
  assert.deepEqual(made.grid.hostnames, ['grid.example.org']);
  assert.equal(made.services.quotaBytes, 5);
  const [first, second] = await Promise.all([tenants.tenant('seaside'), tenants.tenant('seaside')]);
  assert.equal(first, second);
  assert.deepEqual(opened, ['seaside']);
  assert.deepEqual(await tenants.list(), [made.grid]);
});

forEachHost('slugs that could leave their folder or schema are refused', async ({ tenants, opened }) => {
  for (const slug of [
    '',
    '../up',
    'Upper',
    'under_score',
    '-a',
    'a-',
    '1a',
    'a'.repeat(33),
    'a.b',
    'ä',
    'a\n',
  ])
    await assert.rejects(tenants.create({ slug }), refusal('bad-value', /slug/), slug);
  assert.deepEqual(opened, []);
  assert.deepEqual(await tenants.list(), []);
});

forEachHost('names, host names, quotas and time zones have rules', async ({ tenants }) => {
  await assert.rejects(tenants.create({ slug: 'a', name: 'x'.repeat(65) }), refusal('bad-value', /64/));
  await assert.rejects(tenants.create({ slug: 'a', name: 'a\u0007b' }), refusal('bad-value', /control/));
  await assert.rejects(
    tenants.create({ slug: 'a', hostnames: ['-x.org'] }),
    refusal('bad-value', /host name/),
  );
  await assert.rejects(tenants.create({ slug: 'a', quotaBytes: -1 }), refusal('bad-value', /whole number/));
  await assert.rejects(
    tenants.create({ slug: 'a', timeZone: 'Mars/Base' }),
    refusal('bad-value', /time zone/),
  );
  await tenants.create({ slug: 'a', hostnames: ['one.org'] });
  await assert.rejects(tenants.create({ slug: 'a' }), refusal('exists', /"a" exists/));
  await assert.rejects(
    tenants.create({ slug: 'b', hostnames: ['one.org'] }),
    refusal('exists', /belongs to/),
  );
  assert.deepEqual(
    (await tenants.list()).map((grid) => grid.slug),
    ['a'],
  );
});

forEachHost('an unknown grid is refused with the slugs there are', async ({ tenants }) => {
  await assert.rejects(tenants.tenant('a'), refusal('not-found', /none yet/));
  await tenants.create({ slug: 'a' });
  await tenants.create({ slug: 'b' });
  await assert.rejects(tenants.tenant('c'), refusal('not-found', /there are: a, b/));
});

forEachHost('grids and credentials outlive the object that made them', async (before, host, t) => {
  const { grid } = await before.tenants.create({ slug: 'a', hostnames: ['one.org'] });
  const { secret } = await before.tenants.simulators.add(grid.slug, 'sim1');
  await before.tenants.close();
  const { tenants } = await openTenants(t, host);
  assert.deepEqual(await tenants.list(), [grid]);
  assert.equal((await tenants.simulators.authenticate('sim1', secret))?.grid, 'a');
  await assert.rejects(before.tenants.tenant('a'), /closed/);
  await tenants.close();
});

forEachHost('of two that make the same grid at once, one is told', async ({ tenants }) => {
  const made = await Promise.allSettled([tenants.create({ slug: 'a' }), tenants.create({ slug: 'a' })]);
  const refused = made.filter((one) => one.status === 'rejected');
  assert.equal(refused.length, 1);
  assert.ok(refused.every((one) => refusal('exists', /exists already/)(one.reason)));
  assert.equal((await tenants.list()).length, 1);
});

forEachHost(
  'a credential opens its grid only with its secret and until it is revoked',
  async ({ tenants }) => {
    const { grid } = await tenants.create({ slug: 'a' });
    const { grid: other } = await tenants.create({ slug: 'b' });
    const { simulators } = tenants;
    const { simulator, secret } = await simulators.add(grid.slug, 'sim-1.example');
    assert.equal(Buffer.from(secret, 'base64url').length, 32);
    assert.deepEqual(await simulators.authenticate('sim-1.example', secret), simulator);
    assert.equal(await simulators.authenticate('sim-1.example', `${secret}x`), undefined);
    assert.equal(await simulators.authenticate('sim-1.example', ''), undefined);
    assert.equal(await simulators.authenticate('nobody', secret), undefined);
    await assert.rejects(simulators.add(other.slug, 'sim-1.example'), refusal('exists', /exists already/));
    for (const name of ['', 'a b', 'a:b', 'ä', '.a', 'x'.repeat(65)])
      await assert.rejects(simulators.add(grid.slug, name), refusal('bad-value', /name/), name);
    await assert.rejects(
      simulators.revoke(other.slug, 'sim-1.example'),
      refusal('not-found', /no simulator/),
    );
    let told = 0;
    simulators.onRevoked(() => (told += 1));
    await simulators.revoke(grid.slug, 'sim-1.example');
    assert.equal(told, 1);
    assert.equal(await simulators.authenticate('sim-1.example', secret), undefined);
    assert.deepEqual(await simulators.list(grid.slug), []);
  },
);

forEachHost('a grid that changes is the same for everybody at once', async ({ tenants }) => {
  const tenant = await tenants.create({ slug: 'a', hostnames: ['one.org'] });
  await tenants.create({ slug: 'b', hostnames: ['two.org'] });
  const changed = await tenants.update('a', {
    ...{ name: 'New', hostnames: ['z.org', 'one.org', 'c.org'], quotaBytes: 7, timeZone: 'Europe/Berlin' },
  });
  assert.deepEqual(changed.hostnames, ['z.org', 'one.org', 'c.org']);
  assert.deepEqual(tenant.grid, changed);
  assert.deepEqual((await tenants.list())[0], changed);
  assert.deepEqual(await tenants.readAll(), await tenants.list());
  await assert.rejects(tenants.update('a', { hostnames: ['two.org'] }), refusal('exists', /belongs to/));
  await assert.rejects(tenants.update('a', { name: '' }), refusal('bad-value', /name/));
  await assert.rejects(tenants.update('x', { name: 'X' }), refusal('not-found', /no grid "x"/));
  assert.deepEqual(tenant.grid, changed);
  assert.deepEqual((await tenants.update('a', { name: 'Newer' })).hostnames, changed.hostnames);
});

forEachDatabase('a grid that another process changes changes here', async (t, host, location) => {
  const here = await openTenants(t, host);
  // A SQLite file belongs to one process.
  const otherHost = location.dialect === 'sqlite' ? host : await openDatabase(location);
  const there = await openTenants(t, otherHost);
  try {
    const { grid } = await here.tenants.create({ slug: 'a' });
    const tenant = await there.tenants.tenant('a');
    const { secret } = await here.tenants.simulators.add(grid.slug, 'sim1');
    assert.ok(await there.tenants.simulators.authenticate('sim1', secret));
    const revoked = new Promise<void>((resolve) => there.tenants.simulators.onRevoked(resolve));
    await here.tenants.revokeSimulator(grid.slug, 'sim1');
    await revoked;
    await here.tenants.update('a', { name: 'New' });
    while ((await there.tenants.list())[0]?.name !== 'New') await sleep(10);
    assert.equal(tenant.grid.name, 'New');
  } finally {
    await here.tenants.close();
    await there.tenants.close();
    if (otherHost !== host) await otherHost.close();
  }
});

forEachHost('who waits for grids hears of those that are open and those that open', async ({ tenants }) => {
  await tenants.create({ slug: 'a' });
  const heard: string[] = [];
  const end = tenants.onOpened(({ grid }) => heard.push(grid.slug));
  await tenants.create({ slug: 'b' });
  await tenants.tenant('b');
  assert.deepEqual(heard.toSorted(), ['a', 'b']);
  end();
  await tenants.create({ slug: 'c' });
  assert.equal(heard.length, 2);
});
