import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCeph } from '@gridkeep/testing/ceph';
import { missing } from '@gridkeep/testing/requirements';
import { isTargetFailure } from '@gridkeep/vault/target/target';
import { quietReport, testInstallation } from '../test-support/installations.ts';
import { backupRun } from './backup-commands.ts';
import { CommandError } from './command.ts';
import type { InstallationCommand } from './command.ts';
import { status } from './status-command.ts';
import { vaultPassword, vaultStats } from './vault-commands.ts';
import { vaultRetention } from './vault-retention-command.ts';
import { vaultTargetsAdd, vaultTargetsCopy } from './vault-target-commands.ts';

test('a copy in a bucket with Object Lock cannot be deleted', { skip: missing('ceph') }, async (t) => {
  const gateway = await startCeph();
  t.after(() => gateway.stop());
  await gateway.makeBucket('locking', { objectLock: true });
  const installation = await testInstallation(t);
  const run = (command: InstallationCommand, input: Record<string, unknown> = {}) =>
    command.run(installation, input, quietReport);
  const { accessKeyId, secretAccessKey, endpoint } = gateway;
  const keys = `${encodeURIComponent(accessKeyId)}:${encodeURIComponent(secretAccessKey)}`;
  const place = `s3://${keys}@locking/main?endpoint=${encodeURIComponent(endpoint)}`;
  await run(backupRun);
  const added = await run(vaultTargetsAdd, { name: 'away', place });
  assert.ok(!JSON.stringify(added).includes(secretAccessKey));
  assert.equal((await run(vaultTargetsCopy, { name: 'away' })).exitCode, 0);

  const copy = await installation.vaults.openTarget('main', 'away');
  try {
    for (const kind of ['snapshot', 'pack', 'index', 'key', 'config'] as const)
      for await (const { name } of copy.list(kind))
        await assert.rejects(copy.remove(kind, name), (error) => isTargetFailure(error, 'locked'), kind);
  } finally {
    await copy.close();
  }
  assert.match((await run(status)).text, /deletion forbidden by the place of away/);
  assert.match((await run(vaultStats)).text, /first .* no *\n *away .* yes/);
  const changed = await run(vaultPassword, { newVaultPassword: 'another long password' });
  assert.match(changed.text, /THE OLD PASSWORD OPENS IT TOO/);
  // As it is now, the copy still comes up to date.
  assert.equal((await run(vaultTargetsCopy, { name: 'away' })).exitCode, 0);
});

test('what is kept can become more, and not less once there is a backup', async (t) => {
  const installation = await testInstallation(t);
  const run = (command: InstallationCommand, input: Record<string, unknown> = {}) =>
    command.run(installation, input, quietReport);
  await installation.vaults.ensure((await installation.tenants.tenant('main')).grid);
  const code =
    (expected: string, rule: RegExp) =>
    (error: unknown): boolean =>
      error instanceof CommandError && error.code === expected && rule.test(error.message);
  assert.match((await run(vaultRetention)).text, /30 days, 26 weeks and 12 months/);
  await run(vaultRetention, { months: 24 });
  await run(vaultRetention, { months: 18 });
  await run(backupRun);
  await assert.rejects(run(vaultRetention, { months: 12 }), code('bad-value', /18 months are promised/));
  await assert.rejects(
    run(vaultRetention, { days: 60 }),
    code('confirmation-needed', /cannot be taken back/),
  );
  await run(vaultRetention, { days: 60, yes: true });
  await assert.rejects(run(vaultRetention, { days: 30 }), code('bad-value', /60 days are promised/));
  const { text } = await run(vaultStats);
  assert.match(text, /60 days, 26 weeks, 18 months/);
  assert.match(text, /snapshots: +1, 1 of them locked/);
});
