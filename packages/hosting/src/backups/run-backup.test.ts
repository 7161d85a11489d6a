/** Backups of grids with real archives in them: what stands in the snapshot, for restic too, and what a second one costs. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { sql } from 'kysely';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { restic } from '@gridkeep/vault/test-support/real-restic';
import { examplePassword } from '@gridkeep/vault/test-support/example-repository';
import { loadInventoryArchive } from '../ingress/load-inventory.ts';
import { loadRegionArchive } from '../ingress/load-region.ts';
import { loadContext, makeRegion, scratchGrid } from '../test-support/scratch-grid.ts';
import type { ScratchGrid } from '../test-support/scratch-grid.ts';
import { backUp, bytesOf, filesOf, linesOf, makeVault } from '../test-support/backed-up-grid.ts';

async function loadOar(grid: ScratchGrid, name: string, region: string, x = 1000): Promise<void> {
  const regionId = (await grid.services.regions.findNamed(region))?.id ?? (await makeRegion(grid, region, x));
  await loadRegionArchive(
    grid.services,
    {
      ...{ source: fixture('oar', name), regionId, mode: 'replace', existing: 'skip' },
      ...{ mergeTerrain: false, displacement: undefined, createMissing: true, resize: true, strict: false },
    },
    loadContext(grid),
  );
}

async function loadIar(grid: ScratchGrid, name: string): Promise<void> {
  await loadInventoryArchive(
    grid.services,
    {
      ...{ source: fixture('iar', name), residentId: grid.ownerId, destination: '/Came in' },
      ...{ createDestination: true, mode: 'merge', strict: false },
    },
    loadContext(grid),
  );
}

async function changeSomething(grid: ScratchGrid): Promise<void> {
  await createResident(grid.services, {
    ...{ firstName: 'Nora', lastName: 'Newcomer', password: 'another long password' },
  });
  await loadOar(grid, 'plaza-objects.oar', 'Plaza', 1010);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).sort();
}

const needed = missing('fixtures', 'restic');

if (needed === false) {
  forEachDatabase(
    'a grid with real archives is backed up, and restic restores it',
    async (test, database) => {
      const grid = await scratchGrid(test, database);
      await loadOar(grid, 'two-regions.oar', 'Harbour "the old" one');
      await loadIar(grid, 'ada-inventory.iar');
      const repository = await makeVault(test, grid);
      const first = await backUp(grid, repository);
      assert.equal(first.parent, undefined);
      assert.ok(first.contents > 0);

      const restored = join(grid.folder, 'restored');
      const vault = join(grid.folder, 'vault');
      await restic(vault, examplePassword, 'check', '--read-data');
      await restic(vault, examplePassword, 'restore', first.snapshot, '--target', restored);
      assert.deepEqual(
        (await namesIn(restored)).filter((name) => name !== 'missing'),
        ['assets', 'grid.json', 'inventories', 'records', 'regions'],
      );
      const [resident] = (await namesIn(join(restored, 'inventories'))).filter((name) =>
        name.startsWith('Olive Owner__'),
      );
      assert.ok(resident?.endsWith(grid.ownerId));
      const regions = await namesIn(join(restored, 'regions'));
      const harbour = regions.find((name) => name.startsWith('Harbour _the old_ one__'));
      assert.ok(harbour !== undefined, regions.join());
      const region = join(restored, 'regions', harbour);
      const objects = (await namesIn(join(region, 'objects'))).filter((name) => name.endsWith('.xml'));
      assert.ok(objects.length > 0);
      assert.match(await readFile(join(region, 'objects', objects[0] ?? ''), 'utf8'), /<SceneObjectGroup/);
      assert.match(await readFile(join(region, 'settings.xml'), 'utf8'), /<RegionSettings/);
      assert.ok((await readFile(join(region, 'terrain.r32'))).length > 0);
      const accounts = await readFile(join(restored, 'records', 'account.jsonl'), 'utf8');
      assert.match(accounts, /"first_name":"Olive"/);

      // All assets, whole.
      const files = await filesOf(repository, first.tree);
      let assets = 0;
      for (const [path, node] of files) {
        if (!path.startsWith('assets/') || !path.endsWith('/records.jsonl')) continue;
        for (const record of await linesOf(repository, node)) {
          const file = [...files].find(
            ([name]) => name.includes(String(record['id'])) && name.startsWith('assets/'),
          );
          const content = await bytesOf(repository, file?.[1]);
          const hash = createHash('sha256').update(content).digest('base64');
          assert.equal(hash, record['blob']);
          assets += 1;
        }
      }
      const { rows } = await sql<{ count: number }>`select count(*) as count from asset`.execute(
        database.tables<unknown>(),
      );
      assert.equal(assets, rows[0]?.count);

      // Nothing changed: the same tree, taken over.
      const second = await backUp(grid, repository);
      assert.equal(second.parent, first.snapshot);
      assert.equal(second.tree, first.tree);
      assert.equal(second.contents, 0);
      assert.equal(second.dataBlobs + second.treeBlobs, 0);

      await changeSomething(grid);
      const third = await backUp(grid, repository);
      assert.equal(third.parent, second.snapshot);
      assert.notEqual(third.tree, second.tree);
      const everything = await backUp(grid, repository, { everything: true });
      assert.equal(everything.parent, undefined);
      assert.equal(everything.tree, third.tree);
      await restic(vault, examplePassword, 'check', '--read-data');
      assert.deepEqual(await readdir(join(grid.folder, 'temporary')), []);
    },
  );
} else test('grids are backed up', { skip: needed });
