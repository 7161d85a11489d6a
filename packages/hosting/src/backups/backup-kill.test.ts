/** Backups are killed at random points: what was changed before is in the next one, and no snapshot is broken. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { runAndKill } from '@gridkeep/testing/killed-process';
import { missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { examplePassword } from '@gridkeep/vault/test-support/example-repository';
import { restic } from '@gridkeep/vault/test-support/real-restic';
import { randomUuid } from '@gridkeep/wire/uuid';
import { loadRegionArchive } from '../ingress/load-region.ts';
import { backUp, filesOf, linesOf, makeVault } from '../test-support/backed-up-grid.ts';
import { makeOar } from '../test-support/made-archive.ts';
import { openGrid } from '../test-support/open-grid.ts';

const rounds = Math.max(1, Math.ceil(Number(process.env['GRIDKEEP_KILL_ROUNDS'] ?? '8') / 20));
const childPath = join(import.meta.dirname, '..', 'test-support', 'backup-child.ts');

async function runBackupProcess(
  folder: string,
  killAfterMs: number | undefined,
): Promise<{ readonly snapshot: string | undefined; readonly lasted: number }> {
  const { lines, lasted } = await runAndKill(childPath, [folder], { killAfterMs });
  return { snapshot: lines.find((line) => line.startsWith('done '))?.slice('done '.length), lasted };
}

test(
  'a backup that is killed loses no change',
  { skip: missing('restic'), timeout: 3_600_000 },
  async (context) => {
    const folder = await temporaryFolder(context, 'gridkeep-kill');
    const first = await openGrid(folder);
    const owner = await createResident(first.services, {
      ...{ firstName: 'Olive', lastName: 'Owner', password: 'a long password' },
    });
    const region = randomUuid();
    const place = { locationX: 1000, locationY: 1000, sizeX: 256, sizeY: 256 };
    await first.services.regions.create({ id: region, name: 'Made', ownerId: owner.id, ...place });
    const repository = await makeVault(context, { folder, ...first });
    await first.close();
    let { lasted } = await runBackupProcess(folder, undefined);
    const snapshots = new Set<string>();
    let killed = 0;

    for (let round = 0; round < rounds; round += 1) {
      const archive = join(folder, `${round}.oar`);
      const made = await makeOar(archive, 40, 40_000);
      const grid = await openGrid(folder);
      await loadRegionArchive(
        grid.services,
        {
          ...{ source: archive, regionId: region, mode: 'replace', existing: 'skip', mergeTerrain: false },
          ...{ displacement: undefined, createMissing: false, resize: true, strict: false },
        },
        {
          ...{ jobId: randomUuid(), temporaryFolder: join(folder, 'temporary') },
          ...{ signal: new AbortController().signal, progress: () => undefined },
        },
      );
      await grid.close();
      for (let kill = 0; kill < 4; kill += 1) {
        const outcome = await runBackupProcess(folder, Math.random() * lasted * 1.2);
        if (outcome.snapshot === undefined) killed += 1;
        else snapshots.add(outcome.snapshot);
      }
      const whole = await runBackupProcess(folder, undefined);
      lasted = Math.max(50, whole.lasted);
      assert.ok(whole.snapshot !== undefined);
      snapshots.add(whole.snapshot);

      const { tree } = await repository.readSnapshot(whole.snapshot);
      const files = await filesOf(repository, tree);
      const names = [...files.keys()];
      for (const id of made.assets.keys())
        assert.ok(
          names.some((name) => name.startsWith('assets/') && name.endsWith(`/${id}.jp2`)),
          `asset ${id} is not in the snapshot`,
        );
      const objects = names.find((name) => name.endsWith('/objects/records.jsonl'));
      const records = await linesOf(repository, files.get(objects ?? ''));
      assert.deepEqual(new Set(records.map(({ id }) => id)), made.objects);
      const again = await openGrid(folder);
      const everything = await backUp({ folder, ...again }, repository, { everything: true });
      await again.close();
      assert.equal(everything.tree, tree);
    }
    const listed = new Set((await repository.listSnapshots()).map(({ id }) => id));
    for (const id of snapshots) assert.ok(listed.has(id), 'an acknowledged snapshot is gone');
    await restic(join(folder, 'vault'), examplePassword, 'check', '--read-data');
    context.diagnostic(`${killed} of ${rounds * 4} backups were killed`);
  },
);
