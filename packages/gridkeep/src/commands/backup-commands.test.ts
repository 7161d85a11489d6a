import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { parseCertificate } from '@gridkeep/hosting/certificates/certificate';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { randomUuid } from '@gridkeep/wire/uuid';
import { backupNightKind } from '../jobs/vault-job-inputs.ts';
import { minuteOf, nightCron } from '../server/vault-care.ts';
import { quietReport, testInstallation } from '../test-support/installations.ts';
import {
  backupDrill,
  backupList,
  backupPrune,
  backupRun,
  backupShow,
  backupVerify,
} from './backup-commands.ts';
import { backupDiff } from './backup-diff-command.ts';
import { backupBrowse } from './backup-look-commands.ts';
import { backupRestore } from './backup-restore-command.ts';
import { backupCertificate, backupCertificateVerify } from './certificate-commands.ts';
import { CommandError } from './command.ts';
import type { InstallationCommand } from './command.ts';
import { jobsWatch } from './jobs-commands.ts';
import { status } from './status-command.ts';
import { vaultErase, vaultInit, vaultLog, vaultPassword, vaultStats, vaultUnlock } from './vault-commands.ts';
import { vaultTargetsAdd, vaultTargetsCopy, vaultTargetsList } from './vault-target-commands.ts';

const code =
  (expected: string, rule = /./) =>
  (error: unknown) =>
    error instanceof CommandError && error.code === expected && rule.test(error.message);

async function addAsset(installation: Awaited<ReturnType<typeof testInstallation>>, text: string) {
  const { services } = await installation.tenants.tenant('main');
  const asset = {
    ...{ id: randomUuid(), data: Buffer.from(text), type: 7, name: text, description: '' },
    ...{ creator: '', flags: 0, temporary: false, local: false, createdAt: Date.now() },
  };
  return (await services.assets.create(asset, 'test')).record;
}

test('a grid is backed up, looked into, compared, verified, drilled, copied and certified', async (t) => {
  const installation = await testInstallation(t);
  const run = (command: InstallationCommand, input: Record<string, unknown> = {}) =>
    command.run(installation, input, quietReport);
  assert.match((await run(backupList)).text, /no backup.*"gridkeep backup run"/);
  await assert.rejects(run(backupShow), /has no vault yet/);
  const { services } = await installation.tenants.tenant('main');
  const ada = { firstName: 'Ada', lastName: 'Lovelace', password: 'correct horse' };
  await createResident(services, ada);
  const asset = await addAsset(installation, 'a note');

  const first = await run(backupRun);
  assert.match(first.text, /restore point, locked until 20\d\d-/);
  const listed = await run(backupList);
  assert.match(listed.text, /day, week, month/);
  assert.match(listed.text, /NOBODY|nobody has seen the password/);
  assert.match((await run(status)).text, /warning: grid main: ITS VAULT IS ON THE SAME DISK/);

  await createResident(services, { ...ada, firstName: 'Grace', lastName: 'Hopper' });
  assert.match((await run(backupRun)).text, /no restore point/);
  const names = (await run(backupList)).data['backups'];
  assert.ok(Array.isArray(names) && names.length === 2);
  const [, older]: { snapshot: string }[] = names;
  assert.ok(older !== undefined);
  assert.match((await run(backupBrowse, { path: 'inventories' })).text, /Ada Lovelace.*\n.*Grace Hopper/);
  assert.doesNotMatch((await run(backupBrowse, { path: 'inventories', at: older.snapshot })).text, /Grace/);
  await assert.rejects(run(backupBrowse, { path: 'nothing' }), code('not-found', /has nothing at "nothing"/));
  assert.match((await run(backupDiff, { from: older.snapshot })).text, /\+ resident "Grace Hopper"/);
  assert.match((await run(backupShow, { at: older.snapshot })).text, /restore point of: +day, week, month/);

  // A test of Gridkeep's own content: what is gone comes back with its id.
  await services.assets.delete(asset.id);
  const dry = await run(backupRestore, { asset: asset.id, dryRun: true });
  assert.match(dry.text, /asset: 1 to add/);
  await assert.rejects(run(backupRestore, { asset: asset.id }), code('confirmation-needed', /adds 1 things/));
  assert.equal(await services.assets.find(asset.id), undefined);
  await run(backupRestore, { asset: asset.id, yes: true });
  assert.deepEqual(await services.assets.read(asset.id), Buffer.from('a note'));
  for (const wrong of [
    {},
    { everything: true, asset: asset.id },
    { folder: 'x' },
    { region: 'a', asset: 'b' },
  ])
    await assert.rejects(run(backupRestore, wrong), code('usage'));
  await assert.rejects(run(backupRestore, { everything: true }), code('usage', /--in-place/));
  await assert.rejects(run(backupRestore, { region: 'Nowhere' }), code('not-found'));
  const copy = await run(backupRestore, { everything: true, as: 'second', at: older.snapshot });
  assert.match(copy.text, /Grid "second"/);
  const second = await installation.tenants.tenant('second');
  assert.equal(await second.services.accounts.count(), 1);

  assert.equal((await run(backupVerify, { grid: 'main', read: 'all' })).exitCode, 0);
  assert.match((await run(backupDrill, { grid: 'main' })).text, /all as they were/);
  assert.match((await run(backupPrune, { grid: 'main' })).text, /^0 snapshots forgotten, 3 kept/);
  const folder = await temporaryFolder(t);
  await run(vaultTargetsAdd, { grid: 'main', name: 'usb', place: join(folder, 'usb') });
  assert.equal((await run(vaultTargetsCopy, { grid: 'main', name: 'usb' })).exitCode, 0);
  assert.match((await run(vaultTargetsList, { grid: 'main' })).text, /usb .* copy +20\d\d-/);
  assert.match((await run(vaultStats, { grid: 'main' })).text, /first .*\n.*usb /);

  const file = join(folder, 'certificate.json');
  await run(backupCertificate, { grid: 'main', write: file });
  await assert.rejects(run(backupCertificate, { grid: 'main', write: file }), code('exists'));
  const { statement } = parseCertificate(await readFile(file, 'utf8'));
  assert.equal(statement.restorePoints.length, 3);
  assert.equal(statement.targets, 2);
  assert.equal(statement.lastVerify?.ok, true);
  assert.equal(statement.lastDrill?.ok, true);
  assert.notEqual(statement.dataReadSince, null);
  assert.equal((await backupCertificateVerify.run({ file }, quietReport)).exitCode, 0);
  const other = { file, fingerprint: '0'.repeat(64) };
  assert.equal((await backupCertificateVerify.run(other, quietReport)).exitCode, 1);
  await writeFile(file, (await readFile(file, 'utf8')).replace('"targets": 2', '"targets": 3'));
  const forged = await backupCertificateVerify.run({ file }, quietReport);
  assert.equal(forged.exitCode, 1);
  assert.match(forged.text, /NOT GENUINE/);
  const log = (await run(vaultLog, { grid: 'main' })).text;
  for (const what of ['init', 'restore', 'target-add']) assert.match(log, new RegExp(`\\b${what}\\b`));
});

