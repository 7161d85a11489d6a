import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { RepositoryLockedError } from '../repository/repository-lock.ts';
import { dayMs } from '../retention/calendar.ts';
import { openFolderTarget } from '../target/folder-target.ts';
import { TargetError, type Target } from '../target/target.ts';
import { faultyTarget, memoryTarget, type Faults, type MemoryTarget } from '../test-support/faulty-target.ts';
import { restic } from '../test-support/real-restic.ts';
import { hashesOf, password, SmallVault } from '../test-support/small-vault.ts';
import { PruneRefusedError } from './prune.ts';

/** What each snapshot must hold, by its name. */
type Hashes = Map<string, Map<string, string>>;

/** Backups on several days, whose first ones may go: partly used packs, unused ones, many small ones. */
async function vaultWithHistory(target: Target, days = 14): Promise<{ vault: SmallVault; hashes: Hashes }> {
  const vault = await SmallVault.create(target);
  vault.packBytes = 8 * 1024;
  const hashes: Hashes = new Map();
  const files = new Map<string, Buffer>();
  for (let at = 0; at < 20; at += 1) files.set(`regions/${at}.xml`, randomBytes(1500));
  for (let day = 0; day < days; day += 1) {
    for (let hour = 0; hour < 3; hour += 1) {
      files.set(`assets/${day}/${hour}.bin`, randomBytes(700));
      files.set('records.jsonl', randomBytes(2500));
      files.set(`regions/${(day * 3 + hour) % 20}.xml`, randomBytes(1500));
      hashes.set((await vault.backup(files)).id, hashesOf(files));
      vault.machine.pass(dayMs / 3);
    }
  }
  return { vault, hashes };
}

async function assertAllThere(vault: SmallVault, hashes: Hashes, names: Iterable<string>): Promise<void> {
  const snapshots = new Map(
    (await vault.repository.listSnapshots()).map((snapshot) => [snapshot.id, snapshot]),
  );
  for (const name of names) {
    const snapshot = snapshots.get(name);
    assert.ok(snapshot !== undefined, `snapshot ${name} is gone`);
    assert.deepEqual(await vault.contents(snapshot.tree), hashes.get(name));
  }
}

function without(hashes: Hashes, forgotten: readonly string[]): string[] {
  const gone = new Set(forgotten);
  return [...hashes.keys()].filter((name) => !gone.has(name));
}

function copyOf(target: MemoryTarget): MemoryTarget {
  const copy = memoryTarget();
  for (const kind of ['config', 'key', 'pack', 'index', 'snapshot', 'state', 'parity'] as const)
    for (const [name, bytes] of target.files(kind)) copy.files(kind).set(name, bytes);
  return copy;
}

