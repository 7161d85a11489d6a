/** A whole grid in a folder of its own: records and packs as in use, for tests of what goes in and out. */
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gridMigrations } from '@gridkeep/grid/grid-database';
import type { GridServices, GridLimits } from '@gridkeep/grid/grid-services';
import { createGridServices } from '@gridkeep/grid/grid-services';
import { createResident } from '@gridkeep/grid/residents';
import { openPackStore } from '@gridkeep/storage/blobs/pack-store';
import type { PackStore } from '@gridkeep/storage/blobs/pack-store';
import type { Database } from '@gridkeep/storage/database/database';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import type { Uuid } from '@gridkeep/wire/uuid';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { LoadContext } from '../ingress/archive-intake.ts';
import { loadLedgerMigrations } from '../ingress/load-ledger.ts';

export interface ScratchGrid {
  readonly folder: string;
  readonly services: GridServices;
  readonly packs: PackStore;
  readonly ownerId: Uuid;
}

/** On the given empty database; everything but that is closed and removed after the test. */
export async function scratchGrid(
  test: TestContext,
  database: Database,
  limits: GridLimits = {},
): Promise<ScratchGrid> {
  const folder = await temporaryFolder(test, 'gridkeep-grid');
  await database.migrate([...gridMigrations, ...loadLedgerMigrations]);
  const packs = await openPackStore({ folder: join(folder, 'blobs') });
  test.after(() => packs.close());
  const services = createGridServices({ database, blobs: packs, limits });
  const owner = await createResident(services, {
    firstName: 'Olive',
    lastName: 'Owner',
    password: 'a long password',
  });
  return { folder, services, packs, ownerId: owner.id };
}

export function loadContext(grid: ScratchGrid): LoadContext {
  return {
    jobId: randomUuid(),
    temporaryFolder: join(grid.folder, 'temporary'),
    signal: new AbortController().signal,
    progress: () => undefined,
  };
}

export async function makeRegion(grid: ScratchGrid, name: string, locationX = 1000): Promise<Uuid> {
  const region = await grid.services.regions.create({
    ...{ id: randomUuid(), name, locationX, locationY: 1000 },
    ...{ sizeX: 256, sizeY: 256, ownerId: grid.ownerId },
  });
  return region.id;
}
