/** The machine is lost: what docs/operating.md says, as it is written there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { gridkeep, gridkeepJson, startServerProcess } from '../test-support/gridkeep-process.ts';

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
  const lost = ['--data', join(folder, 'lost')];
  const environment = { GRIDKEEP_PASSWORD: 'correct horse' };
  await gridkeepJson(['grid', 'create', 'plaza', '--time-zone', 'Europe/Vienna', ...lost]);
  await gridkeepJson(['resident', 'create', 'Ada Lovelace', ...lost], 0, { environment });
  await gridkeepJson(['inventory', 'load', 'Ada Lovelace', fixture('iar', 'ada-inventory.iar'), ...lost]);
  await gridkeepJson(['region', 'create', 'Big Bay', '--owner', 'Ada Lovelace', ...lost]);
  await gridkeepJson(['region', 'load', 'Big Bay', fixture('oar', 'big-bay-512.oar'), ...lost]);
  const made = await gridkeepJson(['vault', 'init', '--at', join(folder, 'away'), ...lost]);
  await gridkeepJson(['backup', 'run', ...lost]);
  await gridkeepJson(['region', 'save', 'Big Bay', join(folder, 'before.oar'), ...lost]);
  await gridkeepJson(['inventory', 'save', 'Ada Lovelace', join(folder, 'before.iar'), '/*', ...lost]);
  await rename(join(folder, 'lost'), join(folder, 'gone'));

  const fresh = join(folder, 'fresh');
  const [restore, start] = documentedCommands();
  assert.deepEqual(start, ['start']);
  const command = (restore ?? []).map((word) => word.replace('/mnt/vault', join(folder, 'away')));
  const unasked = await gridkeep([...command, '--data', fresh]);
  assert.match(unasked.stderr, /GRIDKEEP_VAULT_PASSWORD/);
  const wrong = await gridkeep([...command, '--data', fresh, '--password-stdin'], { stdin: 'wrong\n' });
  assert.match(wrong.stderr, /the password does not open/);
  const password = String(made['password']);
  const done = await gridkeep([...command, '--data', fresh], {
    environment: { GRIDKEEP_VAULT_PASSWORD: password },
  });
  assert.equal(done.exitCode, 0, done.stderr);
  assert.match(done.stdout, /Grid "plaza" .* is here as it was/);
  assert.ok(!`${done.stdout}${done.stderr}`.includes(password));

  const server = await startServerProcess(fresh);
  t.after(() => server.process.kill('SIGKILL'));
  const data = ['--data', fresh];
  await gridkeepJson(['region', 'save', 'Big Bay', join(folder, 'after.oar'), ...data]);
  await gridkeepJson(['inventory', 'save', 'Ada Lovelace', join(folder, 'after.iar'), '/*', ...data]);
  for (const kind of ['oar', 'iar']) {
    const [before, after] = ['before', 'after'].map((name) => join(folder, `${name}.${kind}`));
    const diff = await gridkeepJson(['archive', 'diff', before ?? '', after ?? '']);
    assert.equal(diff['equal'], true);
  }
  // Backups go on in the same vault, beside the server.
  await gridkeepJson(['backup', 'run', ...data]);
  assert.equal((await gridkeepJson(['backup', 'list', ...data]))['count'], 2);
  assert.equal(await server.end('SIGTERM'), 0);
});
