import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { missing } from '@gridkeep/testing/requirements';
import { updateParity } from '../parity/protect.ts';
import { openRepository } from '../repository/repository.ts';
import { openFolderTarget } from '../target/folder-target.ts';
import type { Target } from '../target/target.ts';
import { TargetError } from '../target/target.ts';
import { cloneTarget, damageOne, repositoryKinds } from '../test-support/damage.ts';
import type { MemoryTarget } from '../test-support/faulty-target.ts';
import { faultyTarget, memoryTarget } from '../test-support/faulty-target.ts';
import { restic } from '../test-support/real-restic.ts';
import {
  readWhole,
  samplePassword,
  sampleRepository,
  seededNumbers,
} from '../test-support/sample-repository.ts';
import { repair } from '../verify/repair.ts';
import { verify } from '../verify/verify.ts';
import type { MirrorOptions } from './mirror.ts';
import { mirror } from './mirror.ts';

function isSame(one: MemoryTarget, other: MemoryTarget): boolean {
  return repositoryKinds.every((kind) => {
    const files = one.files(kind);
    const others = other.files(kind);
    return files.size === others.size && [...files].every(([name, bytes]) => others.get(name)?.equals(bytes));
  });
}

type Made = Awaited<ReturnType<typeof sampleRepository>>;
let first: { readonly source: MemoryTarget; readonly sample: Made } | undefined;

/** A repository, the same each time, and its copy. */
async function made(): Promise<{ source: MemoryTarget; copy: MemoryTarget; sample: Made }> {
  if (first === undefined) {
    const target = memoryTarget();
    const sample = await sampleRepository(target);
    await sample.repository.close();
    first = { source: target, sample };
  }
  const source = cloneTarget(first.source, repositoryKinds);
  const copy = memoryTarget();
  const report = await mirror(source, copy);
  assert.ok(report.complete);
  assert.ok(isSame(source, copy));
  return { source, copy, sample: first.sample };
}

function kinds(report: { readonly alarms: readonly { readonly kind: string }[] }): string[] {
  return report.alarms.map(({ kind }) => kind);
}

