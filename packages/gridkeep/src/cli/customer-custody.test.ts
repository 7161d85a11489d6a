/** A server whose grid's vault only the customer can open; and nights that are caught up with. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { JobSchedules } from '@gridkeep/storage/jobs/schedules';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { defaultConfiguration } from '../configuration/configuration.ts';
import { openInstallation } from '../installation/open-installation.ts';
import { backupNightKind } from '../jobs/vault-job-inputs.ts';
import { minuteOf, nightCron, nightName } from '../server/vault-care.ts';
import { gridkeep, gridkeepJson, startServerProcess } from '../test-support/gridkeep-process.ts';

const password = 'correct horse battery';

/** A grid whose vault the customer opens, and whose last night passed while the machine was off. */
async function missedNight(folder: string): Promise<void> {
  const installation = await openInstallation(defaultConfiguration(folder));
  try {
    const { grid } = await installation.tenants.create({ slug: 'main' });
    await installation.vaults.init(grid, { custody: 'customer', password });
    await new JobSchedules(installation.jobs, () => Date.now() - 2 * 86_400_000).set({
      name: nightName(grid.slug),
      cron: nightCron('03:00', minuteOf(grid.slug)),
      ...{ timeZone: grid.timeZone, kind: backupNightKind, grid: grid.slug },
      input: { bytesPerSecond: null },
    });
  } finally {
    await installation.close();
  }
}

test('backups wait while a vault is locked and go on when it is unlocked, until the server stops', async (t) => {
  const folder = await temporaryFolder(t);
  const start = async () => {
    const server = await startServerProcess(folder);
    t.after(() => server.process.kill('SIGKILL'));
    return server;
  };
  const run = (args: readonly string[], stdin?: string) =>
    gridkeep([...args, '--data', folder], stdin === undefined ? {} : { stdin });
  await missedNight(folder);

  const server = await start();
  const runs = async (): Promise<string> => (await run(['jobs', 'list', '--json'])).stdout;
  for (let tries = 1; !(await runs()).includes('waits for the password'); tries += 1) {
    assert.ok(tries < 60, server.log());
    await sleep(500);
  }
  const locked = (await run(['status'])).stdout;
  assert.match(locked, /its vault is locked: backups wait/);
  const refused = await run(['backup', 'run']);
  assert.equal(refused.exitCode, 2);
  assert.match(refused.stderr, /customer holds the password.*GRIDKEEP_VAULT_PASSWORD/);
  assert.match((await run(['vault', 'unlock', '--password-stdin'], 'wrong\n')).stderr, /does not open/);
  const unlocked = await run(['vault', 'unlock', '--password-stdin', '--json'], `${password}\n`);
  const { job } = JSON.parse(unlocked.stdout);
  assert.equal((await run(['jobs', 'watch', job])).exitCode, 0);
  assert.equal((await gridkeepJson(['backup', 'list', '--data', folder]))['count'], 1);
  assert.ok(!server.log().includes(password));
  assert.equal(await server.end('SIGTERM'), 0);

  await start();
  assert.match((await run(['status'])).stdout, /its vault is locked/);
});