describe('prune', () => {
  it('takes what no kept snapshot needs, and tells what it did', async () => {
    const target = memoryTarget();
    const { vault, hashes } = await vaultWithHistory(target);
    const stored = [...target.files('pack').values()].reduce((sum, pack) => sum + pack.length, 0);
    const tried = await vault.prune({ dryRun: true });
    const report = await vault.prune();
    assert.deepEqual(report.forgotten, tried.forgotten);
    assert.ok(report.forgotten.length >= 8 && report.packsRemoved > 0 && report.packsRepacked > 0);
    assert.ok(report.bytesUnused <= 0.05 * report.bytesUsed);
    const left = [...target.files('pack').values()].reduce((sum, pack) => sum + pack.length, 0);
    assert.ok(left < stored);
    const fresh = await vault.reopened();
    await assertAllThere(fresh, hashes, without(hashes, report.forgotten));
    assert.equal(target.files('snapshot').size, hashes.size - report.forgotten.length);
    const again = await vault.prune();
    assert.equal(again.bytesWritten + again.bytesRead + again.packsRemoved + again.forgotten.length, 0);
  });

  it('changes nothing on a dry run', async () => {
    const target = memoryTarget();
    const { vault } = await vaultWithHistory(target, 5);
    await vault.clock.sample();
    const before = copyOf(target);
    await vault.prune({ dryRun: true });
    for (const kind of ['pack', 'index', 'snapshot', 'lock'] as const)
      assert.deepEqual(target.files(kind), before.files(kind));
  });

  it('puts many small packs and index files together', async () => {
    const target = memoryTarget();
    const vault = await SmallVault.create(target);
    const files = new Map<string, Buffer>();
    const hashes: Hashes = new Map();
    for (let day = 0; day < 20; day += 1) {
      files.set(`${day}.bin`, randomBytes(100));
      hashes.set((await vault.backup(files)).id, hashesOf(files));
      vault.machine.pass(dayMs);
    }
    assert.equal(target.files('index').size, 20);
    await vault.prune();
    assert.equal(target.files('pack').size, 2);
    assert.ok(target.files('index').size <= 2);
    await assertAllThere(await vault.reopened(), hashes, hashes.keys());
  });

  it('never reads data on cold storage, and takes cold packs that nobody needs', async () => {
    const target = memoryTarget();
    const { vault, hashes } = await vaultWithHistory(target);
    const trees = new Set<string>();
    for (const pack of (await vault.repository.loadIndex()).packs())
      if (pack.content === 'tree') trees.add(pack.id);
    const cold: Target = {
      ...faultyTarget(target, {
        before: (call, kind, name) => {
          if (call === 'save' && kind === 'pack') trees.add(name);
          if (call === 'read' && kind === 'pack') assert.ok(trees.has(name), 'a pack of data was read');
        },
      }),
      cold: {
        description: 'tape',
        availability: () => Promise.resolve('cold'),
        fetch: () => Promise.reject(new Error('fetched')),
      },
    };
    const pruner = await vault.reopened(cold);
    pruner.packBytes = vault.packBytes;
    const report = await pruner.prune({ clock: vault.clock, repackCold: true });
    assert.ok(report.forgotten.length > 0);
    await pruner.prune({ clock: vault.clock });
    await assertAllThere(await vault.reopened(), hashes, without(hashes, report.forgotten));
  });

  it('keeps snapshots, indexes and packs together that the target does not let go', async () => {
    for (const locked of ['snapshot', 'index', 'pack'] as const) {
      const target = memoryTarget();
      const { vault, hashes } = await vaultWithHistory(target);
      const faults: Faults = {
        before: (call, kind) => {
          if (call === 'remove' && kind === locked) throw new TargetError('locked', 'not yet');
        },
      };
      const locking = { ...faultyTarget(target, faults), protect: () => Promise.resolve() };
      const pruner = await vault.reopened(locking);
      pruner.packBytes = vault.packBytes;
      const report = await pruner.prune({ clock: vault.clock });
      assert.ok(report.postponed > 0, locked);
      await assertAllThere(await vault.reopened(), hashes, without(hashes, report.forgotten));
      // Nothing grows from night to night.
      const size = target.files('pack').size + target.files('index').size;
      await pruner.prune({ clock: vault.clock });
      assert.ok(target.files('pack').size + target.files('index').size <= size, locked);
      faults.before = undefined;
      const last = await pruner.prune({ clock: vault.clock });
      assert.equal(last.postponed, 0);
      await assertAllThere(
        await vault.reopened(),
        hashes,
        without(hashes, [...report.forgotten, ...last.forgotten]),
      );
    }
  });

  it('goes without repacking when there is no room', async () => {
    const target = memoryTarget();
    const { vault, hashes } = await vaultWithHistory(target);
    const faults: Faults = {
      before: (call, kind) => {
        if (call === 'save' && kind === 'pack') throw new TargetError('full', 'no room');
      },
    };
    const pruner = await vault.reopened(faultyTarget(target, faults));
    pruner.packBytes = vault.packBytes;
    const report = await pruner.prune({ clock: vault.clock });
    assert.equal(report.full, true);
    assert.ok(report.forgotten.length > 0);
    await assertAllThere(await vault.reopened(), hashes, without(hashes, report.forgotten));
    faults.before = undefined;
    const later = await pruner.prune({ clock: vault.clock });
    assert.ok(later.packsRepacked > 0);
    await assertAllThere(await vault.reopened(), hashes, without(hashes, report.forgotten));
  });

  it('removes nothing when something that is needed is lost or damaged', async () => {
    const { target, vault } = await (async () => {
      const memory = memoryTarget();
      return { target: memory, ...(await vaultWithHistory(memory, 6)) };
    })();
    const index = await vault.repository.loadIndex();
    const newest = (await vault.repository.listSnapshots()).at(-1);
    assert.ok(newest !== undefined);
    const pack = index.find('tree', newest.tree)?.pack ?? '';
    const damages: readonly ((copy: MemoryTarget) => void)[] = [
      (copy) => copy.files('pack').delete(pack),
      (copy) => copy.files('pack').set(pack, (target.files('pack').get(pack) ?? Buffer.alloc(0)).subarray(1)),
      (copy) => copy.files('pack').set(pack, randomBytes(target.files('pack').get(pack)?.length ?? 0)),
      (copy) => copy.files('index').delete(index.pack(index.packNumbersOf(pack)[0] ?? 0).indexFiles[0] ?? ''),
      (copy) => copy.files('snapshot').set(newest.id, randomBytes(300)),
    ];
    for (const damage of damages) {
      const copy = copyOf(target);
      damage(copy);
      const before = copyOf(copy);
      const broken = await vault.reopened(copy);
      await assert.rejects(broken.prune(), PruneRefusedError);
      for (const kind of ['pack', 'index', 'snapshot'] as const)
        assert.deepEqual(copy.files(kind), before.files(kind));
      assert.equal(copy.files('lock').size, 0);
    }
  });

  it('can fail at every single step: what is kept is there, and the next prune ends the work', async () => {
    const origin = memoryTarget();
    const { vault, hashes } = await vaultWithHistory(origin, 6);
    const full = copyOf(origin);
    const pruned = await vault.reopened(full);
    pruned.packBytes = vault.packBytes;
    const report = await pruned.prune();
    const kept = without(hashes, report.forgotten);
    for (let steps = 0; ; steps += 1) {
      const target = copyOf(origin);
      let left = steps;
      let isDead = false;
      const dying = await vault.reopened(
        faultyTarget(target, {
          before: (call, kind) => {
            if (call === 'list' || call === 'read' || kind === 'state') return;
            if (left <= 0) isDead = true;
            if (isDead) throw new TargetError('permanent', 'killed');
            left -= 1;
          },
        }),
      );
      dying.packBytes = vault.packBytes;
      const ended = await dying.prune().then(
        () => true,
        () => false,
      );
      target.files('lock').clear();
      const next = await vault.reopened(target);
      next.packBytes = vault.packBytes;
      await assertAllThere(next, hashes, kept);
      await next.prune();
      await assertAllThere(await vault.reopened(target), hashes, kept);
      assert.equal(target.files('snapshot').size, kept.length);
      const named = new Set([...(await next.repository.loadIndex()).packs()].map(({ id }) => id));
      assert.deepEqual(named, new Set(target.files('pack').keys()));
      if (ended) break;
      // Steps that only remove one more pack are all alike.
      if (steps > 12) steps += 4;
    }
  });
});

