/** A restore of a sample, really done and compared, so that nobody finds out in need that it does not work. */
import { Calendar } from '@gridkeep/vault/retention/calendar';
import { asJson } from '../json-value.ts';
import { drillSnapshot, drillText } from '../restores/drill.ts';
import type { DrillReport } from '../restores/drill.ts';
import { randomUuid } from '@gridkeep/wire/uuid';
import { fetchForRestore } from '../restores/fetch-first.ts';
import { VaultError } from './vault-error.ts';
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
  /** From cold storage, where content is there; it is waited for. */
  readonly fetch?: boolean;
}

export async function drillVault(
  context: CareContext,
  open: OpenVault,
  { at, fetch = false, ...sample }: DrillWish = {},
): Promise<Looked<DrillReport>> {
  const { slug } = open.record;
  if (open.repository.target.cold !== undefined && !fetch)
    throw new VaultError(
      'bad-value',
      `a drill needs content from ${open.repository.target.cold.description}: --fetch gets it first`,
    );
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
          fetchFirst: (scratch, scope) =>
            fetchForRestore(
              open.repository,
              snapshot,
              scratch,
              { scope, placement: 'in-place', dryRun: true },
              { ...context, signal, jobId: randomUuid() },
            ),
        },
      );
      return {
        value: report,
        ok: report.passed,
        summary: drillText(report),
        report: asJson(report),
      };
    }),
  );
}
