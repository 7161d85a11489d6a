import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import { zeroVector } from '@gridkeep/wire/vector';
import { LoginThrottle } from '../login/login-throttle.ts';
import { silentLog } from '../service-log.ts';
import { testGrid } from '../test-support/test-grid.ts';
import { Presence } from '../presence/presence.ts';
import { upkeepTasks } from './upkeep-tasks.ts';
import { Upkeep } from './upkeep.ts';

forEachDatabase('a task is done by one process whenever it is due', async (_test, database) => {
  await testGrid(database);
  let now = 1_700_000_000_000;
  const done: string[] = [];
  const failures: unknown[] = [];
  const upkeepOf = (process: string) =>
    new Upkeep({
      database,
      log: { ...silentLog, error: (fields) => failures.push(fields['task']) },
      tasks: [
        { name: 'fails', everyMs: 1000, run: () => Promise.reject(new Error('no')) },
        {
          name: 'often',
          everyMs: 1000,
          run: () => {
            done.push(process);
            return Promise.resolve();
          },
        },
      ],
      now: () => now,
    });
  const [one, two] = [upkeepOf('one'), upkeepOf('two')];
  await Promise.all([one.runDue(), two.runDue()]);
  assert.equal(done.length, 1);
  assert.deepEqual(failures, ['fails']);
  now += 999;
  await Promise.all([one.runDue(), two.runDue()]);
  assert.equal(done.length, 1);
  now += 1;
  await two.runDue();
  await one.runDue();
  assert.deepEqual(done.slice(1), ['two']);
  now += 1000;
  one.start();
  while (done.length < 3) await sleep(5);
  await one.stop();
});

forEachDatabase('who is gone without a word is off-line', async (_test, database) => {
  const grid = await testGrid(database);
  const now = Date.now();
  const old = new Presence({ ...grid, now: () => now - 3_600_000 });
  const [lost, here] = [randomUuid(), randomUuid()];
  await old.login({ userId: lost, sessionId: randomUuid(), secureSessionId: zeroUuid });
  const session = { userId: here, sessionId: randomUuid(), secureSessionId: zeroUuid };
  await grid.presence.login(session);
  for (const id of [lost, here]) {
    await grid.gridUsers.loggedIn(id);
    await grid.gridUsers.setPosition(id, randomUuid(), zeroVector, zeroVector);
  }
  await sleep(5);
  const errors: unknown[] = [];
  const log = { ...silentLog, error: (fields: unknown) => errors.push(fields) };
  const throttle = new LoginThrottle({ database });
  await new Upkeep({ database, log, tasks: upkeepTasks({ ...grid, throttle }, log) }).runDue();
  assert.deepEqual(errors, []);
  assert.equal((await grid.gridUsers.find(lost))?.online, false);
  assert.equal((await grid.gridUsers.find(here))?.online, true);
  assert.equal(await grid.presence.count(), 1);
});
