import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Database } from '../database/database.ts';
import { JobQueue } from './job-queue.ts';
import type { JobTables } from './job-tables.ts';
import { JobWorker, type JobWorkerOptions } from './job-worker.ts';
import {
  JobAbortedError,
  JobFinalError,
  type JobHandler,
  type JobRecord,
  type JobState,
  type Json,
  type RunningJob,
} from './jobs.ts';

function handler(run: (input: Json, job: RunningJob) => Promise<Json>, attemptsMax = 3): JobHandler {
  return { kind: 'work', attemptsMax, parse: (input) => input, run };
}

function worker(queue: JobQueue, options: Partial<JobWorkerOptions> & Pick<JobWorkerOptions, 'handlers'>) {
  return new JobWorker({
    queue,
    owner: 'test',
    pollMs: 20,
    report: (error) => {
      throw error;
    },
    ...options,
  });
}

/** Resolves when the signal is aborted, with its reason. */
function aborted(job: RunningJob): Promise<unknown> {
  return new Promise((resolve) => job.signal.addEventListener('abort', () => resolve(job.signal.reason)));
}

async function until(queue: JobQueue, id: Uuid, wanted: (job: JobRecord) => boolean): Promise<JobRecord> {
  for await (const job of queue.watch(id)) if (wanted(job)) return job;
  throw new Error(`job ${id} ended otherwise: ${JSON.stringify(await queue.get(id))}`);
}

const inState = (state: JobState) => (job: JobRecord) => job.state === state;

/** As if the pauses and leases of all jobs were over. */
async function letTimePass(database: Database): Promise<void> {
  const jobs = database.tables<JobTables>();
  await jobs.updateTable('job').set({ run_at: 0 }).where('state', '=', 'waiting').execute();
  await jobs.updateTable('job').set({ lease_until: 0 }).where('state', '=', 'running').execute();
}

async function opened(database: Database): Promise<JobQueue> {
  const queue = new JobQueue(database);
  await queue.migrate();
  return queue;
}

forEachDatabase('does jobs in their order, with progress and result', async (_, database) => {
  const queue = await opened(database);
  const order: Json[] = [];
  const jobs: JobRecord[] = [];
  for (let index = 0; index < 5; index += 1) jobs.push(await queue.enqueue({ kind: 'work', input: index }));
  const other = await queue.enqueue({ kind: 'other', input: null });
  const later = await queue.enqueue({ kind: 'work', input: 'later', runAt: Date.now() + 3_600_000 });
  const run = async (input: Json, job: RunningJob) => {
    order.push(input);
    job.progress({ done: 1, total: 2, unit: 'items', message: `doing ${String(input)}` });
    return { input };
  };
  const working = worker(queue, { handlers: [handler(run)], concurrency: 1 });
  working.start();
  for (const [index, { id }] of jobs.entries()) {
    const done = await until(queue, id, inState('done'));
    assert.deepEqual(done.result, { input: index });
    assert.deepEqual(done.progress, { done: 1, total: 2, unit: 'items', message: `doing ${index}` });
    assert.equal(done.attempt, 1);
    assert.equal(done.attemptsMax, 3);
    assert.ok(done.startedAt !== null && done.endedAt !== null);
  }
  await working.stop();
  assert.deepEqual(order, [0, 1, 2, 3, 4]);
  assert.equal((await queue.get(other.id))?.state, 'waiting');
  assert.equal((await queue.get(later.id))?.state, 'waiting');
});

forEachDatabase('tries again after a pause, then gives up', async (_, database) => {
  const queue = await opened(database);
  let tries = 0;
  const run = () => {
    tries += 1;
    return Promise.reject(new Error(`try ${tries} failed`));
  };
  const working = worker(queue, { handlers: [handler(run, 2)] });
  const { id } = await queue.enqueue({ kind: 'work', input: null });
  working.start();
  const waiting = await until(queue, id, (job) => job.state === 'waiting' && job.attempt === 1);
  assert.equal(waiting.error, 'try 1 failed');
  assert.ok(waiting.runAt > waiting.createdAt + 1000, 'not at once');
  await letTimePass(database);
  const failed = await until(queue, id, inState('failed'));
  assert.equal(failed.error, 'try 2 failed');
  assert.equal(failed.attempt, 2);
  await working.stop();
  assert.equal(tries, 2);
});

forEachDatabase('does not try again what cannot succeed', async (_, database) => {
  const queue = await opened(database);
  const parsing: JobHandler = {
    ...handler(() => Promise.resolve(null)),
    parse(input) {
      if (typeof input !== 'string') throw new TypeError('the path is not text');
      return input;
    },
    run: () => Promise.reject(new JobFinalError('the file is damaged')),
  };
  const working = worker(queue, { handlers: [parsing] });
  const bad = await queue.enqueue({ kind: 'work', input: 7 });
  const damaged = await queue.enqueue({ kind: 'work', input: 'a.oar' });
  working.start();
  assert.equal(
    (await until(queue, bad.id, inState('failed'))).error,
    'its input is not valid: the path is not text',
  );
  assert.equal((await until(queue, damaged.id, inState('failed'))).error, 'the file is damaged');
  await working.stop();
});

