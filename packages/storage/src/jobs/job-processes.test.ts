/** Jobs done by other processes: killed, and several at once. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { forEachDatabase, freshLocation } from '@gridkeep/testing/databases';
import { missing } from '@gridkeep/testing/requirements';
import { openDatabase, type DatabaseLocation } from '../database/open-database.ts';
import { JobQueue } from './job-queue.ts';
import type { JobTables } from './job-tables.ts';
import { JobWorker } from './job-worker.ts';
import { effectHandler, effectMigrations, type EffectTables } from './test-support/effect-handler.ts';

const program = fileURLToPath(new URL('./test-support/do-jobs.ts', import.meta.url));

type Child = ChildProcessByStdio<Writable, Readable, null>;

function startWorker(location: DatabaseLocation, owner: string, leaseMs: number, pauseMs: number): Child {
  const args = [program, JSON.stringify(location), owner, String(leaseMs), String(pauseMs)];
  return spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function ended(child: Child): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

forEachDatabase(
  'a job whose process is killed is done by the next worker, once',
  async (_, database, location) => {
    const queue = new JobQueue(database);
    await queue.migrate();
    await database.migrate(effectMigrations);
    const jobs = await Promise.all(
      Array.from({ length: 6 }, () => queue.enqueue({ kind: 'effect', input: null })),
    );
    const child = startWorker(location, 'killed', 60_000, 20);
    let starts = 0;
    for await (const chunk of child.stdout) {
      starts += String(chunk).split('start').length - 1;
      if (starts >= 3) child.kill('SIGKILL');
    }
    await ended(child);
    assert.equal(child.signalCode, 'SIGKILL');
    const left = await queue.list({ states: ['running'] });
    assert.ok(left.jobs.length > 0, 'it was killed in the middle of a job');

    const worker = new JobWorker({
      queue,
      owner: 'next',
      aloneOnDatabase: true,
      handlers: [effectHandler(database, () => Promise.resolve())],
      report: (error) => {
        throw error;
      },
    });
    worker.start();
    for (const { id } of jobs) {
      const states: string[] = [];
      for await (const job of queue.watch(id)) states.push(job.state);
      assert.equal(states.at(-1), 'done');
    }
    await worker.stop();
    const effects = await database.tables<EffectTables>().selectFrom('effect').selectAll().execute();
    assert.equal(effects.length, jobs.length);
    // What the killed process had finished is not done again, unless it died between the effect and its mark.
    const again = effects.filter((effect) => effect.tries > 1);
    assert.ok(again.length <= left.jobs.length);
  },
);

test(
  'several processes share a queue, and each job is done once',
  { skip: missing('postgres') },
  async (context) => {
    const location = await freshLocation(context, 'postgres');
    const database = await openDatabase(location);
    const queue = new JobQueue(database);
    await queue.migrate();
    await database.migrate(effectMigrations);
    const jobs = await Promise.all(
      Array.from({ length: 60 }, () => queue.enqueue({ kind: 'effect', input: null })),
    );
    const owners = ['first', 'second'];
    const children = owners.map((owner) => startWorker(location, owner, 30_000, 5));
    const outputs = children.map(async (child) => {
      let said = '';
      for await (const chunk of child.stdout) said += String(chunk);
      return said.split('\n').filter((line) => line !== '');
    });
    for (const { id } of jobs) {
      for await (const job of queue.watch(id)) assert.ok(job.state !== 'failed' && job.attempt <= 1);
    }
    for (const child of children) child.stdin.end();
    await Promise.all(children.map(ended));
    assert.deepEqual(
      children.map((child) => child.exitCode),
      [0, 0],
    );
    const started = (await Promise.all(outputs)).flat().sort();
    assert.deepEqual(started, jobs.map((job) => `start ${job.id}`).sort());
    const effects = await database.tables<EffectTables>().selectFrom('effect').selectAll().execute();
    assert.equal(effects.length, jobs.length);
    assert.ok(effects.every((effect) => effect.tries === 1));
    const { count } = await database
      .tables<JobTables>()
      .selectFrom('job')
      .select((job) => job.fn.countAll<number>().as('count'))
      .where('attempt', '=', 1)
      .executeTakeFirstOrThrow();
    assert.equal(count, jobs.length);
    await database.close();
  },
);
