import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { CommandRunner } from '../cli/command-runner.ts';
import { jobsWatch } from '../commands/jobs-commands.ts';
import { defaultConfiguration } from '../configuration/configuration.ts';
import { openInstallation } from '../installation/open-installation.ts';
import { blobsVerifyKind } from '../jobs/blobs-job-results.ts';
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
  assert.match(
    await info.text(),
    /^<gridinfo><platform>OpenSim<\/platform>.*<gridname>My Grid<\/gridname><gridnick>main<\/gridnick>/,
  );
  const tile = await fetch(new URL('/map-1-1000-1000-objects.jpg', server.addresses.public));
  assert.deepEqual([tile.status, tile.headers.get('content-type')], [200, 'image/jpeg']);
  assert.equal((await fetch(new URL('/map', server.addresses.public), { method: 'POST' })).status, 404);
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

test('a job that waits when the server is killed is done after the next start', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await startServerProcess(folder);
  await gridkeepJson(['grid', 'list', '--data', folder]);
  assert.equal(await first.end('SIGKILL'), null);
  const installation = await openInstallation(defaultConfiguration(folder));
  const input = { bytesPerSecondMax: null };
  const { id } = await installation.jobs.enqueue({ kind: blobsVerifyKind, input });
  await installation.close();
  const next = await startServerProcess(folder);
  t.after(() => next.process.kill('SIGKILL'));
  const watched = await gridkeepJson(['jobs', 'watch', id, '--data', folder]);
  assert.match(JSON.stringify(watched), /"state":"done"/);
  assert.equal(await next.end('SIGTERM'), 0);
});

/** A server with content, and a job that reads it so slowly that it does not end by itself. */
async function serverWithSlowJob(t: TestContext) {
  const folder = await temporaryFolder(t);
  const installation = await openInstallation(defaultConfiguration(folder));
  await installation.blobs.put(randomBytes(100_000));
  const input = { bytesPerSecondMax: 10 };
  const { id } = await installation.jobs.enqueue({ kind: blobsVerifyKind, input });
  await installation.close();
  const server = await startServerProcess(folder);
  t.after(() => server.process.kill('SIGKILL'));
  return { folder, server, id };
}

test('a stop ends the wait of a command and leaves its job for the next start', async (t) => {
  const { folder, server, id } = await serverWithSlowJob(t);
  const watching = Promise.withResolvers<void>();
  const report = { progress: () => {}, watching: () => watching.resolve() };
  const answer = new CommandRunner(defaultConfiguration(folder)).run(jobsWatch, { job: id }, report);
  const refused = assert.rejects(answer, /goes on after the next "gridkeep start"/);
  await watching.promise;
  assert.equal(await server.end('SIGTERM'), 0);
  await refused;
  const installation = await openInstallation(defaultConfiguration(folder));
  t.after(() => installation.close());
  assert.equal((await installation.jobs.get(id))?.state, 'waiting');
});

test('an interrupt cancels the watched job', async (t) => {
  const { folder, server, id } = await serverWithSlowJob(t);
  const watched = await gridkeep(['jobs', 'watch', id, '--json', '--data', folder], {}, (child) => {
    child.stderr?.once('data', () => child.kill('SIGINT'));
  });
  assert.equal(watched.exitCode, 1);
  assert.match(watched.stderr, new RegExp(`^job ${id}\n`));
  assert.match(watched.stdout, /"cancelled"/);
  assert.equal(await server.end('SIGTERM'), 0);
});

test('a stop lets an open request end and does not wait for idle connections', async (t) => {
  const folder = await temporaryFolder(t);
  const server = await startServerProcess(folder);
  t.after(() => server.process.kill('SIGKILL'));
  const { secret } = await gridkeepJson(['simulator', 'add', 'sim1', '--data', folder]);
  const port = Number(new URL(server.addresses.services).port);
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const [idle, busy] = await Promise.all([open(), open()]);
  idle.resume();
  const body = '<ArrayOfString></ArrayOfString>';
  const authorization = Buffer.from(`sim1:${String(secret)}`).toString('base64');
  busy.write(
    `POST /get_assets_exist HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${authorization}\r\n` +
      `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
  );
  // The interim answer says that the request is being handled.
  const [interim] = await once(busy, 'data');
  assert.match(String(interim), /^HTTP\/1\.1 100/);
  const ended = server.end('SIGTERM');
  await once(idle, 'close');
  busy.write(body);
  const [reply] = await once(busy, 'data');
  assert.match(String(reply), /^HTTP\/1\.1 200/);
  assert.equal(await ended, 0);
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
