/** Restores are killed at random points: afterwards there is nothing or everything, and the same job comes to its end once. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { runAndKill } from '@gridkeep/testing/killed-process';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { loadRegionArchive } from '../ingress/load-region.ts';
import { backUp, makeVault } from '../test-support/backed-up-grid.ts';
import { makeOar } from '../test-support/made-archive.ts';
import { openGrid } from '../test-support/open-grid.ts';

/** Each costs two starts of a process. */
const rounds = Math.ceil(Number(process.env['GRIDKEEP_KILL_ROUNDS'] ?? '16') / 16);
const childPath = join(import.meta.dirname, '..', 'test-support', 'restore-child.ts');

async function runRestore(
  args: readonly string[],
  killAfterMs: number | undefined,
): Promise<{ readonly acknowledged: boolean; readonly lasted: number }> {
  const { lines, lasted } = await runAndKill(childPath, args, { killAfterMs });
  return { acknowledged: lines.includes('restored'), lasted };
}

test('a restore that is killed leaves nothing or everything', { timeout: 600_000 }, async (context) => {
  const folder = await temporaryFolder(context, 'gridkeep-restore-kill');
  const first = await openGrid(join(folder, 'grid'));
  const grid = { folder, services: first.services, packs: first.packs };
  const owner = await createResident(first.services, {
    ...{ firstName: 'Olive', lastName: 'Owner', password: 'a long password' },
  });
  const region = randomUuid();
  const archive = join(folder, 'a.oar');
  const made = await makeOar(archive, 60, 20_000);
  const place = { locationX: 1000, locationY: 1000, sizeX: 256, sizeY: 256 };
  await first.services.regions.create({ id: region, name: 'Made', ownerId: owner.id, ...place });
  await loadRegionArchive(
    first.services,
    {
      ...{ source: archive, regionId: region, mode: 'replace', existing: 'skip', mergeTerrain: false },
      ...{ displacement: undefined, createMissing: false, resize: true, strict: false },
    },
    {
      ...{ jobId: randomUuid(), temporaryFolder: join(folder, 'loads') },
      ...{ signal: new AbortController().signal, progress: () => undefined },
    },
  );
  const repository = await makeVault(context, grid);
  const { snapshot, tree } = await backUp(grid, repository);
  await first.close();

  const run = (data: string, job: Uuid, killAfterMs?: number) =>
    runRestore([join(folder, 'vault'), snapshot, data, job], killAfterMs);
  let { lasted } = await run(join(folder, 'calm'), randomUuid());
  const seen = { nothing: 0, everything: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const data = join(folder, `round-${round}`);
    const job = randomUuid();
    const outcome = await run(data, job, Math.random() * lasted * 1.1);
    if (outcome.acknowledged) lasted = Math.max(20, outcome.lasted);
    const killed = await openGrid(data);
    assert.deepEqual(killed.packs.openReport.damages, []);
    const residents = await killed.services.accounts.count();
    const objects = (await killed.services.regions.find(region))
      ? (await killed.services.regions.summary(region)).objects
      : 0;
    const isWhole = residents === 1 && objects === made.objects.size;
    assert.ok(isWhole || (residents === 0 && objects === 0), `${residents} residents, ${objects} objects`);
    if (outcome.acknowledged) assert.ok(isWhole);
    seen[isWhole ? 'everything' : 'nothing'] += 1;
    await killed.close();
    assert.ok((await run(data, job)).acknowledged);
    const again = await openGrid(data);
    const check = { folder: data, services: again.services, packs: again.packs };
    assert.equal((await backUp(check, repository)).tree, tree, 'every row and every byte');
    await again.close();
    const spools = join(data, 'temporary');
    if (existsSync(spools))
      assert.deepEqual(
        readdirSync(spools).filter((name) => name.startsWith('restore-')),
        [],
      );
  }
  context.diagnostic(
    `${rounds} kills: ${seen.nothing} times nothing was there, ${seen.everything} times all`,
  );
});