describe('attacks on prune', () => {
  it('no argument of prune reaches a locked snapshot', async () => {
    const target = memoryTarget();
    const { vault, hashes } = await vaultWithHistory(target);
    const points = (await vault.repository.listSnapshots()).filter(({ tags }) =>
      tags.some((tag) => tag.startsWith('locked-until:')),
    );
    assert.ok(points.length >= 14);
    for (const options of [
      { retention: { days: 0, weeks: 0, months: 0 } },
      { retention: { days: -Infinity, weeks: Number.NaN, months: -1 } },
      { zone: 'Pacific/Kiritimati', maxUnusedShare: 0 },
      { maxUnusedShare: -1, repackCold: true },
    ])
      await vault.prune(options);
    await assertAllThere(
      await vault.reopened(),
      hashes,
      points.map(({ id }) => id),
    );
  });

  it('is refused while a backup runs, and a backup while prune runs', async () => {
    const target = memoryTarget();
    const { vault, hashes } = await vaultWithHistory(target, 5);
    const lock = await vault.repository.lock('shared');
    const before = target.files('pack').size;
    await assert.rejects((await vault.reopened()).prune(), RepositoryLockedError);
    assert.equal(target.files('pack').size, before);
    await lock.release();

    let refused = 0;
    const faults: Faults = {
      before: async (call, kind) => {
        if (call !== 'save' || kind !== 'index') return;
        await assert.rejects(
          (await vault.reopened()).backup(new Map([['a', randomBytes(10)]])),
          RepositoryLockedError,
        );
        refused += 1;
      },
    };
    const pruner = await vault.reopened(faultyTarget(target, faults));
    pruner.packBytes = vault.packBytes;
    const report = await pruner.prune({ clock: vault.clock });
    assert.ok(refused > 0);
    await assertAllThere(await vault.reopened(), hashes, without(hashes, report.forgotten));
  });

  it('is refused while a backup runs although the wall clock was set forward by days', async (t: TestContext) => {
    const target = memoryTarget();
    const { vault } = await vaultWithHistory(target, 2);
    await using _lock = await vault.repository.lock('shared');
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 10 * dayMs });
    await assert.rejects((await vault.reopened()).prune(), RepositoryLockedError);
  });

  it('two at once: one works, or none, and nothing is lost', async () => {
    const target = memoryTarget();
    const { vault, hashes } = await vaultWithHistory(target, 8);
    const pruners = await Promise.all([vault.reopened(), vault.reopened(), vault.reopened()]);
    const results = await Promise.allSettled(pruners.map((pruner) => pruner.prune({ clock: vault.clock })));
    const forgotten: string[] = [];
    for (const result of results) {
      if (result.status === 'fulfilled') forgotten.push(...result.value.forgotten);
      else assert.ok(result.reason instanceof RepositoryLockedError);
    }
    assert.equal(target.files('lock').size, 0);
    await vault.prune();
    await assertAllThere(
      await vault.reopened(),
      hashes,
      without(hashes, forgotten.length > 0 ? forgotten : (await vault.prune()).forgotten).filter((name) =>
        target.files('snapshot').has(name),
      ),
    );
    assert.ok(target.files('snapshot').size >= 8 * 2);
  });

  it('stops as soon as its lock is lost', async () => {
    const target = memoryTarget();
    const { vault, hashes } = await vaultWithHistory(target, 6);
    const stop = new AbortController();
    const pruner = await vault.reopened(
      faultyTarget(target, {
        before: (call, kind) => {
          if (call === 'remove' && kind === 'snapshot') stop.abort(new Error('lost'));
        },
      }),
    );
    await assert.rejects(pruner.prune({ clock: vault.clock, signal: stop.signal }), /lost/);
    assert.ok(target.files('snapshot').size >= hashes.size - 1);
    await assertAllThere(await vault.reopened(), hashes, target.files('snapshot').keys());
  });
});

