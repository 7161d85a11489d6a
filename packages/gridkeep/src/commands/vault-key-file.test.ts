import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { defaultConfiguration } from '../configuration/configuration.ts';
import { openInstallation } from '../installation/open-installation.ts';
import { quietReport, testInstallation } from '../test-support/installations.ts';
import { backupRun } from './backup-commands.ts';
import { CommandError, vaultPasswordNeededCode } from './command.ts';
import { vaultInit, vaultPassword } from './vault-commands.ts';

test('a kept password is kept anew when its key file was lost', async (t) => {
  const before = await testInstallation(t);
  const old = 'correct horse battery';
  await vaultInit.run(before, { ownPassword: true, newVaultPassword: old }, quietReport);
  await before.close();
  await rm(before.vaults.keyFile);
  const after = await openInstallation(defaultConfiguration(before.configuration.data));
  t.after(() => after.close());
  await assert.rejects(backupRun.run(after, {}, quietReport), /key file .* is not there: bring it back/);
  const wish = { newVaultPassword: 'another long password' };
  await assert.rejects(
    vaultPassword.run(after, wish, quietReport),
    (error) => error instanceof CommandError && error.code === vaultPasswordNeededCode,
  );
  await vaultPassword.run(after, { ...wish, vaultPassword: old }, quietReport);
  assert.equal((await vaultPassword.run(after, { show: true }, quietReport)).text, wish.newVaultPassword);
});