forEachDatabase(
  'cancels a running job by its signal, asked here or in another process',
  async (_, database) => {
    const queue = await opened(database);
    const reasons: unknown[] = [];
    const run = async (_input: Json, job: RunningJob) => {
      reasons.push(await aborted(job));
      throw new Error('interrupted');
    };
    // Short, so that the cancel of "another process" is heard of at the next renewal.
    const working = worker(queue, { handlers: [handler(run)], leaseMs: 600 });
    working.start();
    for (const asked of [queue, new JobQueue(database)]) {
      const { id } = await queue.enqueue({ kind: 'work', input: null });
      await until(queue, id, inState('running'));
      const answer = await asked.cancel(id);
      assert.equal(answer?.state, 'running');
      assert.equal(answer.cancelRequested, true);
      assert.equal((await until(queue, id, inState('cancelled'))).error, null);
    }
    await working.stop();
    assert.ok(reasons.every((reason) => reason instanceof JobAbortedError && reason.why === 'cancelled'));
    assert.equal(reasons.length, 2);
  },
);

forEachDatabase('gives its jobs back when it stops, without counting the try', async (_, database) => {
  const queue = await opened(database);
  let isSecond = false;
  const run = async (_input: Json, job: RunningJob) => {
    if (!isSecond) {
      await aborted(job);
      throw new Error('interrupted');
    }
    return 'done by the second';
  };
  const first = worker(queue, { handlers: [handler(run, 1)] });
  const { id } = await queue.enqueue({ kind: 'work', input: null });
  first.start();
  await until(queue, id, inState('running'));
  assert.equal(await first.stop(), 0);
  const given = await queue.get(id);
  assert.equal(given?.state, 'waiting');
  assert.equal(given.attempt, 0);
  isSecond = true;
  const second = worker(queue, { handlers: [handler(run, 1)] });
  second.start();
  const done = await until(queue, id, inState('done'));
  assert.equal(done.attempt, 1);
  await second.stop();
});

forEachDatabase('a worker that lost its lease is told and can write no more', async (_, database) => {
  const queue = await opened(database);
  const lost = Promise.withResolvers<unknown>();
  const firstMayEnd = Promise.withResolvers<Json>();
  const secondMayEnd = Promise.withResolvers<Json>();
  const slow = async (_input: Json, job: RunningJob) => {
    lost.resolve(await aborted(job));
    job.progress({ done: 99, unit: 'items' });
    return firstMayEnd.promise;
  };
  const first = worker(queue, { handlers: [handler(slow)], leaseMs: 600, pollMs: 3_600_000 });
  const { id } = await queue.enqueue({ kind: 'work', input: null });
  first.start();
  await until(queue, id, inState('running'));
  await letTimePass(database);
  const second = worker(queue, { handlers: [handler(() => secondMayEnd.promise)] });
  second.start();
  const taken = await until(queue, id, (job) => job.state === 'running' && job.attempt === 2);
  const reason = await lost.promise;
  assert.ok(reason instanceof JobAbortedError && reason.why === 'lease lost');
  firstMayEnd.resolve('from the first');
  await first.stop();
  assert.deepEqual(await queue.get(id), taken, 'the first has written nothing');
  secondMayEnd.resolve('from the second');
  const done = await until(queue, id, inState('done'));
  assert.equal(done.result, 'from the second');
  await second.stop();
});

forEachDatabase(
  'takes over at start when it is alone, and fails what died in its last try',
  async (_, database) => {
    const queue = await opened(database);
    const never = () => new Promise<Json>(() => undefined);
    const dead = worker(queue, { handlers: [handler(never, 2), { ...handler(never, 1), kind: 'once' }] });
    const { id } = await queue.enqueue({ kind: 'work', input: null });
    const once = await queue.enqueue({ kind: 'once', input: null });
    dead.start();
    await Promise.all([until(queue, id, inState('running')), until(queue, once.id, inState('running'))]);
    const left = await dead.stop(0);
    assert.equal(left, 2, 'they do not end, as in a killed process');
    const next = worker(queue, {
      handlers: [handler(() => Promise.resolve('again'), 2), { ...handler(never, 1), kind: 'once' }],
      aloneOnDatabase: true,
    });
    next.start();
    const done = await until(queue, id, inState('done'));
    assert.equal(done.attempt, 2);
    assert.match((await until(queue, once.id, inState('failed'))).error ?? '', /in its last try/);
    await next.stop();
  },
);

forEachDatabase('does so many at a time and no more', async (_, database) => {
  const queue = await opened(database);
  let now = 0;
  let most = 0;
  const run = async () => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setTimeout(resolve, 10));
    now -= 1;
    return null;
  };
  const jobs = await Promise.all(
    Array.from({ length: 12 }, () => queue.enqueue({ kind: 'work', input: null })),
  );
  const working = worker(queue, { handlers: [handler(run)], concurrency: 3 });
  working.start();
  await Promise.all(jobs.map(({ id }) => until(queue, id, inState('done'))));
  await working.stop();
  assert.equal(most, 3);
});

forEachDatabase('writes progress now and then, not each time', async (_, database) => {
  const queue = await opened(database);
  const run = async (_input: Json, job: RunningJob) => {
    for (let done = 0; done <= 100_000; done += 1)
      job.progress({ done, unit: 'bytes', message: 'x'.repeat(500) });
    return null;
  };
  const { id } = await queue.enqueue({ kind: 'work', input: null });
  const working = worker(queue, { handlers: [handler(run)] });
  const seen: number[] = [];
  working.start();
  for await (const job of queue.watch(id)) if (job.progress !== null) seen.push(job.progress.done);
  await working.stop();
  assert.equal(seen.at(-1), 100_000, 'the last is always written');
  assert.ok(seen.length < 20);
  assert.equal((await queue.get(id))?.progress?.message?.length, 200);
});
