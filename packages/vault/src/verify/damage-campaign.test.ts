/** Thousands of random damages with a fixed seed: each is found, those in reach of parity repaired, no wrong byte ever read. */
import assert from 'node:assert/strict';

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { missing } from '@gridkeep/testing/requirements';
import { updateParity } from '../parity/protect.ts';
import { RepositoryDamagedError } from '../repository/repository-errors.ts';
import type { Repository } from '../repository/repository.ts';
import { openRepository } from '../repository/repository.ts';
import { openFolderTarget } from '../target/folder-target.ts';
import { TargetError } from '../target/target.ts';
import { cloneTarget, damageOne, lyingIndex, repositoryKinds } from '../test-support/damage.ts';
import type { MemoryTarget } from '../test-support/faulty-target.ts';
import { memoryTarget } from '../test-support/faulty-target.ts';
import { restic } from '../test-support/real-restic.ts';
import type { Sample } from '../test-support/sample-repository.ts';
import {
  readWhole,
  samplePassword,
  sampleRepository,
  seededNumbers,
} from '../test-support/sample-repository.ts';
import { affectedPaths } from './affected.ts';
import { repair } from './repair.ts';
import { verify } from './verify.ts';

/** Of the first test; the slower ones do a part of it. */
const rounds = Number(process.env['GRIDKEEP_TEST_DAMAGE_ROUNDS'] ?? '600');
const withParity = [...repositoryKinds, 'parity'] as const;
const lockTimes = { refreshMs: 300_000, lostMs: 1_350_000, settleMs: 0 };

