import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { quietReport, testInstallation } from '../test-support/installations.ts';
import { backupRun, backupVerify } from './backup-commands.ts';
import type { InstallationCommand } from './command.ts';
import { vaultInit, vaultLog } from './vault-commands.ts';

test('what a vault lost and the grid still has is there again after the next backup', async (t) => {
  const installation = await testInstallation(t);
  const run = (command: InstallationCommand, input: Record<string, unknown> = {}) =>
    command.run(installation, input, quietReport);
  await createResident((await installation.tenants.tenant('main')).services, {
    ...{ firstName: 'Ada', lastName: 'Lovelace', password: 'correct horse' },
  });
  const at = join(await temporaryFolder(t), 'vault');
  await run(vaultInit, { at, parity: 0 });
  await run(backupRun);
  const packs = await readdir(join(at, 'data'), { recursive: true, withFileTypes: true });
  for (const pack of packs) if (pack.isFile()) await rm(join(pack.parentPath, pack.name));
  const found = await run(backupVerify, { read: 'none' });
  assert.equal(found.exitCode, 1);
  assert.match(found.text, /The next backup looks at everything/);
  assert.match((await run(backupRun)).text, /since the vault had lost something/);
  const after = await run(backupVerify, { read: 'all' });
  assert.equal(after.exitCode, 0, after.text);
  assert.doesNotMatch((await run(backupRun)).text, /had lost something/);
  assert.match((await run(vaultLog)).text, /loss +\d+ damages could not be repaired/);
});
