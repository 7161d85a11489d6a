/** Loads are killed at random points: afterwards there is the old content or the new, whole, and what was acknowledged stays. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { runAndKill } from '@gridkeep/testing/killed-process';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { MadeArchive } from './test-support/made-archive.ts';
import { makeOar } from './test-support/made-archive.ts';
import { openGrid } from './test-support/open-grid.ts';
import type { OpenGrid } from './test-support/open-grid.ts';

const rounds = Math.ceil(Number(process.env['GRIDKEEP_KILL_ROUNDS'] ?? '8'));
const childPath = join(import.meta.dirname, 'test-support', 'load-child.ts');

async function runLoad(
  args: readonly string[],
  killAfterMs: number | undefined,
): Promise<{ readonly acknowledged: boolean; readonly lasted: number }> {
  const { lines, lasted } = await runAndKill(childPath, args, { killAfterMs });
  return { acknowledged: lines.includes('loaded'), lasted };
}

async function objectsOf(grid: OpenGrid, region: Uuid): Promise<Set<Uuid>> {
  const ids = new Set<Uuid>();
  for await (const object of grid.services.regions.objects(region)) {
    ids.add(object.id);
    assert.notEqual(await grid.packs.get(object.blobId), undefined, 'an object without its content');
  }
  return ids;
}

async function requireWhole(grid: OpenGrid, made: MadeArchive): Promise<void> {
  for (const [id, bytes] of made.assets)
    assert.deepEqual(await grid.services.assets.read(id), Buffer.from(bytes));
}

test(
  'a load that is killed leaves the old content or the new, whole',
  { timeout: 3_600_000 },
  async (context) => {
    const folder = await temporaryFolder(context, 'gridkeep-kill');
    const data = join(folder, 'data');
    const region = randomUuid();
    const archives = [join(folder, 'a.oar'), join(folder, 'b.oar')] as const;
    const made = [await makeOar(archives[0], 60, 20_000), await makeOar(archives[1], 90, 30_000)] as const;
    const first = await openGrid(data);
    const owner = await createResident(first.services, {
      firstName: 'Olive',
      lastName: 'Owner',
      password: 'a long password',
    });
    const place = { locationX: 1000, locationY: 1000, sizeX: 256, sizeY: 256 };
    await first.services.regions.create({ id: region, name: 'Made', ownerId: owner.id, ...place });
    await first.close();
    let { lasted } = await runLoad([data, region, archives[0], randomUuid()], undefined);

    const seen = { old: 0, new: 0 };
    let standing: 0 | 1 = 0;
    for (let round = 0; round < rounds; round += 1) {
      const next: 0 | 1 = standing === 0 ? 1 : 0;
      const job = randomUuid();
      const outcome = await runLoad([data, region, archives[next], job], Math.random() * lasted * 1.1);
      if (outcome.acknowledged) lasted = Math.max(20, outcome.lasted);
      const grid = await openGrid(data);
      assert.deepEqual(grid.packs.openReport.damages, [], 'the start after a kill found damage');
      const objects = await objectsOf(grid, region);
      const isNew: boolean = [...made[next].objects].every((id) => objects.has(id));
      assert.deepEqual(objects, made[isNew ? next : standing].objects, 'neither the old content nor the new');
      if (outcome.acknowledged) assert.ok(isNew, 'an acknowledged load is gone');
      await requireWhole(grid, made[isNew ? next : standing]);
      await grid.close();
      seen[isNew ? 'new' : 'old'] += 1;
      // The same job again comes to its end exactly once, whatever the kill left.
      const again = await runLoad([data, region, archives[next], job], undefined);
      assert.ok(again.acknowledged);
      standing = next;
    }
    if (existsSync(join(data, 'temporary'))) assert.deepEqual(await readdir(join(data, 'temporary')), []);
    const last = await openGrid(data);
    const verified = await last.packs.verify();
    await last.close();
    assert.equal(verified.damageCount, 0);
    context.diagnostic(`${rounds} kills: ${seen.old} times the old content stood, ${seen.new} times the new`);
  },
);
