/** The machine is lost: what docs/operating.md says, as it is written there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { archiveDiff } from '../commands/archive-commands.ts';
import { backupList, backupRun } from '../commands/backup-commands.ts';
import type { InstallationCommand } from '../commands/command.ts';
import { inventoryLoad, inventorySave } from '../commands/inventory-archive-commands.ts';
import { regionLoad, regionSave } from '../commands/region-archive-commands.ts';
import { regionCreate } from '../commands/region-commands.ts';
import { vaultInit } from '../commands/vault-commands.ts';
import { defaultConfiguration } from '../configuration/configuration.ts';
import { openInstallation } from '../installation/open-installation.ts';
import { gridkeep, gridkeepJson, startServerProcess } from '../test-support/gridkeep-process.ts';
import { quietReport, testInstallation } from '../test-support/installations.ts';

/** The commands of the block, without `npx gridkeep`. */
function documentedCommands(): readonly (readonly string[])[] {
  const docs = readFileSync(new URL('../../../../docs/operating.md', import.meta.url), 'utf8');
  const block = /### The machine is lost[\s\S]*?```sh\n([\s\S]*?)```/.exec(docs)?.[1];
  assert.ok(block !== undefined, 'docs/operating.md says what to do');
  const lines = block.trim().split('\n');
  assert.equal(lines[0], 'npm ci');
  assert.equal(lines.length, 3, 'three commands');
  return lines.slice(1).map((line) => {
    assert.match(line, /^npx gridkeep /);
    return line.split(' ').slice(2);
  });
}

test('with the vault and the password alone the grid is back', { skip: missing('fixtures') }, async (t) => {
  const folder = await temporaryFolder(t);
  const lost = await testInstallation(t, ['plaza']);
  await createResident((await lost.tenants.tenant('plaza')).services, {
    ...{ firstName: 'Ada', lastName: 'Lovelace', password: 'correct horse' },
  });
  const run = (command: InstallationCommand, input: Record<string, unknown>, on = lost) =>
    command.run(on, input, quietReport);
  const ada = { resident: 'Ada Lovelace' };
  await run(inventoryLoad, { ...ada, file: fixture('iar', 'ada-inventory.iar') });
  await run(regionCreate, { name: 'Big Bay', owner: ada.resident });
  await run(regionLoad, { name: 'Big Bay', file: fixture('oar', 'big-bay-512.oar'), resize: true });
  const made = await run(vaultInit, { at: join(folder, 'away') });
  await run(backupRun, {});
  await run(regionSave, { name: 'Big Bay', file: join(folder, 'before.oar') });
  await run(inventorySave, { ...ada, file: join(folder, 'before.iar'), path: '/*' });
  await lost.close();
  await rm(lost.configuration.data, { recursive: true });

  const fresh = join(folder, 'fresh');
  const [restore, start] = documentedCommands();
  assert.deepEqual(start, ['start']);
  const command = (restore ?? []).map((word) => word.replace('/mnt/vault', join(folder, 'away')));
  const unasked = await gridkeep([...command, '--data', fresh]);
  assert.match(unasked.stderr, /GRIDKEEP_VAULT_PASSWORD/);
  const wrong = await gridkeep([...command, '--data', fresh, '--password-stdin'], { stdin: 'wrong\n' });
  assert.match(wrong.stderr, /the password does not open/);
  const password = String(made.data['password']);
  const done = await gridkeep([...command, '--data', fresh], {
    environment: { GRIDKEEP_VAULT_PASSWORD: password },
  });
  assert.equal(done.exitCode, 0, done.stderr);
  assert.match(done.stdout, /Grid "plaza" .* is here as it was/);
  assert.ok(!`${done.stdout}${done.stderr}`.includes(password));

  const server = await startServerProcess(fresh);
  t.after(() => server.process.kill('SIGKILL'));
  // Backups go on in the same vault, beside the server.
  await gridkeepJson(['backup', 'run', '--data', fresh]);
  assert.equal(await server.end('SIGTERM'), 0);
  const after = await openInstallation(defaultConfiguration(fresh));
  t.after(() => after.close());
  assert.equal((await run(backupList, {}, after)).data['count'], 2);
  await run(regionSave, { name: 'Big Bay', file: join(folder, 'after.oar') }, after);
  await run(inventorySave, { ...ada, file: join(folder, 'after.iar'), path: '/*' }, after);
  for (const kind of ['oar', 'iar']) {
    const [one = '', other = ''] = ['before', 'after'].map((name) => join(folder, `${name}.${kind}`));
    assert.equal((await archiveDiff.run({ a: one, b: other }, quietReport)).data['equal'], true);
  }
});