describe('prune beside restic', () => {
  it('leaves what restic wrote and what restic then finds whole', { skip: missing('restic') }, async (t) => {
    const folder = await temporaryFolder(t);
    const vault = join(folder, 'vault');
    const source = join(folder, 'source');
    await mkdir(source);
    await mkdir(vault);
    const target = await openFolderTarget(vault);
    t.after(() => target.close());
    const { vault: small, hashes } = await vaultWithHistory(target, 8);
    await writeFile(join(source, 'file'), randomBytes(100_000));
    await restic(vault, password, 'backup', source);
    await writeFile(join(source, 'file'), randomBytes(100_000));
    await restic(vault, password, 'backup', '--tag', 'point:day', source);
    const report = await small.prune();
    assert.equal(report.kept.filter(({ why }) => why === 'foreign').length, 2);
    await restic(vault, password, 'check', '--read-data');
    await restic(vault, password, 'restore', 'latest', '--target', join(folder, 'restored'));
    await assertAllThere(await small.reopened(), hashes, without(hashes, report.forgotten));
    // And restic's prune after ours.
    await restic(vault, password, 'prune', '--max-unused', '0');
    await restic(vault, password, 'check', '--read-data');
    await assertAllThere(await small.reopened(), hashes, without(hashes, report.forgotten));
  });

  it('leaves packs alone that rustic put down to be deleted', async () => {
    const target = memoryTarget();
    const { vault, hashes } = await vaultWithHistory(target, 3);
    const bytes = randomBytes(200);
    const pack = createHash('sha256').update(bytes).digest('hex');
    target.files('pack').set(pack, bytes);
    const doomed = {
      id: pack,
      time: '2026-11-23T00:00:00Z',
      blobs: [{ id: 'a'.repeat(64), type: 'data', offset: 0, length: 100 }],
    };
    await vault.repository.writeUnpacked('index', JSON.stringify({ packs: [], packs_to_delete: [doomed] }));
    const orphan = createHash('sha256').update('orphan').digest('hex');
    target.files('pack').set(orphan, Buffer.from('orphan'));
    const report = await vault.prune();
    assert.ok(target.files('pack').has(pack));
    assert.ok(!target.files('pack').has(orphan));
    await assertAllThere(await vault.reopened(), hashes, without(hashes, report.forgotten));
  });
});
