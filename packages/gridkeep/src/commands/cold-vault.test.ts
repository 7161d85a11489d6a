import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { randomUuid } from '@gridkeep/wire/uuid';
import { quietReport, testInstallation } from '../test-support/installations.ts';
import { backupDrill, backupRun, backupVerify } from './backup-commands.ts';
import { backupBrowse } from './backup-look-commands.ts';
import { backupRestore } from './backup-restore-command.ts';
import { CommandError, confirmationNeededCode } from './command.ts';
import type { InstallationCommand } from './command.ts';
import { vaultInit } from './vault-commands.ts';

const newVaultPassword = 'correct horse battery';

const asks =
  (what: RegExp) =>
  (error: unknown): boolean =>
    error instanceof CommandError && error.code === confirmationNeededCode && what.test(error.message);

/** A machine whose vault is there, with an asset that is on cold storage only. */
async function machineWithColdVault(t: TestContext) {
  const folder = await temporaryFolder(t);
  const vault = { at: join(folder, 'hot'), cold: join(folder, 'cold'), newVaultPassword, ownPassword: true };
  const old = await testInstallation(t);
  const { services } = await old.tenants.tenant('main');
  await createResident(services, { firstName: 'Ada', lastName: 'Lovelace', password: 'correct horse' });
  const { record } = await services.assets.create(
    {
      ...{ id: randomUuid(), data: Buffer.from('a note'), type: 7, name: 'a note', description: '' },
      ...{ creator: '', flags: 0, temporary: false, local: false, createdAt: Date.now() },
    },
    'test',
  );
  await vaultInit.run(old, vault, quietReport);
  await backupRun.run(old, {}, quietReport);
  const fresh = await testInstallation(t);
  await vaultInit.run(fresh, vault, quietReport);
  const run = (command: InstallationCommand, input: Record<string, unknown> = {}) =>
    command.run(fresh, { grid: 'main', ...input }, quietReport);
  return { fresh, run, asset: record.id, folder };
}

test('a restore says what it needs from cold storage, asks, fetches, and waits', async (t) => {
  const { fresh, run, asset } = await machineWithColdVault(t);
  // Records are at hand: looking around fetches nothing.
  assert.match((await run(backupBrowse, { path: 'inventories' })).text, /Ada Lovelace/);
  const dry = await run(backupRestore, { asset, dryRun: true });
  assert.match(dry.text, /FROM COLD STORAGE: it needs at least 1 packs \(.*\) fetched from folder .*cold/);
  await assert.rejects(run(backupRestore, { asset, beside: true }), asks(/at least 1 packs .*cold first$/));
  await assert.rejects(run(backupRestore, { asset }), asks(/1 packs .*, changes what is there; a backup/));
  await run(backupRestore, { asset, fetch: true, beside: true });
  // What was fetched is there for a while.
  await assert.rejects(run(backupRestore, { asset }), asks(/as of [^,]*, adds 1 things/));
  await run(backupRestore, { asset, yes: true });
  const { services } = await fresh.tenants.tenant('main');
  assert.deepEqual(await services.assets.read(asset), Buffer.from('a note'));
});

test('a look at cold data, a drill and a restore into a folder or a new grid fetch when they may', async (t) => {
  const { fresh, run, asset, folder } = await machineWithColdVault(t);
  const passed = await run(backupVerify, { read: 'all' });
  assert.match(passed.text, /NOT READ: 1 packs .*cold; --fetch/);
  assert.equal(passed.exitCode, 0);
  await assert.rejects(run(backupDrill), /needs content from folder .*--fetch/);
  const into = join(folder, 'files');
  assert.match((await run(backupRestore, { into, dryRun: true })).text, /it needs 1 packs/);
  await assert.rejects(run(backupRestore, { into }), asks(/^writing everything .*cold first$/));
  const whole = { everything: true, as: 'second' };
  assert.match((await run(backupRestore, { ...whole, dryRun: true })).text, /it needs 1 packs/);
  await assert.rejects(run(backupRestore, whole), asks(/^making grid "second" of the backup needs/));
  assert.match((await run(backupRestore, { into, fetch: true })).text, /files .* are in .*files: everything/);
  const written = await readdir(into, { recursive: true });
  assert.ok(written.some((name) => name.startsWith('assets/') && name.includes(asset)));
  await assert.rejects(run(backupRestore, { into }), /is not empty/);
  await rm(join(fresh.configuration.data, 'cache'), { recursive: true, force: true });
  await run(backupRestore, { ...whole, fetch: true });
  const { services } = await fresh.tenants.tenant('second');
  assert.deepEqual(await services.assets.read(asset), Buffer.from('a note'));
  assert.match((await run(backupDrill, { fetch: true })).text, /all as they were/);
  assert.match((await run(backupVerify, { read: 'all', fetch: true })).text, /structure and 28 slices/);
});
