import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { writeLockFile } from '../format/lock-file.ts';
import { createExample, quickLocks } from '../test-support/example-repository.ts';
import { memoryTarget } from '../test-support/faulty-target.ts';
import { isAbandoned, ownIdentity, staleMs } from './lock-holder.ts';
import { RepositoryDamagedError } from './repository-errors.ts';
import { RepositoryLockedError } from './repository-lock.ts';
import { openRepository } from './repository.ts';

test('shared locks go together, an exclusive one with nobody', async () => {
  const target = memoryTarget();
  const repository = await createExample(target);
  const one = await repository.lock('shared');
  const other = await repository.lock('shared');
  await assert.rejects(repository.lock('exclusive'), RepositoryLockedError);
  await one.release();
  await other.release();
  await other.release();
  const exclusive = await repository.lock('exclusive');
  await assert.rejects(repository.lock('exclusive'), RepositoryLockedError);
  await assert.rejects(repository.lock('shared'), /is held: wait/);
  const waiting = repository.lock('shared', { waitMs: 30_000 });
  await exclusive.release();
  await (await waiting).release();
  assert.equal(target.files('lock').size, 0);
});

test('of many who want it exclusively at once never two have it', async () => {
  const repository = await createExample(memoryTarget());
  let holders = 0;
  let successes = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      try {
        const lock = await repository.lock('exclusive');
        holders += 1;
        assert.equal(holders, 1);
        successes += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
        holders -= 1;
        await lock.release();
      } catch (error) {
        if (!(error instanceof RepositoryLockedError)) throw error;
      }
    }),
  );
  assert.ok(successes <= 1);
});

test('a lock is refreshed: a new file each time, never none', async () => {
  const target = memoryTarget();
  const made = await createExample(target);
  const times = { ...quickLocks, refreshMs: 5 };
  const repository = await openRepository(target, { masterKey: made.masterKey }, { lockTimes: times });
  const lock = await repository.lock('shared');
  const [first] = target.files('lock').keys();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const names = [...target.files('lock').keys()];
  assert.ok(names.length >= 1 && !names.includes(first ?? ''));
  assert.equal(lock.signal.aborted, false);
  await lock.release();
  assert.equal(target.files('lock').size, 0);
});

test('what dead processes of this machine left is removed, other machines’ locks are reported', async () => {
  const target = memoryTarget();
  const repository = await createExample(target);
  const write = (lock: Partial<Parameters<typeof writeLockFile>[0]>): Promise<string> =>
    repository.writeUnpacked(
      'lock',
      writeLockFile({ ...ownIdentity(), time: Date.now(), exclusive: true, ...lock }),
    );
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  await write({ pid: gone });
  // The pid came again: another start.
  await write({ username: `${ownIdentity().username.split('.')[0] ?? ''}.1` });
  // Another boot or container of this machine, long ago.
  await write({ username: 'elsewhere.1', time: Date.now() - staleMs - 1000 });
  await (await repository.lock('exclusive')).release();
  assert.equal(target.files('lock').size, 0);

  const elsewhere = await write({ username: 'elsewhere.1' });
  await assert.rejects(repository.lock('shared'), RepositoryLockedError);
  await target.remove('lock', elsewhere);
  await write({ hostname: 'other', time: Date.now() - 2 * staleMs });
  await assert.rejects(repository.lock('shared'), (error) => {
    assert.ok(error instanceof RepositoryLockedError);
    assert.match(error.message, /of other, process \d+, .* is stale: .*`restic unlock`/);
    assert.equal(error.holders[0]?.isStale, true);
    return true;
  });
  // Alive, whatever the clock says.
  const own = { ...ownIdentity(), time: Date.now(), exclusive: true };
  assert.equal(isAbandoned(own, Date.now() + 10 * staleMs), false);
});

test('an empty lock file is none, a damaged one is said', async () => {
  const target = memoryTarget();
  const repository = await createExample(target);
  target.files('lock').set('0'.repeat(64), Buffer.alloc(0));
  await (await repository.lock('exclusive')).release();
  target.files('lock').set('1'.repeat(64), Buffer.alloc(100));
  await assert.rejects(repository.lock('shared'), RepositoryDamagedError);
});
