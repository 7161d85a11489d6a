/** Real archives go in and come out again: nothing may be lost or changed on the way. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { diffArchives } from '@gridkeep/content/archives/diff-archives';
import type { Database } from '@gridkeep/storage/database/database';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { test, type TestContext } from 'node:test';
import { zeroUuid } from '@gridkeep/wire/uuid';
import { loadInventoryArchive } from './ingress/load-inventory.ts';
import { loadRegionArchive } from './ingress/load-region.ts';
import { loadContext, makeRegion, scratchGrid } from './test-support/scratch-grid.ts';
import type { ScratchGrid } from './test-support/scratch-grid.ts';
import { saveInventoryArchive } from './transfer/save-inventory.ts';
import { saveRegionArchive } from './transfer/save-region.ts';

const quiet = { jobId: zeroUuid, signal: new AbortController().signal, progress: () => undefined };

function archives(kind: 'oar' | 'iar'): readonly string[] {
  return readdirSync(fixture(kind)).filter((name) => name.endsWith(`.${kind}`));
}

async function loadOar(grid: ScratchGrid, source: string): Promise<void> {
  const regionId =
    (await grid.services.regions.findNamed('Harbour'))?.id ?? (await makeRegion(grid, 'Harbour'));
  await loadRegionArchive(
    grid.services,
    {
      ...{
        source,
        regionId,
        mode: 'replace',
        existing: 'skip',
        mergeTerrain: false,
        displacement: undefined,
      },
      ...{ createMissing: true, resize: true, strict: false },
    },
    loadContext(grid),
  );
}

async function regionRoundTrip(context: TestContext, database: Database, name: string): Promise<void> {
  const grid = await scratchGrid(context, database);
  const source = fixture('oar', name);
  await loadOar(grid, source);
  const before = await grid.packs.stats();
  await loadOar(grid, source);
  const after = await grid.packs.stats();
  assert.equal(after.logicalBytes, before.logicalBytes, 'loading twice stores no new content');
  const regions = await grid.services.regions.list(100);
  const target = join(grid.folder, name);
  const request = {
    target,
    overwrite: false,
    withAssets: !name.includes('noassets'),
    keepKeyframeMotion: true,
  };
  const saved = await saveRegionArchive(
    grid.services,
    { ...request, regionIds: regions.map(({ id }) => id) },
    quiet,
  );
  assert.deepEqual(saved.lost, []);
  const difference = await diffArchives(source, target);
  assert.equal(difference.equal, true, JSON.stringify(difference, undefined, 1).slice(0, 4000));
}

async function inventoryRoundTrip(
  context: TestContext,
  database: Database,
  name: string,
  place: { readonly folder: string; readonly mode: 'merge' | 'replace' },
): Promise<void> {
  const grid = await scratchGrid(context, database);
  const source = fixture('iar', name);
  const load = (): Promise<string> =>
    loadInventoryArchive(
      grid.services,
      {
        ...{ source, residentId: grid.ownerId, destination: place.folder, createDestination: true },
        ...{ mode: place.mode, strict: false },
      },
      loadContext(grid),
    );
  await load();
  if (place.mode === 'replace') {
    const before = await grid.packs.stats();
    await load();
    const after = await grid.packs.stats();
    assert.equal(after.logicalBytes, before.logicalBytes, 'loading twice stores no new content');
  }
  const target = join(grid.folder, name);
  const withAssets = !name.includes('noassets');
  const request = {
    residentId: grid.ownerId,
    path: `${place.folder}/*`,
    target,
    overwrite: false,
    withAssets,
  };
  const saved = await saveInventoryArchive(grid.services, request, quiet);
  assert.deepEqual(saved.lost, []);
  const difference = await diffArchives(source, target);
  assert.equal(difference.equal, true, JSON.stringify(difference, undefined, 1).slice(0, 4000));
}

if (missing('fixtures') === false) {
  for (const name of archives('oar'))
    forEachDatabase(`${name} loads, loads again and saves equal`, (context, database) =>
      regionRoundTrip(context, database, name),
    );
  for (const name of archives('iar'))
    forEachDatabase(`${name} loads, loads again and saves equal`, (context, database) =>
      inventoryRoundTrip(context, database, name, { folder: '/Came in/Here', mode: 'replace' }),
    );
  for (const name of archives('iar'))
    forEachDatabase(`${name} becomes a new resident's whole inventory and saves equal`, (context, database) =>
      inventoryRoundTrip(context, database, name, { folder: '', mode: 'merge' }),
    );
} else test('real archives load and save equal', { skip: missing('fixtures') });
