/** A whole grid out of a snapshot, on a host that does not have it: its row, host names, simulators and everything in it. */
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { GridDocument } from '../backup-layout/grid-document.ts';
import { GridSnapshot } from '../backup-layout/grid-snapshot-reader.ts';
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';
import { finishedLoad } from '../ingress/load-ledger.ts';
import { checkGridName, checkHostnames, checkQuota, checkTimeZone, parseGridSlug } from '../tenants/grid.ts';
import type { Grid } from '../tenants/grid.ts';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Tenant, Tenants } from '../tenants/tenants.ts';
import type { RestoreReport } from './restore-report.ts';
import type { NewGridRequest } from './restore-request.ts';
import { RestoreRefusedError } from './restore-request.ts';
import { restoreIntoGrid } from './restore.ts';
import type { RestoreContext } from './restore.ts';

export interface NewGrid<Services> {
  readonly tenant: Tenant<Services>;
  readonly report: RestoreReport;
}

/**
 * The grid is on the list once it is whole. Throws a TenantError when slug, host names or names of simulators are taken (a grid
 * that is there is restored in place with `restoreIntoGrid`), RestoreRefusedError or SnapshotContentError.
 */
export async function restoreNewGrid<Services>(
  source: SnapshotSource,
  snapshot: SnapshotRoot,
  tenants: Tenants<Services>,
  gridOf: (services: Services) => GridServices,
  request: NewGridRequest,
  context: RestoreContext,
): Promise<NewGrid<Services>> {
  const { document } = await GridSnapshot.open(source, snapshot);
  const grid = newGrid(document, request, await tenants.list());
  const simulators = request.withSimulators === false ? [] : document.simulators;
  let report: RestoreReport | undefined;
  const tenant = await tenants.adopt(grid, simulators, async (services) => {
    const into = gridOf(services);
    await requireEmpty(into, grid, context);
    const whole = { scope: { kind: 'grid' }, placement: 'in-place', dryRun: false } as const;
    report = await restoreIntoGrid(source, snapshot, into, { ...whole, removeLaterAssets: true }, context);
  });
  if (report === undefined) throw new Error('the grid was to be filled');
  return { tenant, report };
}

function newGrid(document: GridDocument, request: NewGridRequest, there: readonly Grid[]): Grid {
  return {
    // Beside the grid that it was made of, it is another.
    id: there.some((one) => one.id === document.id) ? randomUuid() : document.id,
    slug: parseGridSlug(request.slug ?? document.slug),
    name: checkGridName(request.name ?? document.name),
    hostnames: checkHostnames(request.hostnames ?? document.hostnames),
    createdAt: document.createdAt,
    quotaBytes: checkQuota(document.quotaBytes),
    timeZone: checkTimeZone(document.timeZone),
  };
}

/** A database that is there without its grid is somebody's: only what this job has put in counts as its own. */
async function requireEmpty(services: GridServices, grid: Grid, context: RestoreContext): Promise<void> {
  if ((await finishedLoad(services.database, context.jobId)) !== undefined) return;
  if ((await services.accounts.count()) > 0)
    throw new RestoreRefusedError(
      `there is a database of a grid "${grid.slug}" with residents in it, though the grid is not on the list: ` +
        'choose another slug, or move that database away',
    );
}
