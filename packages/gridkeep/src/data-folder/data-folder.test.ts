import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { startControlServer } from '../control/control-server.ts';
import { NoServerError, runOverSocket } from '../control/control-client.ts';
import { claimControlSocket, findControlSocket, removeControlSocket } from './control-socket.ts';
import { DataFolderInUseError, lockDataFolder } from './data-lock.ts';

const quiet = { progress: () => {}, watching: () => {} };

test('the lock keeps others out, names its holder, and can be taken again', async (t) => {
  const folder = await temporaryFolder(t);
  const lock = lockDataFolder(folder, 'start');
  assert.throws(
    () => lockDataFolder(folder, 'status'),
    (error: unknown) =>
      error instanceof DataFolderInUseError &&
      error.holder?.pid === process.pid &&
      error.message.includes(`process ${process.pid} (gridkeep start)`),
  );
  lock.release();
  lockDataFolder(folder, 'status').release();
});

test('a killed holder leaves no lock', async (t) => {
  const folder = await temporaryFolder(t);
  const program = `
    const { lockDataFolder } = await import(${JSON.stringify(new URL('./data-lock.ts', import.meta.url).href)});
    lockDataFolder(${JSON.stringify(folder)}, 'start');
    console.log('locked');
    setInterval(() => {}, 1000);
  `;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  assert.throws(
    () => lockDataFolder(folder, 'status'),
    (error: unknown) => error instanceof DataFolderInUseError && error.holder?.pid === holder.pid,
  );
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  lockDataFolder(folder, 'status').release();
});

test('a note that is no note does not hide the refusal', async (t) => {
  const folder = await temporaryFolder(t);
  const lock = lockDataFolder(folder, 'start');
  t.after(() => lock.release());
  for (const note of ['', '{}', '{"pid":"x","work":1}']) {
    await writeFile(join(folder, 'gridkeep.pid'), note);
    assert.throws(() => lockDataFolder(folder, 'status'), /in use by another process/);
  }
});

for (const [name, deep] of [
  ['in the data folder', ''],
  ['elsewhere, when the path is too long', `${'x'.repeat(60)}/${'y'.repeat(60)}`],
] as const)
  test(`the socket stands ${name}, only for its owner`, async (t) => {
    const folder = join(await temporaryFolder(t), deep);
    await mkdir(folder, { recursive: true });
    const before = findControlSocket(folder);
    if (before !== undefined) await assert.rejects(runOverSocket(before, 'x', {}, quiet), NoServerError);
    // What a killed server leaves must not stand in the way.
    await writeFile(claimControlSocket(folder), '');
    const path = claimControlSocket(folder);
    const server = await startControlServer({
      socket: path,
      findCommand: () => undefined,
      runCommand: () => Promise.reject(new Error('not reached')),
      logFailure: () => {},
    });
    assert.equal(findControlSocket(folder), path);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await assert.rejects(runOverSocket(path, 'x', {}, quiet), /does not know the command "x"/);
    await server.close();
    removeControlSocket(folder);
    await assert.rejects(stat(path), /ENOENT/);
  });
