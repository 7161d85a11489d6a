import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { withdrawFromParity } from '../parity/withdrawn.ts';
import { updateParity } from '../parity/protect.ts';
import { openFolderTarget } from '../target/folder-target.ts';
import { openRepository } from '../repository/repository.ts';
import { faultyTarget, memoryTarget } from '../test-support/faulty-target.ts';
import { sampleRepository } from '../test-support/sample-repository.ts';
import { readFile } from 'node:fs/promises';
import { affectedPaths } from './affected.ts';
import type { VerifyCursor } from './verify.ts';
import { verify } from './verify.ts';

describe('looking at a repository', () => {
  test('a repository of restic is sound', { skip: missing('fixtures') }, async () => {
    const vectors = await readFile(fixture('restic-repo', 'README.md'), 'utf8');
    const [, password = ''] = /password[^`]*`([^`]+)`/i.exec(vectors) ?? [];
    const target = await openFolderTarget(fixture('restic-repo', 'repo'), { mustExist: true });
    const repository = await openRepository(target, { password });
    const report = await verify(repository, { data: 'all' });
    assert.deepEqual(
      report.findings.filter(({ severity }) => severity === 'damage'),
      [],
    );
    assert.ok(report.sound && report.packsRead === report.packs && report.packs > 0);
  });

  test('slices read each pack once; a look that was stopped goes on where it was', async () => {
    const target = memoryTarget();
    const { repository } = await sampleRepository(target);
    const read: string[] = [];
    const watched = faultyTarget(target, {
      damage: (kind, name, bytes) => {
        if (kind === 'pack' && bytes.length === target.files('pack').get(name)?.length) read.push(name);
        return bytes;
      },
    });
    const again = await openRepository(watched, { masterKey: repository.masterKey });
    for (let slice = 0; slice < 4; slice += 1) await verify(again, { data: { slice, of: 4 } });
    assert.deepEqual(read.toSorted(), [...target.files('pack').keys()].sort());

    read.length = 0;
    let cursor: VerifyCursor | undefined;
    for (let looks = 0; looks < 6; looks += 1) {
      const stop = new AbortController();
      const look = verify(again, {
        data: 'all',
        ...(cursor && { cursor }),
        signal: stop.signal,
        saveCursor: (next) => {
          cursor = next;
          stop.abort(new Error('enough'));
          return Promise.resolve();
        },
      });
      await look.catch((error: unknown) => assert.match(String(error), /enough/));
    }
    assert.deepEqual(read, [...target.files('pack').keys()].sort());
    await repository.close();
  });

  test('a pack that is gone is named, with the paths that need it', async () => {
    const target = memoryTarget();
    const { repository, snapshots } = await sampleRepository(target);
    await updateParity(target);
    const index = await repository.loadIndex();
    const pack = [...index.packs()].find(({ content }) => content === 'data');
    assert.ok(pack);
    target.files('pack').delete(pack.id);
    const report = await verify(repository);
    assert.deepEqual(
      report.findings.map(({ kind, file, blobs }) => [kind, file.name, blobs]),
      [['missing', pack.id, pack.blobs]],
    );
    assert.equal(report.damaged.count, pack.blobs);
    const paths = new Set<string>();
    for await (const { path, what, bytes } of affectedPaths(repository, report)) {
      assert.equal(what, 'file');
      assert.ok(bytes > 0);
      paths.add(path.join('/'));
    }
    assert.ok(paths.size > 0 && [...paths].every((path) => /^assets\/\d\/\d\.bin$/.test(path)));

    const [oldest, second] = snapshots;
    assert.ok(oldest && second);
    await withdrawFromParity(target, [{ kind: 'snapshot', name: oldest.id }]);
    target.files('snapshot').delete(oldest.id);
    target.files('snapshot').delete(second.id);
    const later = await verify(repository);
    const gone = later.findings.filter(({ file }) => file.kind === 'snapshot').map(({ file }) => file.name);
    assert.deepEqual(gone, [second.id], 'one was removed on purpose, the other was not');
    await repository.close();
  });
});