describe('mirroring a repository', () => {
  test('a second run copies nothing, a later one only what is new', async () => {
    const { source, copy } = await made();
    const again = await mirror(source, copy);
    assert.deepEqual([again.copied, again.bytesCopied], [0, 0]);
    await updateParity(source);
    assert.equal((await mirror(source, copy)).copied, 0);
    assert.equal(copy.files('parity').size, 0);
    copy.files('pack').delete([...copy.files('pack').keys()][0] ?? '');
    assert.equal((await mirror(source, copy)).copied, 1);
    assert.ok(isSame(source, copy));
  });

  test('an emptied, wiped, or exchanged source changes nothing at the copy and is told', async () => {
    const { source, copy, sample } = await made();
    const before = cloneTarget(copy, repositoryKinds);
    const { masterKey } = sample.repository;
    // Retention would let go of everything: even then.
    const options: MirrorOptions = {
      follow: { masterKey, mayForget: (snapshots) => new Set(snapshots.map(({ id }) => id)) },
    };
    assert.deepEqual(kinds(await mirror(memoryTarget(), copy, options)), ['source is empty']);
    const keyless = cloneTarget(source, ['config', 'pack']);
    assert.deepEqual(kinds(await mirror(keyless, copy, options)), ['source is empty']);
    const other = memoryTarget();
    await (await sampleRepository(other, { seed: 2 })).repository.close();
    assert.deepEqual(kinds(await mirror(other, copy, options)), ['another repository']);
    assert.ok(isSame(copy, before));

    // The attacker leaves what identifies the repository, and takes the rest.
    const emptied = cloneTarget(source, ['config', 'key']);
    const keeping: MirrorOptions = { follow: { masterKey, mayForget: () => new Set() } };
    const report = await mirror(emptied, copy, keeping);
    assert.deepEqual(kinds(report), ['source lacks snapshots']);
    assert.equal(report.alarms[0]?.files.length, 3);
    assert.ok(isSame(copy, before));
    // Snapshots stay at the source, their packs do not: what would be left is no repository.
    for (const taken of ['pack', 'index'] as const) {
      const gutted = cloneTarget(
        source,
        repositoryKinds.filter((kind) => kind !== taken),
      );
      assert.deepEqual(kinds(await mirror(gutted, copy, options)), ['not removed'], taken);
      assert.ok(isSame(copy, before));
    }
  });

  test('snapshots that retention lets go, and their packs, are removed at the copy', async () => {
    const { source, copy, sample } = await made();
    const [oldest] = sample.snapshots;
    assert.ok(oldest);
    source.files('snapshot').delete(oldest.id);
    const { masterKey } = sample.repository;
    const held = await mirror(source, copy, { follow: { masterKey, mayForget: () => new Set() } });
    assert.deepEqual(kinds(held), ['source lacks snapshots']);
    assert.equal((await mirror(source, copy)).removed, 0);
    const left = await mirror(source, copy, { follow: { masterKey, mayForget: () => new Set([oldest.id]) } });
    assert.deepEqual([left.removed, kinds(left)], [1, []]);
    assert.ok(isSame(source, copy));
  });

  test('damage at the source is not copied, damage at the copy is mended', async () => {
    const { source, copy } = await made();
    const next = seededNumbers(3);
    for (let round = 0; round < 60; round += 1) {
      const bad = cloneTarget(source, repositoryKinds);
      const there = cloneTarget(copy, repositoryKinds);
      const what = damageOne(bad, next, ['pack', 'index', 'snapshot']);
      const report = await mirror(bad, there);
      assert.ok(isSame(there, copy), what);
      assert.ok(report.complete || kinds(report).includes('source damaged'), what);
      const hurt = damageOne(there, next, ['pack', 'index', 'snapshot', 'key']);
      await mirror(source, there, { check: { slice: 0, of: 1 } });
      assert.ok(isSame(there, source), hurt);
    }
  });

  test('a copy that gives back something else than was written is told', async () => {
    const { source } = await made();
    const lying = faultyTarget(memoryTarget(), {
      damage: (kind, _name, bytes) => (kind === 'pack' ? bytes.fill(0, 0, 1) : bytes),
    });
    const report = await mirror(source, lying);
    assert.deepEqual(kinds(report), ['copy lies']);
    assert.equal(report.complete, false);
  });

  test('a target that vanishes or is full ends the run; the next one goes on', async () => {
    const { source } = await made();
    const copy = memoryTarget();
    for (let calls = 0; ; calls += 3) {
      let left = calls;
      const weak: Target = faultyTarget(copy, {
        before: (call) => {
          left -= call === 'list' ? 0 : 1;
          if (left < 0) throw new TargetError(calls % 2 === 0 ? 'passing' : 'full', 'gone');
        },
      });
      const done = await mirror(source, weak).then(
        () => true,
        (error: unknown) => {
          assert.ok(error instanceof TargetError);
          return false;
        },
      );
      // What is there is whole, and the newest snapshots come last.
      for (const [name, bytes] of copy.files('pack'))
        assert.ok(source.files('pack').get(name)?.equals(bytes));
      if (done) break;
    }
    assert.ok(isSame(source, copy));
  });

  test('what neither parity nor anything else can repair comes from the copy', async () => {
    const { source, copy, sample } = await made();
    for (const name of source.files('pack').keys()) source.files('pack').delete(name);
    for (const name of [...source.files('index').keys()].slice(1)) source.files('index').delete(name);
    const repository = await openRepository(source, { masterKey: sample.repository.masterKey });
    const report = await verify(repository, { data: 'all' });
    assert.equal(report.sound, false);
    await using lock = await repository.lock('exclusive');
    const { after } = await repair(repository, lock, report, { copies: [memoryTarget(), copy] });
    assert.deepEqual(after.findings, []);
    assert.deepEqual(await readWhole(repository), new Map(sample.hashes));
    await repository.close();
  });

  test(
    'killed at any moment it goes on, and restic finds no fault',
    { skip: missing('restic') },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'gridkeep-mirror-'));
      try {
        const { source } = await made();
        const here = await openFolderTarget(join(folder, 'source'));
        for (const kind of repositoryKinds) {
          for (const [name, bytes] of source.files(kind)) await here.save(kind, name, bytes);
        }
        const program = `
        import { mirror } from ${JSON.stringify(new URL('mirror.ts', import.meta.url).href)};
        import { openFolderTarget } from ${JSON.stringify(new URL('../target/folder-target.ts', import.meta.url).href)};
        const [here, there] = await Promise.all(['source', 'copy'].map((name) => openFolderTarget(${JSON.stringify(folder)} + '/' + name)));
        process.stdout.write('ready');
        await mirror(here, there, { bytesPerSecond: 400_000 });`;
        for (let round = 0; round < 4; round += 1) {
          const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
            stdio: ['ignore', 'pipe', 'inherit'],
          });
          await once(child.stdout, 'data');
          await setTimeout(10 + 25 * round);
          child.kill('SIGKILL');
          await once(child, 'exit');
        }
        const there = await openFolderTarget(join(folder, 'copy'));
        const report = await mirror(here, there, { check: { slice: 0, of: 1 } });
        assert.ok(report.complete);
        assert.match(
          await restic(join(folder, 'copy'), samplePassword, 'check', '--read-data'),
          /no errors were found/,
        );
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
