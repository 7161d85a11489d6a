/** A whole grid out of a snapshot, on a host that does not have it: its row, host names, simulators and everything in it. */
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';
import type { Tenant, Tenants } from '../tenants/tenants.ts';
import type { RestoreReport } from './restore-report.ts';
import type { NewGridRequest } from './restore-request.ts';
import type { RestoreContext } from './restore.ts';

export interface NewGrid<Services> {
  readonly tenant: Tenant<Services>;
  readonly report: RestoreReport;
}

/**
 * The grid is on the list once it is whole. Throws a TenantError when slug or host names are taken (a grid that is there is
 * restored in place with `restoreIntoGrid`).
 */
export async function restoreNewGrid<Services>(
  source: SnapshotSource,
  snapshot: SnapshotRoot,
  tenants: Tenants<Services>,
  gridOf: (services: Services) => GridServices,
  request: NewGridRequest,
  context: RestoreContext,
): Promise<NewGrid<Services>> {
  throw new Error('not yet');
}
