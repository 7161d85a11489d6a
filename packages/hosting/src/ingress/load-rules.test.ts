/** What loads refuse, and whose things are afterwards. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createResident } from '@gridkeep/grid/residents';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { parseUuid } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';
import { makeOar } from '../test-support/made-archive.ts';
import { loadContext, makeRegion, scratchGrid } from '../test-support/scratch-grid.ts';
import type { ScratchGrid } from '../test-support/scratch-grid.ts';
import { LoadRefusedError } from './archive-intake.ts';
import type { InventoryLoadRequest } from './load-inventory.ts';
import { loadInventoryArchive } from './load-inventory.ts';
import type { RegionLoadRequest } from './load-region.ts';
import { loadRegionArchive } from './load-region.ts';

const refused = [
  'gzip-truncated.oar',
  'gzip-bad-crc.oar',
  'tar-trailing-data.oar',
  'tar-cut-in-body.oar',
  'tar-no-end-marker.oar',
  'tar-bad-checksum.oar',
  'tar-pax-huge-size.oar',
  'tar-long-name-bomb.oar',
  'gzip-bomb.oar',
  'control-missing.oar',
  'control-version-9.9.oar',
];

function regionLoad(
  grid: ScratchGrid,
  regionId: RegionLoadRequest['regionId'],
  source: string,
  more: Partial<RegionLoadRequest> = {},
): Promise<string> {
  const request: RegionLoadRequest = {
    ...{ source, regionId, mode: 'replace', existing: 'skip', mergeTerrain: false, displacement: undefined },
    ...{ createMissing: false, resize: false, strict: false, ...more },
  };
  return loadRegionArchive(grid.services, request, loadContext(grid));
}

function inventoryLoad(
  grid: ScratchGrid,
  source: string,
  more: Partial<InventoryLoadRequest> = {},
): Promise<string> {
  const request: InventoryLoadRequest = {
    ...{ source, residentId: grid.ownerId, destination: '/', createDestination: false, mode: 'merge' },
    ...{ strict: false, ...more },
  };
  return loadInventoryArchive(grid.services, request, loadContext(grid));
}

async function requireUntouched(grid: ScratchGrid): Promise<void> {
  assert.deepEqual(await grid.services.assets.kinds(), [], 'assets of a refused archive are recorded');
  const folder = join(grid.folder, 'temporary');
  if (existsSync(folder)) assert.deepEqual(await readdir(folder), [], 'a refused load left files');
}

forEachDatabase('a refused archive leaves no record and no file', async (context, database) => {
  if (missing('fixtures') !== false) {
    context.skip(String(missing('fixtures')));
    return;
  }
  const grid = await scratchGrid(context, database);
  const region = await makeRegion(grid, 'Quay');
  for (const name of refused)
    await assert.rejects(regionLoad(grid, region, fixture('hostile', name)), LoadRefusedError, name);
  await assert.rejects(regionLoad(grid, region, fixture('hostile', 'baseline.iar')), /is no region archive/);
  await assert.rejects(inventoryLoad(grid, fixture('hostile', 'baseline.oar')), /is no inventory archive/);
  await assert.rejects(
    regionLoad(grid, region, fixture('hostile', 'object-nan-position.oar'), { strict: true }),
    /1 entries of the archive cannot be used/,
  );
  await assert.rejects(
    inventoryLoad(grid, fixture('hostile', 'baseline.iar'), { destination: '/No/Such' }),
    /--create-folder/,
  );
  await requireUntouched(grid);
  assert.equal((await grid.services.regions.find(region))?.contentRevision, 0);
});

test('content beyond the quota is refused whole', { skip: missing('fixtures') }, async (context) => {
  const { openSqlite } = await import('@gridkeep/storage/database/sqlite-database');
  const { temporaryFolder } = await import('@gridkeep/testing/temporary-folder');
  const database = await openSqlite({ file: join(await temporaryFolder(context), 'grid.db') });
  context.after(() => database.close());
  const grid = await scratchGrid(context, database, { quotaBytes: 1000 });
  const region = await makeRegion(grid, 'Quay');
  await assert.rejects(regionLoad(grid, region, fixture('hostile', 'baseline.oar')), /quota/i);
  await requireUntouched(grid);
});

forEachDatabase('owners and creators are those that count on this grid', async (context, database) => {
  const grid = await scratchGrid(context, database);
  const region = await makeRegion(grid, 'Quay');
  const source = join(grid.folder, 'made.oar');
  const builder = parseUuid('11111111-1111-0000-0000-000100bba000');
  await makeOar(source, 2, 1000, { owner: builder, creator: builder });
  await regionLoad(grid, region, source);
  for await (const object of grid.services.regions.objects(region)) {
    assert.equal(object.ownerId, grid.ownerId, 'an owner without an account gives way to the region’s');
    assert.equal(object.creatorId, grid.ownerId);
  }
  await createResident(grid.services, {
    id: builder,
    firstName: 'Bea',
    lastName: 'Builder',
    password: 'a long password',
  });
  await regionLoad(grid, region, source);
  for await (const object of grid.services.regions.objects(region)) {
    assert.equal(object.ownerId, builder);
    assert.equal(object.creatorId, builder);
  }
});

forEachDatabase(
  'a merge adds objects, leaves out those displaced beyond the border, and keeps what was there',
  async (context, database) => {
    const grid = await scratchGrid(context, database);
    const region = await makeRegion(grid, 'Quay');
    const [first, second] = [join(grid.folder, 'first.oar'), join(grid.folder, 'second.oar')];
    await makeOar(first, 3, 1000);
    await makeOar(second, 2, 1000);
    await regionLoad(grid, region, first);
    const positions = async (): Promise<string[]> => {
      const seen: string[] = [];
      for await (const { x, y, z } of grid.services.regions.objects(region)) seen.push(`${x},${y},${z}`);
      return seen.sort();
    };
    assert.deepEqual(await positions(), ['10,20,30', '10,20,30', '10,20,30']);
    const move = (displacement: Vector3): Promise<string> =>
      regionLoad(grid, region, second, { mode: 'merge', existing: 'replace', displacement });
    await move({ x: 300, y: 0, z: 0 });
    assert.equal((await positions()).length, 3, 'outside the region');
    await move({ x: 100, y: 50, z: -5 });
    assert.deepEqual(await positions(), ['10,20,30', '10,20,30', '10,20,30', '110,70,25', '110,70,25']);
  },
);
