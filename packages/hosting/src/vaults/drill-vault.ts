/** A restore of a sample, really done and compared, so that nobody finds out in need that it does not work. */
import { Calendar } from '@gridkeep/vault/retention/calendar';
import { asJson } from '../json-value.ts';
import { drillSnapshot } from '../restores/drill.ts';
import type { DrillReport } from '../restores/drill.ts';
import { keptRun, withSharedLock } from './care-context.ts';
import type { CareContext, Looked } from './care-context.ts';
import { chooseSnapshot } from './choose-snapshot.ts';
import type { OpenVault } from './vaults.ts';

export interface DrillWish {
  /** As of `chooseSnapshot`; default the newest. */
  readonly at?: string;
  readonly residents?: number;
  readonly regions?: number;
  readonly assets?: number;
}

export async function drillVault(
  context: CareContext,
  open: OpenVault,
  { at, ...sample }: DrillWish = {},
): Promise<Looked<DrillReport>> {
  const { slug } = open.record;
  const { grid, services } = await context.tenants.tenant(slug);
  return keptRun(context.vaults.history, slug, 'drill', context.signal, () =>
    withSharedLock(open, context.signal, async (signal) => {
      const snapshot = chooseSnapshot(await open.repository.listSnapshots(), at, grid.timeZone);
      const report = await drillSnapshot(
        open.repository,
        snapshot,
        services,
        { seed: new Calendar(grid.timeZone).period('day', Date.now()), ...sample },
        {
          temporaryFolder: context.temporaryFolder,
          signal,
          progress: (progress) => context.progress({ ...progress, unit: 'steps' }),
        },
      );
      return {
        value: report,
        ok: report.passed,
        summary:
          `${report.residents.length} residents, ${report.regions.length} regions and ${report.assets} assets restored: ` +
          (report.passed ? 'all as they were' : `${report.differenceCount} differences`),
        report: asJson(report),
      };
    }),
  );
}
