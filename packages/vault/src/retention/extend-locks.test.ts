import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { FileKind, Target } from '../target/target.ts';
import { TargetError } from '../target/target.ts';
import { memoryTarget, type MemoryTarget } from '../test-support/faulty-target.ts';
import { SmallVault } from '../test-support/small-vault.ts';
import { dayMs } from './calendar.ts';
import { extendLocks, objectLockUntil } from './extend-locks.ts';
import { readRestorePoint } from './restore-points.ts';

interface LockingTarget extends Target {
  readonly memory: MemoryTarget;
  /** Unix milliseconds by kind and name. */
  readonly locks: Map<string, number>;
  calls: number;
  failAfter: number;
}

/** Forbids deletion as S3 Object Lock in COMPLIANCE mode does, by the time of the test. */
function lockingTarget(now: () => number): LockingTarget {
  const memory = memoryTarget();
  const locks = new Map<string, number>();
  const target: LockingTarget = {
    ...memory,
    memory,
    locks,
    calls: 0,
    failAfter: Infinity,
    async protect(kind: FileKind, name: string, until: number) {
      await Promise.resolve();
      if (target.calls >= target.failAfter) throw new TargetError('passing', 'gone');
      target.calls += 1;
      locks.set(`${kind}/${name}`, Math.max(locks.get(`${kind}/${name}`) ?? 0, until));
    },
    async remove(kind: FileKind, name: string) {
      if ((locks.get(`${kind}/${name}`) ?? 0) > now()) throw new TargetError('locked', 'locked');
      await memory.remove(kind, name);
    },
  };
  return target;
}

async function begin(): Promise<{ target: LockingTarget; vault: SmallVault; files: Map<string, Buffer> }> {
  let now = (): number => 0;
  const target = lockingTarget(() => now());
  const vault = await SmallVault.create(target);
  now = () => vault.machine.wall();
  const files = new Map<string, Buffer>();
  for (let at = 0; at < 10; at += 1) files.set(`regions/${at}.xml`, randomBytes(500));
  return { target, vault, files };
}

/** Every file that a locked snapshot needs is locked at least as long. */
async function assertLocked({ target, vault }: { target: LockingTarget; vault: SmallVault }): Promise<void> {
  const { now } = await vault.clock.sample();
  const index = await vault.repository.loadIndex();
  let longest = 0;
  for (const snapshot of await vault.repository.listSnapshots()) {
    const point = readRestorePoint(snapshot);
    if (typeof point === 'string' || (point.lockedUntil ?? 0) <= now) continue;
    const until = vault.machine.wall() + (point.lockedUntil ?? 0) - now;
    longest = Math.max(longest, until);
    const assertUntil = (kind: FileKind, name: string): void =>
      assert.ok((target.locks.get(`${kind}/${name}`) ?? 0) >= until, `${kind} ${name}`);
    assertUntil('snapshot', snapshot.id);
    const walk = async (id: typeof snapshot.tree): Promise<void> => {
      assertUntil('pack', index.find('tree', id)?.pack ?? '');
      for (const node of await vault.repository.readTree(id)) {
        if (node.type === 'dir') await walk(node.subtree);
        if (node.type === 'file')
          for (const blob of node.content) assertUntil('pack', index.find('data', blob)?.pack ?? '');
      }
    };
    await walk(snapshot.tree);
  }
  for (const kind of ['key', 'config'] as const)
    for (const name of target.memory.files(kind).keys())
      assert.ok((target.locks.get(`${kind}/${name}`) ?? 0) >= longest, kind);
}

describe('locks of the target', () => {
  it('last as long as the restore points that need a file, though it was written long before', async () => {
    const { target, vault, files } = await begin();
    for (let night = 0; night < 40; night += 1) {
      files.set(`assets/${night}.bin`, randomBytes(300));
      await vault.backup(files);
      if (night % 13 === 12) await vault.prune();
      await extendLocks(vault.repository, { clock: vault.clock });
      if (night % 8 === 7) await assertLocked({ target, vault });
      vault.machine.pass(dayMs);
    }
    // A file is asked for once in 30 days, not every night.
    const perFile = target.calls / target.locks.size;
    assert.ok(perFile < 4, `${perFile} times each`);
  });

  it('go on where they were interrupted', async () => {
    const { target, vault, files } = await begin();
    await vault.backup(files);
    target.failAfter = 3;
    await assert.rejects(extendLocks(vault.repository, { clock: vault.clock }), TargetError);
    target.failAfter = Infinity;
    target.calls = 0;
    const report = await extendLocks((await vault.reopened()).repository, { clock: vault.clock });
    assert.equal(report.extended, report.files - 3);
    await assertLocked({ target, vault });
    assert.equal((await extendLocks(vault.repository, { clock: vault.clock })).extended, 0);
  });

  it('are not asked for where the target has none', async () => {
    const vault = await SmallVault.create(memoryTarget());
    assert.equal((await extendLocks(vault.repository, { clock: vault.clock })).supported, false);
  });

  it('are neither too short with a clock set back nor for decades with one set forward', () => {
    const now = Date.UTC(2027, 0, 1);
    const lockedUntil = now + 30 * dayMs;
    const until = (lag: number): number => objectLockUntil(lockedUntil, { now, atMost: now, lag });
    assert.equal(until(0), lockedUntil);
    assert.equal(until(90 * dayMs), lockedUntil + 90 * dayMs);
    assert.equal(until(-90 * dayMs), lockedUntil);
    assert.ok(until(36_500 * dayMs) <= lockedUntil + 400 * dayMs);
  });
});