test('a night does everything; while an erasure is asked for it only waits for the locks', async (t) => {
  const installation = await testInstallation(t);
  const run = (command: InstallationCommand, input: Record<string, unknown> = {}) =>
    command.run(installation, input, quietReport);
  await createResident((await installation.tenants.tenant('main')).services, {
    ...{ firstName: 'Ada', lastName: 'Lovelace', password: 'correct horse' },
  });
  const night = async () => {
    const { id } = await installation.jobs.enqueue({
      ...{ kind: backupNightKind, grid: 'main', input: { bytesPerSecond: null } },
    });
    await run(jobsWatch, { job: id });
    return JSON.stringify((await installation.jobs.get(id))?.result);
  };
  const result = await night();
  assert.match(result, /"ok":true,"summary":"all is well"/);
  for (const step of ['backup', 'prune', 'parity', 'verify', 'verify-data', 'drill'])
    assert.match(result, new RegExp(`"ok":true,"step":"${step}"|"step":"${step}","ok":true`));
  await assert.rejects(run(vaultErase), code('confirmation-needed', /after 20\d\d-.*no backups are made/));
  await run(vaultErase, { yes: true });
  assert.match((await run(status)).text, /to be erased.*NO BACKUPS ARE MADE/);
  await assert.rejects(run(backupRun), code('job-failed', /to be erased/));
  assert.match(await night(), /locked until 20\d\d-/);
  assert.match((await run(vaultErase, { withdraw: true })).text, /backups go on/);
  assert.equal((await run(backupRun)).exitCode, 0);
});

test('a vault of the customer asks for its password; a kept one shows it', async (t) => {
  const installation = await testInstallation(t);
  const run = (command: InstallationCommand, input: Record<string, unknown> = {}) =>
    command.run(installation, input, quietReport);
  await assert.rejects(run(vaultInit, { custody: 'customer' }), code('new-vault-password-needed'));
  await run(vaultInit, { custody: 'customer', newVaultPassword: 'correct horse battery' });
  await assert.rejects(run(vaultPassword, { show: true }), /customer holds/);
  assert.equal((await run(backupRun)).exitCode, 0);
  await assert.rejects(run(vaultPassword), code('new-vault-password-needed'));
  await run(vaultPassword, { custody: 'kept', newVaultPassword: 'another long password' });
  assert.equal((await run(vaultPassword, { show: true })).text, 'another long password');
  assert.match((await run(vaultUnlock)).text, /opens the vault/);
});

test('nights are spread over the hour, always in the same way', () => {
  assert.equal(minuteOf('plaza'), minuteOf('plaza'));
  const minutes = new Set(Array.from({ length: 200 }, (_, index) => minuteOf(`grid-${index}`)));
  assert.ok(minutes.size > 40 && Math.max(...minutes) < 60);
  assert.equal(nightCron('03:00', 7), '7 3 * * *');
  assert.equal(nightCron('23:45', 30), '15 0 * * *');
});
