import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { gridkeep, gridkeepJson, startServerProcess } from '../test-support/gridkeep-process.ts';

test('a first start makes a grid, answers on three ports, and stops on SIGTERM', async (t) => {
  const folder = join(await temporaryFolder(t), 'data');
  const server = await startServerProcess(folder);
  t.after(() => server.process.kill('SIGKILL'));
  assert.equal(server.gridMade, 'main');
  assert.equal((await stat(folder)).mode & 0o777, 0o700);

  const health = await fetch(new URL('/api/health', server.addresses.panel));
  assert.equal(health.status, 200);
  assert.match(await health.text(), /"healthy":true/);
  const info = await fetch(new URL('/get_grid_info', server.addresses.public));
  assert.equal(
    await info.text(),
    '<gridinfo><platform>OpenSim</platform><gridname>My Grid</gridname><gridnick>main</gridnick></gridinfo>',
  );
  assert.equal((await fetch(new URL('/nothing', server.addresses.public))).status, 404);
  assert.equal((await fetch(new URL('/assets/x', server.addresses.services))).status, 401);

  const status = await gridkeepJson(['status', '--data', folder]);
  assert.equal(status['running'], true);
  assert.equal(status['healthy'], true);
  assert.deepEqual(status['addresses'], server.addresses);

  assert.equal(await server.end('SIGTERM'), 0);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith('.sock') || name.endsWith('.pid')),
    [],
  );
  const stopped = await gridkeepJson(['status', '--data', folder]);
  assert.equal(stopped['running'], false);
});

test('a second server on the same folder is refused with the process that has it', async (t) => {
  const folder = await temporaryFolder(t);
  const server = await startServerProcess(folder);
  t.after(() => server.process.kill('SIGKILL'));
  const second = await gridkeepJson(['start', '--data', folder, '--panel-port', '0'], 1);
  assert.deepEqual(second, {
    error: {
      code: 'in-use',
      message: `the data folder ${folder} is in use by process ${server.pid} (gridkeep start)`,
    },
  });
  assert.equal(await server.end('SIGINT'), 0);
});

test('after kill -9 the next start is clean and keeps what was there', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await startServerProcess(folder);
  await gridkeepJson(['grid', 'create', 'second', '--data', folder]);
  assert.equal(await first.end('SIGKILL'), null);
  const next = await startServerProcess(folder);
  t.after(() => next.process.kill('SIGKILL'));
  assert.equal(next.gridMade, null);
  const list = await gridkeepJson(['grid', 'list', '--data', folder]);
  assert.match(JSON.stringify(list), /"main".*"second"/);
  assert.equal(await next.end('SIGTERM'), 0);
});

test('a stop lets an open request end and does not wait for idle connections', async (t) => {
  const folder = await temporaryFolder(t);
  const server = await startServerProcess(folder);
  t.after(() => server.process.kill('SIGKILL'));
  const { port } = new URL(server.addresses.public);
  const idle = connect(Number(port), '127.0.0.1');
  idle.on('error', () => {});
  await new Promise((resolve) => idle.once('connect', resolve));
  assert.equal(await server.end('SIGTERM'), 0);
});

test('logs are JSON lines where standard error is no terminal, and hold no secret', async (t) => {
  const folder = await temporaryFolder(t);
  const server = await startServerProcess(folder, { args: ['--log-level', 'debug'] });
  t.after(() => server.process.kill('SIGKILL'));
  const added = await gridkeepJson(['simulator', 'add', 'sim1', '--data', folder]);
  assert.equal(await server.end('SIGTERM'), 0);
  const lines = server.log().trim().split('\n');
  for (const line of lines) assert.equal(typeof JSON.parse(line), 'object');
  assert.ok(lines.some((line) => line.includes('"msg":"ready"')));
  assert.ok(!server.log().includes(String(added['secret'])));
});

test('a start that cannot be says why and leaves nothing open', async (t) => {
  const folder = await temporaryFolder(t);
  const wrong = await gridkeepJson(['start', '--data', folder, '--panel-port', 'x'], 1);
  assert.match(JSON.stringify(wrong), /"configuration".*--panel-port/);
  const server = await startServerProcess(folder);
  t.after(() => server.process.kill('SIGKILL'));
  const { port } = new URL(server.addresses.panel);
  const other = await temporaryFolder(t);
  const taken = await gridkeep([
    'start',
    '--data',
    other,
    '--public-port',
    '0',
    '--services-port',
    '0',
    '--panel-port',
    port,
  ]);
  assert.equal(taken.exitCode, 1);
  assert.match(
    taken.stderr,
    new RegExp(`the panel port ${port} of 127.0.0.1 is in use.*GRIDKEEP_PANEL_PORT`),
  );
  assert.equal(await server.end('SIGTERM'), 0);
});
