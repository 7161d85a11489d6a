/** A backup of a grid into its vault, locked at the place where the place can do that. */
import { extendLocks } from '@gridkeep/vault/retention/extend-locks';
import type { BackupReport } from '../backups/backup-report.ts';
import { runBackup } from '../backups/run-backup.ts';
import { asJson } from '../json-value.ts';
import { clockOf, keptRun, lockWaitMs, retentionOf } from './care-context.ts';
import { isHealingDue } from './heal.ts';
import type { CareContext, Looked } from './care-context.ts';
import { VaultError } from './vault-error.ts';
import type { OpenVault } from './vaults.ts';

export interface BackupWish {
  /** Such as `manual`, `nightly`, `before-restore`. */
  readonly tags: readonly string[];
  /** Look at everything as if nothing had been backed up before. */
  readonly everything?: boolean;
}

export async function takeBackup(
  context: CareContext,
  open: OpenVault,
  wish: BackupWish,
): Promise<Looked<BackupReport>> {
  const { slug } = open.record;
  if (open.record.eraseAskedAt !== undefined)
    throw new VaultError(
      'bad-value',
      `no more backups of grid "${slug}" are made, since its vault is to be erased: "gridkeep vault erase --withdraw" ends that`,
    );
  return keptRun(context.vaults.history, slug, 'backup', context.signal, async () => {
    const tenant = await context.tenants.tenant(slug);
    const clock = clockOf(context, open);
    const heals = await isHealingDue(context.vaults.history, slug);
    const everything = heals || (wish.everything ?? false);
    const report = await runBackup({
      grid: tenant.grid,
      simulators: await context.tenants.simulators.records(tenant.grid.slug),
      database: tenant.database,
      blobs: context.blobs,
      repository: open.repository,
      clock,
      retention: retentionOf(open),
      temporaryFolder: context.temporaryFolder,
      hostname: context.hostname,
      programVersion: context.programVersion,
      tags: wish.tags,
      everything,
      lockWaitMs,
      signal: context.signal,
      progress: ({ done, total, message }) =>
        context.progress({ done, unit: 'items', message, ...(total === 0 ? {} : { total }) }),
    });
    // What is in a place that can forbid deletion is forbidden there too; elsewhere this does nothing.
    if (open.repository.target.protect !== undefined)
      await extendLocks(open.repository, {
        clock,
        signal: context.signal,
        progress: (done, total) => context.progress({ done, total, unit: 'items', message: 'locking files' }),
      });
    const { packs, ...kept } = report;
    return {
      value: report,
      ok: report.missing === 0,
      summary:
        `snapshot ${report.snapshot.slice(0, 12)}, ${heals ? 'everything looked at because the vault had lost something, ' : ''}${report.records} records and ${report.contents} contents looked at` +
        `${report.missing === 0 ? '' : `; ${report.missing} contents are missing in the grid`}`,
      report: asJson({
        ...kept,
        packs: packs.length,
        everything,
        heals,
        placeLocks: open.repository.target.protect !== undefined,
      }),
    };
  });
}
