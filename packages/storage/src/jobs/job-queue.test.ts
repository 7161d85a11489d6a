import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid } from '@gridkeep/wire/uuid';
import { JobQueue } from './job-queue.ts';
import { JobInputError, type JobRecord } from './jobs.ts';
import type { JobTables } from './job-tables.ts';

forEachDatabase('a job is there as it was asked for', async (_, database) => {
  const queue = new JobQueue(database);
  await queue.migrate();
  const input = { path: 'plaza.oar', merge: true, offset: [1, 2.5, null] };
  const job = await queue.enqueue({ kind: 'load', grid: 'plaza', input });
  assert.deepEqual(job, await queue.get(job.id));
  assert.deepEqual(job.input, input);
  assert.equal(job.state, 'waiting');
  assert.equal(job.grid, 'plaza');
  assert.equal(job.attempt, 0);
  assert.equal(job.runAt, job.createdAt);
  assert.equal((await queue.enqueue({ kind: 'load', input: null, runAt: 77 })).runAt, 77);
  assert.equal(await queue.get(randomUuid()), undefined);
});

forEachDatabase(
  'a key gives the job that waits or runs, and a new one when it has ended',
  async (_, database) => {
    const queue = new JobQueue(database);
    await queue.migrate();
    const jobs = await Promise.all(
      Array.from({ length: 10 }, () => queue.enqueue({ kind: 'backup', input: null, key: 'backup plaza' })),
    );
    const ids = new Set(jobs.map((job) => job.id));
    assert.equal(ids.size, 1);
    const [first] = jobs;
    assert.ok(first !== undefined);
    await queue.cancel(first.id);
    const next = await queue.enqueue({ kind: 'backup', input: null, key: 'backup plaza' });
    assert.notEqual(next.id, first.id);
  },
);

forEachDatabase('lists the newest first, page by page, by grid, kind and state', async (_, database) => {
  const queue = new JobQueue(database);
  await queue.migrate();
  for (let index = 0; index < 12; index += 1) {
    const place = index % 3 === 0 ? {} : { grid: index % 3 === 1 ? 'plaza' : 'harbour' };
    await queue.enqueue({ kind: index < 6 ? 'load' : 'save', input: index, ...place });
  }
  const inputs: unknown[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<JobQueue['list']>> = await queue.list({
      limit: 5,
      ...(cursor === null ? {} : { cursor }),
    });
    inputs.push(...page.jobs.map((job) => job.input));
    cursor = page.next;
  } while (cursor !== null);
  assert.deepEqual(inputs, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  const found = async (filter: Parameters<JobQueue['list']>[0]) =>
    (await queue.list(filter)).jobs.map((job) => job.input);
  assert.deepEqual(await found({ grid: 'plaza' }), [10, 7, 4, 1]);
  assert.deepEqual(await found({ grid: null, kind: 'load' }), [3, 0]);
  assert.deepEqual(await found({ states: ['running', 'done'] }), []);
  await assert.rejects(queue.list({ limit: 0 }), JobInputError);
  await assert.rejects(queue.list({ cursor: '1; drop' }), JobInputError);
});

forEachDatabase('cancels a waiting job at once, and an ended one not at all', async (_, database) => {
  const queue = new JobQueue(database);
  await queue.migrate();
  const { id } = await queue.enqueue({ kind: 'load', input: null });
  const cancelled = await queue.cancel(id);
  assert.equal(cancelled?.state, 'cancelled');
  assert.ok(cancelled.endedAt !== null);
  assert.equal(await queue.cancel(id), undefined);
  assert.equal(await queue.cancel(randomUuid()), undefined);
});

forEachDatabase('shows each change to who watches, also those of another process', async (_, database) => {
  const queue = new JobQueue(database);
  await queue.migrate();
  const { id } = await queue.enqueue({ kind: 'load', input: null });
  const seen: JobRecord[] = [];
  for await (const job of queue.watch(id)) {
    seen.push(job);
    // Another object on the same tables cannot wake the watcher.
    if (seen.length === 1) await new JobQueue(database).cancel(id);
  }
  assert.deepEqual(
    seen.map((job) => job.state),
    ['waiting', 'cancelled'],
  );
  for await (const job of queue.watch(randomUuid())) assert.fail(`there is no job ${job.id}`);
  const waiting = await queue.enqueue({ kind: 'load', input: null });
  const stop = new AbortController();
  for await (const job of queue.watch(waiting.id, stop.signal)) {
    assert.equal(job.id, waiting.id);
    stop.abort();
  }
});

forEachDatabase('is part of a transaction when asked', async (_, database) => {
  const queue = new JobQueue(database);
  await queue.migrate();
  await assert.rejects(
    database.transaction(async (queries) => {
      await queue.enqueueIn(queries, { kind: 'load', input: null });
      throw new Error('no');
    }),
  );
  assert.deepEqual((await queue.list()).jobs, []);
  await database.transaction((queries) => queue.enqueueIn(queries, { kind: 'load', input: null }));
  assert.equal((await queue.list()).jobs.length, 1);
});

forEachDatabase('deletes what ended long ago', async (_, database) => {
  const queue = new JobQueue(database);
  await queue.migrate();
  const jobs = await Promise.all(
    Array.from({ length: 1203 }, (_unused, index) => queue.enqueue({ kind: 'load', input: index })),
  );
  for (const job of jobs.slice(0, 3)) await queue.cancel(job.id);
  await database
    .tables<JobTables>()
    .updateTable('job')
    .set({ state: 'done', ended_at: 1000 })
    .where('state', '=', 'waiting')
    .execute();
  const { id } = await queue.enqueue({ kind: 'load', input: 'waits' });
  assert.equal(await queue.deleteEnded(3_600_000), 1200);
  assert.equal((await queue.list()).jobs.length, 4);
  assert.equal(await queue.deleteEnded(0), 3);
  assert.deepEqual(
    (await queue.list()).jobs.map((job) => job.id),
    [id],
  );
});

forEachDatabase('refuses what is too large or without a name', async (_, database) => {
  const queue = new JobQueue(database);
  await queue.migrate();
  await assert.rejects(queue.enqueue({ kind: '', input: null }), /kind must have/);
  await assert.rejects(queue.enqueue({ kind: 'a', grid: '', input: null }), /grid must have/);
  await assert.rejects(queue.enqueue({ kind: 'a', key: 'k'.repeat(201), input: null }), /key must have/);
  await assert.rejects(queue.enqueue({ kind: 'a', input: 'x'.repeat(1_048_576) }), /input is larger/);
  await assert.rejects(queue.enqueue({ kind: 'a', input: null, runAt: 0.5 }), /runAt/);
});
