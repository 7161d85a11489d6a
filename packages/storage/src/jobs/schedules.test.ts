import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { openDatabase } from '../database/open-database.ts';
import { JobQueue } from './job-queue.ts';
import { JobScheduler } from './job-scheduler.ts';
import { JobInputError } from './jobs.ts';
import { JobSchedules, nextRun } from './schedules.ts';

const utc = (text: string) => Date.parse(`${text}Z`);

/** The next times after a moment, as UTC. */
function runs(cron: string, timeZone: string, after: string, count: number): string[] {
  const times: string[] = [];
  for (let at = utc(after); times.length < count;) {
    at = nextRun(cron, timeZone, at);
    times.push(new Date(at).toISOString().slice(0, 16));
  }
  return times;
}

test('keeps to the clock of the time zone when that is moved', () => {
  // Vienna: on 2026-03-29 02:00 becomes 03:00, on 2026-10-25 03:00 becomes 02:00.
  assert.deepEqual(runs('30 4 * * *', 'Europe/Vienna', '2026-03-28T00:00', 3), [
    '2026-03-28T03:30',
    '2026-03-29T02:30',
    '2026-03-30T02:30',
  ]);
  const skipped = runs('30 2 * * *', 'Europe/Vienna', '2026-03-28T12:00', 2);
  assert.equal(skipped.length, 2);
  assert.equal(skipped[0]?.slice(0, 10), '2026-03-29', 'a time that does not exist still runs that day');
  assert.equal(skipped[1], '2026-03-30T00:30');
  assert.deepEqual(runs('30 2 * * *', 'Europe/Vienna', '2026-10-24T12:00', 2), [
    '2026-10-25T00:30',
    '2026-10-26T01:30',
  ]);
  assert.deepEqual(runs('0 * * * *', 'Europe/Vienna', '2026-10-24T23:30', 4), [
    '2026-10-25T00:00',
    '2026-10-25T01:00',
    '2026-10-25T02:00',
    '2026-10-25T03:00',
  ]);
});

test('refuses patterns and zones that are not valid', () => {
  for (const cron of ['', '* * * *', '61 * * * *', '* * * * * *', 'every day', '0 0 30 2 *', '*'.repeat(101)])
    assert.throws(() => nextRun(cron, 'UTC', 0), JobInputError, cron);
  assert.throws(() => nextRun('0 0 * * *', 'Europe/Nowhere', 0), JobInputError);
});

const nightly = {
  name: 'backup of plaza',
  cron: '0 3 * * *',
  timeZone: 'UTC',
  kind: 'backup',
  grid: 'plaza',
  input: 1,
};

forEachDatabase('asks for each job once, and for missed ones together', async (_, database) => {
  const queue = new JobQueue(database);
  await queue.migrate();
  let now = utc('2026-05-01T12:00');
  const schedules = new JobSchedules(queue, () => now);
  assert.equal((await schedules.set(nightly)).nextRunAt, utc('2026-05-02T03:00'));
  assert.deepEqual(await schedules.enqueueDue(), []);
  now = utc('2026-05-02T03:00');
  const [job] = await schedules.enqueueDue();
  assert.ok(job !== undefined);
  assert.equal(job.kind, 'backup');
  assert.equal(job.grid, 'plaza');
  assert.equal(job.input, 1);
  assert.deepEqual(await schedules.enqueueDue(), []);
  await queue.cancel(job.id);
  // Off for a week: one run, then the usual time.
  now = utc('2026-05-09T12:00');
  assert.equal((await schedules.enqueueDue()).length, 1);
  assert.equal(await schedules.nextDueAt(), utc('2026-05-10T03:00'));
  // The run before still waits: no second beside it.
  now = utc('2026-05-10T03:00');
  await schedules.enqueueDue();
  assert.equal((await queue.list({ states: ['waiting'] })).jobs.length, 1);
});

forEachDatabase('several processes ask for a due job once', async (_, database, location) => {
  const others = await Promise.all([1, 2, 3].map(() => openDatabase(location)));
  const queue = new JobQueue(database);
  await queue.migrate();
  let now = utc('2026-05-01T12:00');
  const all = [database, ...others].map((each) => new JobSchedules(new JobQueue(each), () => now));
  const [first] = all;
  assert.ok(first !== undefined);
  await first.set(nightly);
  for (let day = 2; day < 7; day += 1) {
    now = utc(`2026-05-0${day}T03:00`);
    const jobs = (await Promise.all(all.map((schedules) => schedules.enqueueDue()))).flat();
    assert.equal(jobs.length, 1, `day ${day}`);
    for (const job of jobs) await queue.cancel(job.id);
  }
  assert.equal((await queue.list()).jobs.length, 5);
  await Promise.all(others.map((each) => each.close()));
});

forEachDatabase('a schedule is made, changed, listed and removed', async (_, database) => {
  const queue = new JobQueue(database);
  await queue.migrate();
  let now = utc('2026-05-01T02:00');
  const schedules = new JobSchedules(queue, () => now);
  await schedules.set(nightly);
  now = utc('2026-05-01T12:00');
  const changed = await schedules.set({ ...nightly, input: 2 });
  assert.equal(
    changed.nextRunAt,
    utc('2026-05-01T03:00'),
    'a run that is due is not lost by a change of input',
  );
  const moved = await schedules.set({ ...nightly, timeZone: 'Europe/Vienna' });
  assert.equal(moved.nextRunAt, utc('2026-05-02T01:00'));
  assert.deepEqual(await schedules.list(), [moved]);
  await assert.rejects(schedules.set({ ...nightly, name: '' }), JobInputError);
  assert.equal(await schedules.remove(nightly.name), true);
  assert.equal(await schedules.remove(nightly.name), false);
  assert.equal(await schedules.nextDueAt(), undefined);
});

forEachDatabase('the scheduler asks for what is due', async (_, database) => {
  const queue = new JobQueue(database);
  await queue.migrate();
  let now = utc('2026-05-01T12:00');
  const schedules = new JobSchedules(queue, () => now);
  await schedules.set(nightly);
  now = utc('2026-05-02T03:00');
  const scheduler = new JobScheduler({
    schedules,
    now: () => now,
    report: (error) => {
      throw error;
    },
  });
  const asked = queue.wanted.sleep(10_000);
  scheduler.start();
  await asked;
  await scheduler.stop();
  assert.equal((await queue.list()).jobs.length, 1);
});
