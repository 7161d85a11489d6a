/**
 * Restores of every grain but a grid that is not there yet. First, with nothing locked, what the snapshot says is read and
 * checked, and content that the blob store lacks is made durable; then one transaction puts all records in place, together
 * with the line in the ledger that keeps the job from being done twice.
 */
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';
import type { LoadContext } from '../ingress/archive-intake.ts';
import { restoreAsset } from './restore-asset.ts';
import { restoreGrid } from './restore-grid.ts';
import { restoreInventory } from './restore-inventory.ts';
import { restoreObject, restoreRegion } from './restore-region.ts';
import type { RestoreReport } from './restore-report.ts';
import type { RestoreRequest } from './restore-request.ts';
import { RestoreWork } from './restore-work.ts';

/** The same as of a load: the job's id, a folder for spools, a signal, and who watches. */
export type RestoreContext = LoadContext;

/**
 * The same job again gives the report of its first time. Throws RestoreRefusedError or SnapshotContentError; then, as after a
 * kill, nothing has changed. Before a restore in place the caller makes a backup.
 */
export async function restoreIntoGrid(
  source: SnapshotSource,
  snapshot: SnapshotRoot,
  grid: GridServices,
  request: RestoreRequest,
  context: RestoreContext,
): Promise<RestoreReport> {
  return RestoreWork.run(source, snapshot, grid, request, context, (work) => restoreScope(work));
}

async function restoreScope(work: RestoreWork): Promise<RestoreReport> {
  const { scope } = work.request;
  switch (scope.kind) {
    case 'grid':
      return restoreGrid(work);
    case 'region':
      return restoreRegion(work, scope.regionId);
    case 'object':
      return restoreObject(work, scope.regionId, scope.objectId);
    case 'inventory':
    case 'folder':
    case 'item':
      return restoreInventory(work, scope);
    case 'asset':
      return restoreAsset(work, scope.assetId);
  }
}
