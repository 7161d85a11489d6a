/** Takes out of a vault what its promise does not cover any more. */
import { prune } from '@gridkeep/vault/prune/prune';
import type { PruneReport } from '@gridkeep/vault/prune/prune';
import { asJson } from '../json-value.ts';
import { clockOf, keptRun, retentionOf } from './care-context.ts';
import type { CareContext, Looked } from './care-context.ts';
import type { OpenVault } from './vaults.ts';

const namesListedMax = 100;

export async function pruneVault(
  context: CareContext,
  open: OpenVault,
  { dryRun = false, repackCold = false }: { readonly dryRun?: boolean; readonly repackCold?: boolean } = {},
): Promise<Looked<PruneReport>> {
  const { slug } = open.record;
  const { grid } = await context.tenants.tenant(slug);
  const work = async (): Promise<Looked<PruneReport>> => {
    const report = await prune(open.repository, {
      clock: clockOf(context, open),
      retention: retentionOf(open),
      zone: grid.timeZone,
      dryRun,
      repackCold,
      signal: context.signal,
      progress: ({ phase, done, total }) =>
        context.progress({ done, unit: 'items', message: phase, ...(total === undefined ? {} : { total }) }),
    });
    const summary =
      `${report.forgotten.length} snapshots forgotten, ${report.kept.length} kept, ` +
      `${report.packsRemoved} packs removed, ${report.packsRepacked} rewritten`;
    const { kept, forgotten, ...figures } = report;
    const plain = asJson({ ...figures, kept: kept.length, forgotten: forgotten.slice(0, namesListedMax) });
    if (!dryRun && (forgotten.length > 0 || report.packsRemoved > 0))
      await context.vaults.history.addEvent(slug, {
        kind: 'prune',
        summary,
        detail: asJson({ forgotten: forgotten.slice(0, namesListedMax), forgottenCount: forgotten.length }),
      });
    return { value: report, ok: !report.full, summary, report: plain };
  };
  return dryRun ? work() : keptRun(context.vaults.history, slug, 'prune', context.signal, work);
}
