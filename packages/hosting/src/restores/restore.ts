/**
 * Restores of every grain but a grid that is not there yet. First, with nothing locked, what the snapshot says is read and
 * checked, and content that the blob store lacks is made durable; then one transaction puts all records in place, together
 * with the line in the ledger that keeps the job from being done twice.
 */
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { LoadContext } from '../ingress/archive-intake.ts';
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';
import type { RestoreReport } from './restore-report.ts';
import type { RestoreRequest } from './restore-request.ts';

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
  throw new Error('not yet');
}
