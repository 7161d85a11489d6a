/** What is done for a grid every night: a backup, and everything that keeps the vault worth having. */
import type { CareContext, Looked } from './care-context.ts';
import { withVault } from './care-context.ts';
import { drillVault } from './drill-vault.ts';
import { isHealingDue } from './heal.ts';
import { eraseVault } from './erase-vault.ts';
import { protectVault } from './protect-vault.ts';
import { pruneVault } from './prune-vault.ts';
import { takeBackup } from './take-backup.ts';
import { VaultError } from './vault-error.ts';
import type { VaultHistory } from './vault-history.ts';
import { slicesDue, verifyVault } from './verify-vault.ts';

export interface NightStep {
  readonly step: 'erase' | 'backup' | 'heal' | 'prune' | 'parity' | 'verify' | 'verify-data' | 'drill';
  readonly ok: boolean;
  /** One sentence. */
  readonly summary: string;
}

export interface Night {
  readonly ok: boolean;
  readonly steps: readonly NightStep[];
  /** Nothing was done since the vault is locked: trying again by itself would not help. */
  readonly waits?: boolean;
}

const slicesANightMax = 3;

export async function careForNight(
  context: CareContext,
  slug: string,
  { bytesPerSecond }: { readonly bytesPerSecond?: number } = {},
): Promise<Night> {
  const { grid } = await context.tenants.tenant(slug);
  const record = await context.vaults.ensure(grid);
  if (record.erasedAt !== undefined)
    return { ok: true, steps: [{ step: 'erase', ok: true, summary: 'the vault was erased' }] };
  const limit = bytesPerSecond === undefined ? {} : { bytesPerSecond };
  if (!context.vaults.isUnlocked(record)) return waitForPassword(context, slug);
  return withVault(context, slug, async (open) => {
    if (record.eraseAskedAt !== undefined) return waitForErasure(context, () => eraseVault(context, open));
    const steps: NightStep[] = [];
    // One that fails does not keep the next from being tried: an older backup can still be verified.
    const step = async (
      name: NightStep['step'],
      work: () => Promise<Looked<unknown> | undefined>,
    ): Promise<void> => {
      context.signal.throwIfAborted();
      try {
        const looked = await work();
        if (looked !== undefined) steps.push({ step: name, ok: looked.ok, summary: looked.summary });
      } catch (error) {
        context.signal.throwIfAborted();
        steps.push({
          step: name,
          ok: false,
          summary: error instanceof Error ? error.message : String(error),
        });
      }
    };
    await step('backup', () => takeBackup(context, open, { tags: ['nightly'] }));
    await step('prune', () => pruneVault(context, open));
    await step('parity', () => protectVault(context, open));
    await step('verify', () => verifyVault(context, open, { data: 'none', repair: true }));
    for (const data of await slicesDue(context.vaults.history, slug, slicesANightMax))
      await step('verify-data', () => verifyVault(context, open, { data, repair: true, ...limit }));
    if (await isHealingDue(context.vaults.history, slug)) {
      await step('heal', () => takeBackup(context, open, { tags: ['nightly'] }));
      await step('verify', () => verifyVault(context, open, { data: 'none', repair: true }));
    }
    // Fetching from cold storage takes long and costs: whoever wants that asks for it.
    if (open.repository.target.cold === undefined) await step('drill', () => drillVault(context, open));
    return { ok: steps.every(({ ok }) => ok), steps };
  });
}

/** Noted as a backup that was not made; unlocking asks for it again. */
async function waitForPassword(context: CareContext, slug: string): Promise<Night> {
  const at = Date.now();
  const summary = 'waits for the password that the customer holds ("gridkeep vault unlock")';
  await context.vaults.history.addRun(slug, {
    ...{ kind: 'backup', target: '', startedAt: at, endedAt: at, ok: false, summary },
    report: { waiting: true },
  });
  return { ok: false, waits: true, steps: [{ step: 'backup', ok: false, summary }] };
}

/** Whether the newest backup that was asked for waits for a password. */
export async function isBackupWaiting(history: VaultHistory, slug: string): Promise<boolean> {
  const report = (await history.latest(slug, 'backup'))?.report;
  return typeof report === 'object' && report !== null && 'waiting' in report && report.waiting === true;
}

async function waitForErasure(context: CareContext, erase: () => Promise<void>): Promise<Night> {
  try {
    await erase();
    return { ok: true, steps: [{ step: 'erase', ok: true, summary: 'the keys were destroyed' }] };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof VaultError) || error.code !== 'still-locked') throw error;
    return { ok: true, steps: [{ step: 'erase', ok: true, summary: error.message }] };
  }
}
