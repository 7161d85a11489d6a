import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openSqlite } from '@gridkeep/storage/database/sqlite-database';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { mirror } from '@gridkeep/vault/copy/mirror';
import { planPoint } from '@gridkeep/vault/retention/restore-points';
import { VaultClock } from '@gridkeep/vault/retention/vault-clock';
import { FakeMachine } from '@gridkeep/vault/test-support/fake-machine';
import { Tenants } from '../tenants/tenants.ts';
import { CustodyKey } from './custody-key.ts';
import { eraseVault } from './erase-vault.ts';
import { VaultError } from './vault-error.ts';
import { isOnSameDisk } from './vault-health.ts';
import { parsePlace } from './vault-place.ts';
import { vaultMigrations } from './vault-tables.ts';
import { Vaults } from './vaults.ts';

const password = 'correct horse battery staple';

async function openHost(t: TestContext, folder?: string) {
  const at = folder ?? (await temporaryFolder(t));
  const host = await openSqlite({ file: join(at, 'host.db') });
  const tenants = await Tenants.open({
    host,
    openDatabase: (slug) => openSqlite({ file: join(at, `${slug}.db`) }),
    createServices: async () => ({}),
  });
  t.after(async () => {
    await tenants.close();
    await host.close();
  });
  await host.migrate(vaultMigrations);
  const vaults = new Vaults({
    host,
    folder: join(at, 'vaults'),
    cacheFolder: join(at, 'cache'),
    custody: new CustodyKey(join(at, 'vault.key')),
    keyCost: { N: 1024, r: 8, p: 1 },
  });
  const grid = (await tenants.list())[0] ?? (await tenants.create({ slug: 'plaza' })).grid;
  return { folder: at, host, tenants, vaults, grid };
}

const refused =
  (code: VaultError['code'], rule = /./) =>
  (error: unknown) =>
    error instanceof VaultError &&
    error.code === code &&
    rule.test(error.message) &&
    !error.message.includes(password);

test('a kept password opens the vault again; nothing in the database or the vault shows it', async (t) => {
  const { folder, vaults, grid } = await openHost(t);
  await assert.rejects(vaults.get('plaza'), refused('no-vault', /backup run/));
  const record = await vaults.init(grid, { password });
  assert.equal(record.targets[0]?.address, join(folder, 'vaults', 'plaza'));
  await assert.rejects(vaults.init(grid), refused('vault-exists'));
  const again = await openHost(t, folder);
  const open = await again.vaults.open('plaza');
  assert.equal(open.repository.id, record.repository);
  await open.close();
  assert.equal(await again.vaults.showPassword('plaza'), password);
  for (const name of ['host.db', 'host.db-wal'])
    if (existsSync(join(folder, name)))
      assert.ok(!(await readFile(join(folder, name))).includes(password), name);
  await rename(join(folder, 'vault.key'), join(folder, 'away'));
  const without = await openHost(t, folder);
  await assert.rejects(without.vaults.open('plaza'), refused('key-file', /is not there/));
});

test('a vault whose password the customer holds opens after unlocking only', async (t) => {
  const { folder, vaults, grid } = await openHost(t);
  await assert.rejects(vaults.init(grid, { custody: 'customer' }), refused('bad-value'));
  const record = await vaults.init(grid, { custody: 'customer', password });
  assert.equal(vaults.isUnlocked(record), true);
  assert.equal(existsSync(join(folder, 'vault.key')), false);
  const { vaults: later } = await openHost(t, folder);
  assert.equal(later.isUnlocked(record), false);
  await assert.rejects(later.open('plaza'), refused('vault-locked', /unlock/));
  await assert.rejects(later.showPassword('plaza'), refused('vault-locked'));
  await assert.rejects(later.unlock('plaza', `${password}!`), refused('wrong-password'));
  await later.unlock('plaza', password);
  assert.equal(later.isUnlocked(record), true);
  await (await later.open('plaza')).close();
});

test('a vault that is there is taken over with its password only', async (t) => {
  const { folder, vaults, grid } = await openHost(t);
  const first = await vaults.init(grid, { password });
  const place = join(folder, 'vaults', 'plaza');
  const other = await openHost(t);
  await assert.rejects(
    other.vaults.init(other.grid, { place, password: `${password}!` }),
    refused('wrong-password'),
  );
  assert.equal(await other.vaults.find('plaza'), undefined);
  const taken = await other.vaults.init(other.grid, { place, password });
  assert.equal(taken.repository, first.repository);
  assert.equal((await other.vaults.history.events('plaza'))[0]?.kind, 'adopt');
});

