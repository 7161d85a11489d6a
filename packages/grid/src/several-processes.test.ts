/** Several processes serve one grid: what one changes, the others' memories know soon after. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { freshLocation } from '@gridkeep/testing/databases';
import { missing } from '@gridkeep/testing/requirements';
import { randomUuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { gridMigrations } from './grid-database.ts';
import { createGridServices } from './grid-services.ts';
import type { GridServices } from './grid-services.ts';
import { createResident } from './residents.ts';
import { MemoryBlobs } from './test-support/memory-blobs.ts';

const skip = missing('postgres');
const patienceMs = 20_000;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + patienceMs; !(await condition()); await sleep(5))
    assert.ok(Date.now() < end, 'what was waited for did not happen');
}

/** As two processes would have them: nothing shared but the database. */
async function twoProcesses(context: TestContext): Promise<{ here: GridServices; there: GridServices }> {
  const location = await freshLocation(context, 'postgres');
  const blobs = new MemoryBlobs();
  const open = async () => {
    const database = await openDatabase(location);
    await database.migrate(gridMigrations);
    context.after(() => database.close());
    return createGridServices({ database, blobs });
  };
  const [here, there] = [await open(), await open()];
  await until(() => here.database.hearsOthers && there.database.hearsOthers);
  return { here, there };
}

test('an account changed in one process is seen in the other', { skip }, async (context) => {
  const { here, there } = await twoProcesses(context);
  const { id } = await createResident(here, {
    firstName: 'Ada',
    lastName: 'Bell',
    password: 'correct horse',
  });
  const inMemory = () => {
    const account = there.accounts.find(id);
    return account instanceof Promise ? undefined : account;
  };
  await until(async () => (await there.accounts.find(id))?.title === '' && inMemory() !== undefined);
  await here.accounts.update(id, { title: 'Mayor' });
  await until(() => inMemory()?.title !== '');
  assert.equal((await there.accounts.find(id))?.title, 'Mayor');

  assert.equal((await there.accounts.findNamed('ada', 'bell'))?.id, id);
  await here.accounts.update(id, { lastName: 'Ring' });
  const { id: other } = await createResident(here, {
    firstName: 'Ada',
    lastName: 'Bell',
    password: 'battery staple',
  });
  await until(async () => (await there.accounts.findNamed('Ada', 'Bell'))?.id === other);
  assert.equal((await there.accounts.findNamed('Ada', 'Ring'))?.id, id);
});

test('a password and a setting changed in one process count in the other', { skip }, async (context) => {
  const { here, there } = await twoProcesses(context);
  const { id } = await createResident(here, {
    firstName: 'Ada',
    lastName: 'Bell',
    password: 'correct horse',
  });
  await until(async () => {
    await there.authentication.verify(id, 'correct horse');
    return there.authentication.verify(id, 'correct horse') === true;
  });
  await here.authentication.setPassword(id, 'battery staple');
  await until(async () => !(await there.authentication.verify(id, 'correct horse')));
  assert.equal(await there.authentication.verify(id, 'battery staple'), true);

  await there.settings.read();
  await here.settings.write('welcomeMessage', 'Hello');
  await until(async () => (await there.settings.read()).welcomeMessage === 'Hello');
});

test('who has come home from another grid is known to every process', { skip }, async (context) => {
  const { here, there } = await twoProcesses(context);
  const { id } = await createResident(here, {
    firstName: 'Ada',
    lastName: 'Bell',
    password: 'correct horse',
  });
  const [sessionId, clientAddress] = [randomUuid(), '192.0.2.7'];
  assert.equal(await there.hypergrid.isTravelling(id), false);
  const abroad = { sessionId, userId: id, gatekeeper: 'http://other.example.org:8002/', clientAddress };
  assert.ok(await here.travels.start(abroad));
  assert.equal(await there.hypergrid.isTravelling(id), true);
  await here.hypergrid.userAgents.logout(sessionId, id);
  await until(() => there.hypergrid.isTravelling(id));
  assert.ok(there.travels.lastAbroadAt > 0);
});

test('a process that could not hear for a while forgets what it knew', { skip }, async (context) => {
  const { here, there } = await twoProcesses(context);
  const { id } = await createResident(here, {
    firstName: 'Ada',
    lastName: 'Bell',
    password: 'correct horse',
  });
  await until(async () => {
    await there.accounts.find(id);
    return !(there.accounts.find(id) instanceof Promise);
  });
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'gridkeep listener'`.execute(here.database.tables<unknown>());
  await here.accounts.update(id, { title: 'Mayor' });
  await until(async () => (await there.accounts.find(id))?.title === 'Mayor');
  await until(() => there.database.hearsOthers);
});