describe('a campaign of damage', () => {
  const pristine = memoryTarget();
  let sample: Sample;

  before(async () => {
    sample = await sampleRepository(pristine, { nights: 2, folders: 2, files: 3 });
    await sample.repository.close();
    await updateParity(pristine);
    assert.ok((await verify(sample.repository, { data: 'all' })).sound);
  });

  /** Undefined: it can no longer be opened at all, which is noticed. */
  async function open(target: MemoryTarget): Promise<Repository | undefined> {
    try {
      return await openRepository(target, { masterKey: sample.repository.masterKey }, { lockTimes });
    } catch (error) {
      assert.ok(error instanceof RepositoryDamagedError || error instanceof Error, String(error));
      return undefined;
    }
  }

  /** Every file is right or an error. Gives what can be read. */
  async function readable(repository: Repository, what: string): Promise<Set<string>> {
    const paths = new Set<string>();
    try {
      for (const [path, value] of await readWhole(repository)) {
        if (typeof value === 'string') {
          assert.equal(value, sample.hashes.get(path), `${what}: wrong bytes of ${path}`);
          paths.add(path);
        }
      }
    } catch (error) {
      // Snapshots that cannot be listed are an error that names the file.
      assert.ok(error instanceof RepositoryDamagedError || error instanceof TargetError, String(error));
    }
    return paths;
  }

  test('every damage is found, and none gives wrong bytes', async () => {
    const next = seededNumbers(20_260_101);
    for (let round = 0; round < rounds; round += 1) {
      const target = cloneTarget(pristine, withParity);
      const what = damageOne(target, next, withParity);
      const repository = await open(target);
      if (repository === undefined) continue;
      const report = await verify(repository, { data: 'all' });
      assert.equal(report.sound, isSame(target, pristine), `${round}: ${what}`);
      for (const { detail } of report.findings) assert.match(detail, /^[A-Z].*\.$/s);
      if (round % 4 === 0) await readable(repository, what);
    }
  });

  test('an index that lies is found and made anew', async () => {
    const next = seededNumbers(7);
    for (let round = 0; round < Math.ceil(rounds / 20); round += 1) {
      const target = cloneTarget(pristine, repositoryKinds);
      const what = lyingIndex(target, sample.repository.sealer, next);
      const repository = await open(target);
      assert.ok(repository);
      const report = await verify(repository, { data: 'all' });
      assert.equal(report.sound, false, what);
      await readable(repository, what);
      await using lock = await repository.lock('exclusive');
      const { after } = await repair(repository, lock, report);
      assert.deepEqual(after.findings, [], what);
      assert.equal((await readable(repository, what)).size, sample.hashes.size, what);
      await repository.close();
    }
  });

  test('with parity, any two damaged files come back', async () => {
    const next = seededNumbers(99);
    for (let round = 0; round < Math.ceil(rounds / 10); round += 1) {
      const target = cloneTarget(pristine, withParity);
      const what = damageOne(target, next, withParity);
      // A configuration that cannot be opened any more is restored before anything else, without a key.
      const repository = (await open(target)) ?? (await openRepaired(target));
      const report = await verify(repository, { data: 'all' });
      await using lock = await repository.lock('exclusive');
      const { findings, after } = await repair(repository, lock, report);
      assert.ok(after.sound, `${round}: ${what}: ${JSON.stringify(after.findings)}`);
      for (const one of findings)
        assert.ok(one.repaired ?? one.severity === 'notice', `${what}: ${one.detail}`);
      for (const kind of repositoryKinds) {
        for (const [name, bytes] of pristine.files(kind)) {
          if (kind === 'index' || kind === 'config') continue;
          assert.ok(target.files(kind).get(name)?.equals(bytes), `${what}: ${kind} ${name}`);
        }
      }
      assert.equal((await readable(repository, what)).size, sample.hashes.size);
    }
  });

  async function openRepaired(target: MemoryTarget): Promise<Repository> {
    const { repairFromParity } = await import('../parity/repair-from-parity.ts');
    await repairFromParity(target);
    return await openRepository(target, { masterKey: sample.repository.masterKey }, { lockTimes });
  }

  test('without parity, repair loses nothing that can be read, and names every path that cannot', async () => {
    const next = seededNumbers(5);
    for (let round = 0; round < Math.ceil(rounds / 40); round += 1) {
      const target = cloneTarget(pristine, repositoryKinds);
      const what = damageOne(target, next, ['pack', 'index']);
      const repository = await open(target);
      assert.ok(repository);
      const report = await verify(repository, { data: 'all' });
      const before = await readable(repository, what);
      await using lock = await repository.lock('exclusive');
      const { after } = await repair(repository, lock, report);
      const left = await readable(repository, what);
      for (const path of before) assert.ok(left.has(path), `${round}: ${what}: ${path} was readable before`);
      const told: string[] = [];
      for await (const { snapshot, path } of affectedPaths(repository, after)) {
        told.push([snapshot.id, ...path].join('/'));
      }
      const lost = [...sample.hashes.keys()].filter((path) => !left.has(path));
      assert.equal(after.sound, lost.length === 0, what);
      assert.equal(told.length > 0, lost.length > 0, what);
      for (const path of lost) {
        // Told for the newest snapshot that has it.
        const [, ...rest] = path.split('/');
        const isTold = told.some((one) => rest.join('/').startsWith(one.slice(65)));
        assert.ok(isTold, `${what}: ${path} is lost and was not told`);
      }
      await repository.close();
    }
  });

  test(
    'what was repaired passes restic check --read-data, and restic reads it',
    { skip: missing('restic') },
    async () => {
      const next = seededNumbers(4711);
      for (let round = 0; round < 3; round += 1) {
        const target = cloneTarget(pristine, withParity);
        const done = [damageOne(target, next, ['pack', 'snapshot']), damageOne(target, next, ['index'])];
        const repository = await open(target);
        assert.ok(repository);
        const report = await verify(repository, { data: 'all' });
        {
          await using lock = await repository.lock('exclusive');
          assert.ok((await repair(repository, lock, report)).after.sound, done.join(', '));
        }
        const folder = await mkdtemp(join(tmpdir(), 'gridkeep-damage-'));
        try {
          const place = await openFolderTarget(folder);
          for (const kind of withParity) {
            for (const [name, bytes] of target.files(kind)) await place.save(kind, name, bytes);
          }
          assert.match(await restic(folder, samplePassword, 'check', '--read-data'), /no errors were found/);
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }
    },
  );
});

function isSame(one: MemoryTarget, other: MemoryTarget): boolean {
  return withParity.every((kind) => {
    const files = one.files(kind);
    const others = other.files(kind);
    return (
      files.size === others.size &&
      [...files].every(([name, bytes]) => others.get(name)?.equals(bytes) === true)
    );
  });
}