test('targets are added, become the first, and must not be another vault', async (t) => {
  const { folder, vaults, grid } = await openHost(t);
  await vaults.init(grid, { password });
  const usb = join(folder, 'usb');
  await vaults.addTarget('plaza', { name: 'usb', place: usb });
  for (const [wanted, code] of [
    [{ name: 'usb', place: join(folder, 'x') }, 'bad-value'],
    [{ name: 'again', place: usb }, 'bad-value'],
    [{ name: 'No', place: join(folder, 'x') }, 'bad-value'],
    [{ name: 'x', place: 'relative' }, 'bad-place'],
  ] as const)
    await assert.rejects(vaults.addTarget('plaza', wanted), refused(code));
  const other = await openHost(t);
  await other.vaults.init(other.grid, {});
  await assert.rejects(
    vaults.addTarget('plaza', { name: 'foreign', place: join(other.folder, 'vaults', 'plaza') }),
  );
  await vaults.removeTarget('plaza', 'first');
  const { targets } = await vaults.get('plaza');
  assert.deepEqual(
    targets.map(({ name, first }) => [name, first]),
    [['usb', true]],
  );
  await assert.rejects(vaults.removeTarget('plaza', 'usb'), refused('bad-value', /only target/));
  assert.equal(await isOnSameDisk(join(usb, 'not', 'there'), folder), true);
  assert.equal(await isOnSameDisk('s3://bucket/x', folder), false);
});

test('a new password replaces the old one, and custody changes with it', async (t) => {
  const { folder, vaults, grid } = await openHost(t);
  await vaults.init(grid, { password });
  await assert.rejects(vaults.changePassword('plaza', 'short', 'kept'), refused('bad-value', /12/));
  const next = 'another long password';
  await vaults.changePassword('plaza', next, 'customer');
  assert.equal((await readdir(join(folder, 'vaults', 'plaza', 'keys'))).length, 1);
  const { vaults: later } = await openHost(t, folder);
  await assert.rejects(later.open('plaza'), refused('vault-locked'));
  await assert.rejects(later.unlock('plaza', password), refused('wrong-password'));
  await later.unlock('plaza', next);
  await later.changePassword('plaza', password, 'kept');
  const { vaults: last } = await openHost(t, folder);
  await (await last.open('plaza')).close();
});

test('an erased vault has no keys at any target and cannot be opened any more', async (t) => {
  const { folder, vaults, grid } = await openHost(t);
  await vaults.init(grid, { password });
  const parts = { vaults };
  const open = await vaults.open('plaza');
  await assert.rejects(eraseVault(parts, open), refused('bad-value', /nobody asked/));
  await open.close();
  await vaults.askErasure('plaza', true);
  await vaults.askErasure('plaza', false);
  await vaults.askErasure('plaza', true);
  const asked = await vaults.open('plaza');
  await eraseVault(parts, asked);
  await asked.close();
  assert.deepEqual(await readdir(join(folder, 'vaults', 'plaza', 'keys')), []);
  await assert.rejects(vaults.open('plaza'), refused('vault-erased'));
  await assert.rejects(vaults.unlock('plaza', password), refused('vault-erased'));
  await assert.rejects(vaults.askErasure('plaza', false), refused('vault-erased'));
  assert.deepEqual(
    (await vaults.history.events('plaza')).map(({ kind }) => kind),
    ['erase', 'erase-asked', 'erase-withdrawn', 'erase-asked', 'init'],
  );
});

test('who empties the first target and sets the clock forward gets no copy erased', async (t) => {
  const { folder, vaults, grid } = await openHost(t);
  await vaults.init(grid, { password });
  await vaults.addTarget('plaza', { name: 'away', place: join(folder, 'away') });
  const machine = new FakeMachine(Date.UTC(2026, 10, 22));
  const parts = { vaults, clocks: machine };
  const open = await vaults.open('plaza');
  const { repository } = open;
  const lock = await repository.lock('shared');
  const writer = await repository.beginWriting(lock);
  const tree = await writer.addTree([]);
  await writer.finish();
  const clock = await new VaultClock(repository, machine).sample();
  const { tags } = planPoint({ wall: machine.wall(), zone: 'UTC', clock, existing: [] });
  await writer.saveSnapshot({ time: machine.wall(), tree, paths: ['/plaza'], hostname: 'plaza', tags });
  await writer.close();
  const away = await vaults.openTarget('plaza', 'away');
  await mirror(repository.target, away);
  await away.close();
  await lock.release();
  await open.close();

  for (const name of ['snapshots', 'gridkeep'])
    await rm(join(folder, 'vaults', 'plaza', name), { recursive: true, force: true });
  machine.setWall(Date.UTC(2029, 0, 1));
  await vaults.askErasure('plaza', true);
  const asked = await vaults.open('plaza');
  await assert.rejects(eraseVault(parts, asked), refused('still-locked', /2027-12/));
  await asked.close();
  assert.equal((await readdir(join(folder, 'away', 'keys'))).length, 1);
});

test('places are folders and buckets; credentials are taken out of the address', () => {
  assert.deepEqual(parsePlace('/mnt/vault/'), { address: '/mnt/vault' });
  assert.deepEqual(parsePlace('s3://key:s%2Fecret@bucket/plaza?region=eu&class=GLACIER'), {
    address: 's3://bucket/plaza?region=eu&class=GLACIER',
    credentials: 'key:s%2Fecret',
  });
  for (const bad of [
    'vault',
    'https://example.org/x',
    's3:///x',
    's3://key:hunter2@bucket?zone=x',
    's3://bucket?class=SOFT',
    '/a\nb',
  ])
    assert.throws(
      () => parsePlace(bad),
      (error: unknown) => error instanceof VaultError && !error.message.includes('hunter2'),
      bad,
    );
});
