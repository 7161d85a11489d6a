import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { quietReport, testInstallation } from '../test-support/installations.ts';
import { gridSet, gridSettings } from './grid-setting-commands.ts';
import { gridShow } from './grid-commands.ts';
import { simulatorAdd } from './simulator-add.ts';
import { simulatorList } from './simulator-commands.ts';
import { status } from './status-command.ts';

test('settings of a grid and what its host knows of it are changed by one command', async (t) => {
  const installation = await testInstallation(t);
  const set = (key: string, value?: string) =>
    gridSet.run(
      installation,
      { key, ...(value === undefined ? { standard: true } : { value }) },
      quietReport,
    );
  const { services } = await installation.tenants.tenant('main');
  await set('min-login-level', '5');
  assert.equal((await services.settings.read()).minLoginLevel, 5);
  await set('min-login-level');
  assert.equal((await services.settings.read()).minLoginLevel, 0);
  const moved = await set('hostnames', 'grid.example.org, old.example.org');
  assert.match(moved.text, /warning: .*is now http:\/\/grid\.example\.org:8002\/.*gatekeeper-aliases/);
  assert.equal(await services.publicAddress.read(), 'http://grid.example.org:8002/');
  await set('public-url', 'https://world.example.org/');
  assert.equal(await services.publicAddress.read(), 'https://world.example.org/');
  await set('quota-gb', '1.5');
  await set('name', 'Seaside');
  await set('time-zone', 'Europe/Berlin');
  const { grid } = await installation.tenants.tenant('main');
  assert.deepEqual(
    [grid.name, grid.quotaBytes, grid.timeZone, services.usage.quotaBytes],
    ['Seaside', 1_500_000_000, 'Europe/Berlin', 1_500_000_000],
  );
  const shown = await gridSettings.run(installation, {}, quietReport);
  assert.match(shown.text, /public-url +https:\/\/world\.example\.org\/ +- +the grid's own address/);
  assert.match(shown.text, /name +Seaside +main/);
});

test('a wrong key or value is refused and says what would be right', async (t) => {
  const installation = await testInstallation(t);
  const set = (input: object) => gridSet.run(installation, input, quietReport);
  await assert.rejects(set({ key: 'nme', value: 'x' }), /"nme" is no setting; there are: name, hostnames,/);
  await assert.rejects(set({ key: 'name' }), /a value is needed, or --standard/);
  await assert.rejects(set({ key: 'name', value: 'x', standard: true }), /a value is needed/);
  await assert.rejects(set({ key: 'min-login-level', value: 'x' }), /whole number from -1000 to 1000/);
  await assert.rejects(set({ key: 'quota-gb', value: '-1' }), /number of gigabytes/);
  await assert.rejects(set({ key: 'time-zone', value: 'Mars' }), /not a time zone/);
});

test('with several grids, an address that leads to none of them is noticed', async (t) => {
  const installation = await testInstallation(t, ['one', 'two']);
  const input = { key: 'public-url', value: 'http://x.example.org:8002/', grid: 'one' };
  const { text } = await gridSet.run(installation, input, quietReport);
  assert.match(text, /does not lead to this grid: x\.example\.org is none of its hostnames/);
});

test('what is wrong with a grid is shown', async (t) => {
  const installation = await testInstallation(t);
  const { text } = await gridShow.run(installation, {}, quietReport);
  assert.match(text, /other grids cannot reach http:\/\/127\.0\.0\.1:8002\//);
  assert.match(text, /there is no library/);
  assert.doesNotMatch(text, /default region/);
  const open = { ...installation.configuration, servicesAccess: 'open' as const };
  const shown = await status.run({ ...installation, configuration: open }, {}, quietReport);
  assert.match(shown.text, /warning: simulators need no credential/);
});

test('a simulator gets its configuration, in a file where that is wanted', async (t) => {
  const installation = await testInstallation(t);
  const { services } = await installation.tenants.tenant('main');
  await createResident(services, { firstName: 'Ada', lastName: 'Lovelace', password: 'a long password' });
  const file = join(await temporaryFolder(t), 'gridkeep.ini');
  const input = { name: 'sim1', opensim: '0.9.2', write: file, region: 'Bay', at: '1000,1001' };
  const added = await simulatorAdd.run(installation, { ...input, estateOwner: 'ada lovelace' }, quietReport);
  const text = await readFile(file, 'utf8');
  assert.equal(added.data['configuration'], text);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.match(text, /OpenSimulator 0\.9\.2/);
  assert.match(text, /DefaultEstateOwnerName = "Ada Lovelace"/);
  assert.match(added.text, /Location = "1000,1001"/);
  assert.match(added.text, /listens on 127\.0\.0\.1 only/);
  const secret = /HttpAuthPassword = "([^"]+)"/.exec(text)?.[1] ?? '';
  assert.ok(!added.text.includes(secret));
  assert.ok(await installation.tenants.simulators.authenticate('sim1', secret));
  const listed = await simulatorList.run(installation, {}, quietReport);
  assert.match(listed.text, /sim1 .* never/);
});

test('no credential is made when its configuration cannot be written', async (t) => {
  const installation = await testInstallation(t);
  const file = join(await temporaryFolder(t), 'gridkeep.ini');
  await writeFile(file, 'mine');
  const add = (input: object) => simulatorAdd.run(installation, { name: 'sim1', ...input }, quietReport);
  await assert.rejects(add({ write: file }), /exists already/);
  assert.equal(await readFile(file, 'utf8'), 'mine');
  await assert.rejects(add({ region: 'Bay' }), /--region and --at belong together/);
  await assert.rejects(add({ estateOwner: 'No Body' }), /there is no resident/);
  const { grid } = await installation.tenants.tenant('main');
  assert.deepEqual(await installation.tenants.simulators.list(grid.slug), []);
});
