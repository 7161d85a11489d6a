import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Database } from '@gridkeep/storage/database/database';
import { openSqlite } from '@gridkeep/storage/database/sqlite-database';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { TenantError } from './grid.ts';
import type { GridSlug } from './grid.ts';
import { Tenants } from './tenants.ts';

interface Opened {
  readonly tenants: Tenants<{ readonly quotaBytes: number }>;
  readonly opened: string[];
}

async function openTenants(folder: string): Promise<Opened & { readonly host: Database }> {
  const host = await openSqlite({ file: join(folder, 'gridkeep.db') });
  const opened: string[] = [];
  const tenants = await Tenants.open({
    host,
    openDatabase: async (slug: GridSlug) => {
      opened.push(slug);
      await mkdir(join(folder, slug), { recursive: true });
      return openSqlite({ file: join(folder, slug, 'grid.db') });
    },
    createServices: (grid) => Promise.resolve({ quotaBytes: grid.quotaBytes }),
  });
  return { host, tenants, opened };
}

async function freshTenants(t: TestContext): Promise<Opened> {
  const all = await openTenants(await temporaryFolder(t));
  t.after(async () => {
    await all.tenants.close();
    await all.host.close();
  });
  return all;
}

function refusal(code: string, text: RegExp) {
  return (error: unknown) => error instanceof TenantError && error.code === code && text.test(error.message);
}

test('a grid is made, listed and opened once', async (t) => {
  const { tenants, opened } = await freshTenants(t);
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

test('slugs that could leave their folder or schema are refused', async (t) => {
  const { tenants, opened } = await freshTenants(t);
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

test('names, host names, quotas and time zones have rules', async (t) => {
  const { tenants } = await freshTenants(t);
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

test('an unknown grid is refused with the slugs there are', async (t) => {
  const { tenants } = await freshTenants(t);
  await assert.rejects(tenants.tenant('a'), refusal('not-found', /none yet/));
  await tenants.create({ slug: 'a' });
  await tenants.create({ slug: 'b' });
  await assert.rejects(tenants.tenant('c'), refusal('not-found', /there are: a, b/));
});

test('grids and credentials outlive the process', async (t) => {
  const folder = await temporaryFolder(t);
  const before = await openTenants(folder);
  const { grid } = await before.tenants.create({ slug: 'a', hostnames: ['one.org'] });
  const { secret } = await before.tenants.simulators.add(grid.slug, 'sim1');
  await before.tenants.close();
  await before.host.close();
  const after = await openTenants(folder);
  t.after(async () => {
    await after.tenants.close();
    await after.host.close();
  });
  assert.deepEqual(await after.tenants.list(), [grid]);
  assert.equal((await after.tenants.simulators.authenticate('sim1', secret))?.grid, 'a');
});

test('a credential opens its grid only with its secret and until it is revoked', async (t) => {
  const { tenants } = await freshTenants(t);
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
  await assert.rejects(simulators.revoke(other.slug, 'sim-1.example'), refusal('not-found', /no simulator/));
  let told = 0;
  simulators.onRevoked(() => (told += 1));
  await simulators.revoke(grid.slug, 'sim-1.example');
  assert.equal(told, 1);
  assert.equal(await simulators.authenticate('sim-1.example', secret), undefined);
  assert.deepEqual(await simulators.list(grid.slug), []);
});
