import type { Grid } from '@gridkeep/hosting/tenants/grid';
import { vaultHealth } from '@gridkeep/hosting/vaults/vault-health';
import type { VaultHealth } from '@gridkeep/hosting/vaults/vault-health';
import type { VaultRun } from '@gridkeep/hosting/vaults/vault-history';
import type { Installation } from '../installation/installation.ts';
import { formatDuration } from './format.ts';
import { gridTime, isoTime } from './vault-input.ts';

export function healthOf({ vaults, configuration }: Installation, grid: Grid): Promise<VaultHealth> {
  return vaultHealth(
    {
      vaults,
      dataFolder: configuration.data,
      nightly: configuration.backupTime !== 'off',
      now: Date.now(),
    },
    grid,
  );
}

export function runData(run: VaultRun | undefined): Readonly<Record<string, unknown>> | null {
  if (run === undefined) return null;
  return {
    ok: run.ok,
    startedAt: isoTime(run.startedAt),
    endedAt: isoTime(run.endedAt),
    summary: run.summary,
  };
}

export function runText(grid: Grid, run: VaultRun | undefined): string {
  if (run === undefined) return 'never';
  return `${gridTime(grid, run.endedAt)}, ${run.ok ? '' : 'NOT GOOD: '}${run.summary}`;
}

/** One line for people. */
export function vaultText({ record, newestBackupAt, last, copies, lockingTargets }: VaultHealth): string {
  if (record === undefined) return 'none yet';
  if (record.erasedAt !== undefined) return 'the vault was erased';
  const ago = (ms: number | undefined): string =>
    ms === undefined ? 'never' : `${formatDuration(Date.now() - ms)} ago`;
  const look = (run: VaultRun | undefined): string =>
    `${ago(run?.endedAt)}${run?.ok === false ? ' (NOT GOOD)' : ''}`;
  return (
    `newest ${ago(newestBackupAt)}, verified ${look(last.verify)}, drill ${look(last.drill)}` +
    copies.map(({ target, copiedAt }) => `, copied to ${target} ${ago(copiedAt)}`).join('') +
    (lockingTargets.length === 0 ? '' : `, deletion forbidden by the place of ${lockingTargets.join(', ')}`)
  );
}
