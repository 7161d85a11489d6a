/** How a grid's vault is, from what is known without opening it; and what its operator should see to. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Grid } from '../tenants/grid.ts';
import type { RunKind, VaultRun } from './vault-history.ts';
import type { VaultRecord } from './vault-record.ts';
import type { Vaults } from './vaults.ts';

export interface VaultHealth {
  readonly record: VaultRecord | undefined;
  /** Unix milliseconds of the newest backup that was made whole; undefined: none. */
  readonly newestBackupAt: number | undefined;
  readonly last: Readonly<
    Record<'backup' | 'verify' | 'verify-data' | 'drill' | 'prune', VaultRun | undefined>
  >;
  /** The newest good copy of each further target. */
  readonly copies: readonly { readonly target: string; readonly copiedAt: number | undefined }[];
  /** Targets whose place forbids deletion by itself (S3 Object Lock), as far as is known. */
  readonly lockingTargets: readonly string[];
  /** Sentences for the operator, the worst first. */
  readonly warnings: readonly string[];
}

export interface HealthContext {
  readonly vaults: Vaults;
  readonly dataFolder: string;
  /** Nightly backups are asked for. */
  readonly nightly: boolean;
  /** Unix milliseconds. */
  readonly now: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A night, and some hours for its work. */
const backupAgeMsMax = 30 * hourMs;
const lookAgeMsMax = 3 * dayMs;
const copyAgeMsMax = 2 * dayMs;
const clockLagMsMax = 2 * dayMs;
const newGridMs = dayMs;

export async function vaultHealth(context: HealthContext, grid: Grid): Promise<VaultHealth> {
  const { vaults } = context;
  const { history } = vaults;
  const record = await vaults.find(grid.slug);
  const latest = (kind: RunKind): Promise<VaultRun | undefined> => history.latest(grid.slug, kind);
  const last = {
    backup: await latest('backup'),
    verify: await latest('verify'),
    'verify-data': await latest('verify-data'),
    drill: await latest('drill'),
    prune: await latest('prune'),
  };
  const newest = await newestMade(vaults, grid.slug);
  const copies: { readonly target: string; readonly copiedAt: number | undefined }[] = [];
  const lockingTargets: string[] = [];
  for (const { name, first } of record?.targets ?? []) {
    const copy = first ? undefined : await history.latest(grid.slug, 'copy', { ok: true, target: name });
    if (!first) copies.push({ target: name, copiedAt: copy?.startedAt });
    const known = first ? newest : copy;
    if (known !== undefined && field(known, 'placeLocks') === true) lockingTargets.push(name);
  }
  const newestBackupAt = newest?.startedAt;
  const warnings = record === undefined ? withoutVault(context, grid) : await ofVault(record);
  return { record, newestBackupAt, last, copies, lockingTargets, warnings };

  async function ofVault(vault: VaultRecord): Promise<readonly string[]> {
    if (vault.erasedAt !== undefined) return [];
    if (vault.eraseAskedAt !== undefined)
      return [
        `its vault is to be erased when no restore point is locked any more; NO BACKUPS ARE MADE ("gridkeep vault erase --withdraw" ends that)`,
      ];
    return [
      ...ages(context, newestBackupAt, last),
      ...(await ofKeys(vaults, vault)),
      ...(await ofPlaces(context, vault, copies, newestBackupAt)),
    ];
  }
}

/** A backup in which content was missing is a backup all the same. */
async function newestMade(vaults: Vaults, slug: string): Promise<VaultRun | undefined> {
  const runs = await vaults.history.runs(slug, { kind: 'backup', limit: 50 });
  return runs.find((run) => field(run, 'snapshot') !== undefined);
}

function withoutVault({ nightly, now }: HealthContext, grid: Grid): readonly string[] {
  // The first night makes one.
  if (nightly && now - grid.createdAt < newGridMs) return [];
  return ['there is no backup of it: "gridkeep backup run" makes one'];
}

function ages(
  { now, nightly }: HealthContext,
  newestBackupAt: number | undefined,
  last: VaultHealth['last'],
): readonly string[] {
  const warnings: string[] = [];
  if (newestBackupAt === undefined)
    warnings.push('there is no backup of it: "gridkeep backup run" makes one');
  else if (now - newestBackupAt > backupAgeMsMax)
    warnings.push(`its newest backup is ${daysText(now - newestBackupAt)} old`);
  const { backup, verify, drill, prune } = last;
  // Of one that waits for a password the lock tells.
  if (backup !== undefined && !backup.ok && field(backup, 'waiting') !== true) {
    const missing = field(backup, 'missing');
    warnings.push(
      typeof missing === 'number' && missing > 0
        ? `${missing} contents that its records need are missing in the grid (listed in "gridkeep backup show")`
        : `its last backup failed: ${backup.summary}`,
    );
  }
  for (const look of [verify, last['verify-data']])
    if (look !== undefined && !look.ok)
      warnings.push(`its vault: ${look.summary} (see "gridkeep backup verify")`);
  if (drill !== undefined && !drill.ok) warnings.push(`its last restore drill failed: ${drill.summary}`);
  if (prune !== undefined && !prune.ok) warnings.push(`its last prune: ${prune.summary}`);
  if (nightly && newestBackupAt !== undefined && now - newestBackupAt < backupAgeMsMax) {
    if (verify !== undefined && now - verify.endedAt > lookAgeMsMax)
      warnings.push(`its vault was last verified ${daysText(now - verify.endedAt)} ago`);
    if (drill !== undefined && now - drill.endedAt > lookAgeMsMax)
      warnings.push(`its last restore drill was ${daysText(now - drill.endedAt)} ago`);
  }
  const time = prune === undefined ? undefined : field(prune, 'time');
  const lag = typeof time === 'object' && time !== null ? Reflect.get(time, 'lag') : undefined;
  if (typeof lag === 'number' && Math.abs(lag) > clockLagMsMax)
    warnings.push(
      lag > 0
        ? `its vault's own clock is ${daysText(lag)} behind this machine's: old backups go that much later`
        : `this machine's clock is ${daysText(-lag)} behind its vault's`,
    );
  return warnings;
}

async function ofKeys(vaults: Vaults, vault: VaultRecord): Promise<readonly string[]> {
  if (vault.custody === 'customer')
    return vaults.isUnlocked(vault)
      ? []
      : ['its vault is locked: backups wait until somebody gives the password ("gridkeep vault unlock")'];
  const warnings: string[] = [];
  if (!(await exists(vaults.keyFile)))
    warnings.push(`the key file ${vaults.keyFile} is not there: its vault cannot be opened`);
  if (vault.passwordShownAt === undefined)
    warnings.push(
      'nobody has seen the password of its vault: write it down ("gridkeep vault password --show"), without it nothing can be restored when this machine is lost',
    );
  return warnings;
}

async function ofPlaces(
  { dataFolder, now }: HealthContext,
  vault: VaultRecord,
  copies: VaultHealth['copies'],
  newestBackupAt: number | undefined,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  let elsewhere = false;
  for (const { name, address, first } of vault.targets) {
    const isUsed = first || copies.some((copy) => copy.target === name && copy.copiedAt !== undefined);
    elsewhere ||= isUsed && !(await isOnSameDisk(address, dataFolder));
  }
  if (!elsewhere)
    warnings.push(
      'ITS VAULT IS ON THE SAME DISK AS THE GRID, and nowhere else: when that disk is lost, both are ("gridkeep vault targets add")',
    );
  else if (vault.targets.length === 1)
    warnings.push('its vault has no second target ("gridkeep vault targets add")');
  for (const { target, copiedAt } of copies)
    if (copiedAt === undefined) warnings.push(`the target ${target} of its vault has no copy yet`);
    else if ((newestBackupAt ?? now) - copiedAt > copyAgeMsMax)
      warnings.push(
        `the target ${target} of its vault is ${daysText((newestBackupAt ?? now) - copiedAt)} behind`,
      );
  return warnings;
}

/** The folder, or the nearest above it that is there, lies on the same file system as the data folder. */
export async function isOnSameDisk(address: string, dataFolder: string): Promise<boolean> {
  if (address.startsWith('s3:')) return false;
  const device = async (path: string): Promise<number | undefined> => {
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined) return found.dev;
    return dirname(path) === path ? undefined : device(dirname(path));
  };
  return (await device(address)) === (await device(dataFolder));
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function field({ report }: VaultRun, name: string): unknown {
  return typeof report === 'object' && report !== null ? Reflect.get(report, name) : undefined;
}

function daysText(ms: number): string {
  return ms < 2 * dayMs ? `${Math.round(ms / hourMs)} hours` : `${Math.round(ms / dayMs)} days`;
}
