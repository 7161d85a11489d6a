import { VaultError } from '@gridkeep/hosting/vaults/vault-error';
import type { Installation } from '../installation/installation.ts';
import { retentionOf } from '@gridkeep/hosting/vaults/care-context';
import { isBackupWaiting } from '@gridkeep/hosting/vaults/nightly';
import type { Custody, VaultRecord } from '@gridkeep/hosting/vaults/vault-record';
import { VaultClock } from '@gridkeep/vault/retention/vault-clock';
import type { StoredSnapshot } from '@gridkeep/vault/format/snapshot';
import { lastLockEnds, readRestorePoint, retentionInForce } from '@gridkeep/vault/retention/restore-points';
import type { FileKind, Target } from '@gridkeep/vault/target/target';
import Type from 'typebox';
import { backupNightKind, nightBytesPerSecond } from '../jobs/vault-job-inputs.ts';
import type { BackupNightInput } from '../jobs/vault-job-inputs.ts';
import {
  CommandError,
  confirmationNeededCode,
  installationCommand,
  newVaultPasswordNeededCode,
  usageErrorCode,
  vaultPasswordNeededCode,
} from './command.ts';
import { formatBytes, formatDuration, formatFields, formatTable } from './format.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import {
  gridTime,
  isoTime,
  unlock,
  unlockedTenant,
  vaultInput,
  vaultSecrets,
  withOpenVault,
} from './vault-input.ts';

const custodyInput = Type.Union([Type.Literal('kept'), Type.Literal('customer')], {
  description:
    'who has the password: kept here, so that backups go on by themselves (default), or only the customer',
});
const newPasswordInput = Type.Optional(Type.String({ description: 'the new password' }));

export const vaultInit = installationCommand({
  name: 'vault init',
  summary: "Make a grid's vault in a place of its choice, or take over the one that is there",
  examples: [
    'gridkeep vault init --at /mnt/backups/plaza',
    "gridkeep vault init --at 's3://bucket/plaza?endpoint=https://s3.example.org' --custody customer",
  ],
  input: Type.Object(
    {
      at: Type.Optional(
        Type.String({
          description: 'folder, or s3://bucket/prefix?endpoint=… (default: in the data folder)',
          title: 'place',
        }),
      ),
      cold: Type.Optional(
        Type.String({ description: 'another place for packs of data, slow or archival', title: 'place' }),
      ),
      custody: Type.Optional(custodyInput),
      ownPassword: Type.Optional(
        Type.Boolean({ description: 'choose the password; needed to take over a vault that is there' }),
      ),
      parity: Type.Optional(
        Type.Integer({
          description: 'percent of the data kept as parity, from which damage is repaired (default 5)',
          minimum: 0,
          maximum: 100,
        }),
      ),
      days: Type.Optional(
        Type.Integer({ description: 'keep every day of so many (at least 30)', minimum: 30, maximum: 366 }),
      ),
      weeks: Type.Optional(
        Type.Integer({ description: 'keep every week of so many (at least 26)', minimum: 26, maximum: 260 }),
      ),
      months: Type.Optional(
        Type.Integer({ description: 'keep every month of so many (at least 12)', minimum: 12, maximum: 120 }),
      ),
      newVaultPassword: newPasswordInput,
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  secretsOnDemand: ['newVaultPassword'],
  run: async ({ tenants, vaults }, input) => {
    const { grid } = await tenantOf(tenants, input.grid);
    const custody = input.custody ?? 'kept';
    if ((custody === 'customer' || input.ownPassword === true) && input.newVaultPassword === undefined)
      throw new CommandError(newVaultPasswordNeededCode, 'the password of the vault is needed');
    const { days, weeks, months } = input;
    const record = await vaults.init(grid, {
      custody,
      retention: JSON.stringify({ days, weeks, months }),
      ...(input.at === undefined ? {} : { place: input.at }),
      ...(input.cold === undefined ? {} : { coldPlace: input.cold }),
      ...(input.parity === undefined ? {} : { parityPercent: input.parity }),
      ...(input.newVaultPassword === undefined ? {} : { password: input.newVaultPassword }),
    });
    const shown = input.newVaultPassword === undefined ? await vaults.showPassword(grid.slug) : undefined;
    return {
      data: { vault: vaultData(record), ...(shown === undefined ? {} : { password: shown }) },
      text: [
        `Grid "${grid.slug}" has its vault at ${record.targets[0]?.address ?? ''}.`,
        ...(shown === undefined
          ? []
          : [
              `Its password: ${shown}`,
              'Write it down and keep it away from this machine: with the vault and this password everything can be brought back.',
            ]),
        custody === 'kept'
          ? `The password is kept here too, under the key file ${vaults.keyFile}.`
          : 'The password is not kept here: after every start "gridkeep vault unlock" lets backups go on. Whoever loses it loses the vault.',
        'Next: gridkeep backup run · gridkeep vault targets add NAME PLACE',
      ].join('\n'),
    };
  },
});

export const vaultPassword = installationCommand({
  name: 'vault password',
  summary: "Change a vault's password, or who has it; or show the one that is kept",
  examples: [
    'gridkeep vault password',
    'gridkeep vault password --show',
    'gridkeep vault password --custody customer',
  ],
  input: Type.Object(
    {
      show: Type.Optional(Type.Boolean({ description: 'show the password that is kept here' })),
      custody: Type.Optional({ ...custodyInput, description: 'who has it from now on (default: as before)' }),
      newVaultPassword: newPasswordInput,
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  secretsOnDemand: ['vaultPassword', 'newVaultPassword'],
  run: async (installation, input) => {
    const { vaults } = installation;
    const { grid } = await tenantOf(installation.tenants, input.grid);
    const record = await vaults.get(grid.slug);
    if (input.show === true) {
      if (input.custody !== undefined) throw new CommandError(usageErrorCode, 'either --show or --custody');
      const password = await vaults.showPassword(grid.slug);
      return { data: { grid: grid.slug, password }, text: password };
    }
    if (input.vaultPassword !== undefined) await vaults.unlock(grid.slug, input.vaultPassword);
    else await unlockOrAsk(installation, record);
    if (input.newVaultPassword === undefined)
      throw new CommandError(newVaultPasswordNeededCode, 'the new password of the vault is needed');
    const custody: Custody = input.custody ?? record.custody;
    const { oldIsLocked } = await vaults.changePassword(grid.slug, input.newVaultPassword, custody);
    return {
      data: { vault: vaultData(await vaults.get(grid.slug)), oldPasswordLocked: oldIsLocked },
      text: `The vault of grid "${grid.slug}" has a new password, ${custody === 'kept' ? 'kept here too' : 'which only the customer has'}. Whoever opened it before and kept its master key can still read it.${oldIsLocked ? ' THE OLD PASSWORD OPENS IT TOO: its place does not let go of the old key before the last lock there ends.' : ''}`,
    };
  },
});

export const vaultUnlock = installationCommand({
  name: 'vault unlock',
  summary: 'Give the password that the customer holds: backups go on until the server stops',
  examples: ['gridkeep vault unlock', 'gridkeep vault unlock --grid plaza --password-stdin < password.txt'],
  input: Type.Object({ ...vaultInput }, { additionalProperties: false }),
  secretsOnDemand: vaultSecrets,
  run: async (installation, input) => {
    const { vaults, server } = installation;
    const { grid } = await unlockedTenant(installation, input);
    if (input.vaultPassword !== undefined)
      await vaults.history.addEvent(grid.slug, {
        kind: 'unlock',
        summary: 'the vault was unlocked',
        detail: null,
      });
    const night: BackupNightInput = { bytesPerSecond: nightBytesPerSecond };
    const job =
      server !== undefined && (await isBackupWaiting(vaults.history, grid.slug))
        ? await installation.jobs.enqueue({
            ...{ kind: backupNightKind, key: `${backupNightKind} ${grid.slug}`, grid: grid.slug },
            input: night,
          })
        : undefined;
    return {
      data: {
        ...{ grid: grid.slug, unlocked: true, untilServerStops: server !== undefined },
        job: job?.id ?? null,
      },
      text:
        server === undefined
          ? `The password opens the vault of grid "${grid.slug}". No server runs, so nothing is kept: give it again after "gridkeep start".`
          : `The vault of grid "${grid.slug}" is open until the server stops.${job === undefined ? '' : ` The backup that waited is made now: "gridkeep jobs watch ${job.id}".`}`,
    };
  },
});

export const vaultStats = installationCommand({
  name: 'vault stats',
  summary: 'Show how much a vault holds, and where',
  examples: ['gridkeep vault stats', 'gridkeep vault stats --json'],
  input: Type.Object({ ...vaultInput }, { additionalProperties: false }),
  secretsOnDemand: vaultSecrets,
  run: async (installation, input) => {
    const { vaults } = installation;
    const { grid } = await unlockedTenant(installation, input);
    const found = await withOpenVault(installation, grid.slug, async ({ record, repository }) => {
      const snapshots = await repository.listSnapshots();
      const time = await new VaultClock(repository).sample();
      const index = await repository.loadIndex();
      return {
        record,
        snapshots: snapshots.length,
        blobs: index.size,
        vaultTime: time.now,
        lockedUntil: lastLockEnds(snapshots, time.now),
        lag: time.lag,
        locked: snapshots.filter((snapshot) => isLocked(snapshot, time.now)).length,
        retention: retentionInForce(retentionOf({ record }), snapshots),
      };
    });
    const targets = [];
    for (const { name, address } of found.record.targets) {
      const target = await vaults.openTarget(grid.slug, name);
      try {
        targets.push({ name, address, locks: target.protect !== undefined, ...(await countFiles(target)) });
      } finally {
        await target.close();
      }
    }
    const { record, retention } = found;
    return {
      data: {
        vault: vaultData(record),
        snapshots: found.snapshots,
        blobs: found.blobs,
        lockedSnapshots: found.locked,
        vaultTime: isoTime(found.vaultTime),
        clockLagSeconds: Math.round(found.lag / 1000),
        lockedUntil:
          found.lockedUntil === undefined || !Number.isFinite(found.lockedUntil)
            ? null
            : isoTime(found.lockedUntil),
        retention,
        targets,
      },
      text: [
        formatFields([
          ['repository', record.repository],
          ['snapshots', `${found.snapshots}, ${found.locked} of them locked`],
          ['blobs', String(found.blobs)],
          [
            'password',
            record.custody === 'kept' ? `kept here, under ${vaults.keyFile}` : 'held by the customer',
          ],
          ['parity', record.parityPercent === 0 ? 'none' : `${record.parityPercent} %`],
          ['promise', `${retention.days} days, ${retention.weeks} weeks, ${retention.months} months`],
          [
            'vault clock',
            `${gridTime(grid, found.vaultTime)}, ${found.lag < 0 ? 'ahead of' : 'behind'} this machine by ${formatDuration(Math.abs(found.lag))}`,
          ],
          [
            'last lock ends',
            gridTime(grid, Number.isFinite(found.lockedUntil) ? found.lockedUntil : undefined),
          ],
        ]),
        formatTable(
          ['TARGET', 'PLACE', 'PACKS', 'DATA', 'PARITY', 'FORBIDS DELETION'],
          targets.map((one) => [
            ...[
              one.name,
              one.address,
              String(one.packs),
              formatBytes(one.bytes),
              formatBytes(one.parityBytes),
              one.locks ? 'yes' : 'no',
            ],
          ]),
          '',
        ),
      ].join('\n'),
    };
  },
});

export const vaultErase = installationCommand({
  name: 'vault erase',
  summary:
    'Ask that a vault be made unreadable for ever; waits until its last restore point is not locked any more',
  examples: ['gridkeep vault erase --grid plaza', 'gridkeep vault erase --grid plaza --withdraw'],
  input: Type.Object(
    {
      withdraw: Type.Optional(Type.Boolean({ description: 'take the request back' })),
      yes: Type.Optional(Type.Boolean({ description: 'ask for it without being asked' })),
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  secretsOnDemand: vaultSecrets,
  run: async (installation, input) => {
    const { vaults } = installation;
    const { grid } = await tenantOf(installation.tenants, input.grid);
    if (input.withdraw === true) {
      const record = await vaults.askErasure(grid.slug, false);
      return {
        data: { vault: vaultData(record) },
        text: `The vault of grid "${grid.slug}" stays, and backups go on.`,
      };
    }
    await unlockedTenant(installation, input);
    const until = await withOpenVault(installation, grid.slug, async ({ repository }) => {
      const { now } = await new VaultClock(repository).sample();
      return lastLockEnds(await repository.listSnapshots(), now);
    });
    const when =
      until === undefined
        ? 'with the next nightly work'
        : Number.isFinite(until)
          ? `after ${gridTime(grid, until)}, when the last restore point is not locked any more`
          : 'never, since a restore point cannot be understood';
    if (input.yes !== true)
      throw new CommandError(
        confirmationNeededCode,
        `the keys of the vault of grid "${grid.slug}" will be destroyed ${when}, at every target; nobody can read it then, and no backups are made until then`,
      );
    const record = await vaults.askErasure(grid.slug, true);
    return {
      data: {
        vault: vaultData(record),
        lockedUntil: until === undefined || !Number.isFinite(until) ? null : isoTime(until),
      },
      text: `The vault of grid "${grid.slug}" will be erased ${when}. Until then "gridkeep vault erase --withdraw" takes that back; no more backups are made.`,
    };
  },
});

export const vaultLog = installationCommand({
  name: 'vault log',
  summary: 'List what was done with a vault: prunes, restores, repairs, passwords, targets, erasure',
  examples: ['gridkeep vault log', 'gridkeep vault log --limit 1000 --json'],
  input: Type.Object(
    {
      limit: Type.Optional(
        Type.Integer({ description: 'how many at most (default 100)', minimum: 1, maximum: 10_000 }),
      ),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  run: async ({ tenants, vaults }, input) => {
    const { grid } = await tenantOf(tenants, input.grid);
    const events = await vaults.history.events(grid.slug, input.limit ?? 100);
    return {
      data: { events: events.map((event) => ({ ...event, at: isoTime(event.at) })) },
      text: formatTable(
        [`WHEN (${grid.timeZone})`, 'WHAT', ''],
        events.map((event) => [gridTime(grid, event.at), event.kind, event.summary]),
        'Nothing was done with a vault of this grid yet.',
      ),
    };
  },
});

/** Where the key file is lost, who knows the password gives it, and it is kept anew under the key file that is there now. */
async function unlockOrAsk(installation: Installation, record: VaultRecord): Promise<void> {
  await unlock(installation, record, undefined);
  try {
    await (await installation.vaults.open(record.slug)).close();
  } catch (error) {
    if (!(error instanceof VaultError) || error.code !== 'key-file') throw error;
    throw new CommandError(vaultPasswordNeededCode, error.message);
  }
}

function isLocked(snapshot: StoredSnapshot, now: number): boolean {
  const point = readRestorePoint(snapshot);
  if (typeof point === 'string') return point === 'unreadable';
  return point.lockedUntil !== undefined && point.lockedUntil > now;
}

export function vaultData(record: VaultRecord): Readonly<Record<string, unknown>> {
  return {
    grid: record.slug,
    repository: record.repository,
    custody: record.custody,
    parityPercent: record.parityPercent,
    createdAt: isoTime(record.createdAt),
    passwordShownAt: isoTime(record.passwordShownAt),
    eraseAskedAt: isoTime(record.eraseAskedAt),
    erasedAt: isoTime(record.erasedAt),
    targets: record.targets.map((target) => ({ ...target, createdAt: isoTime(target.createdAt) })),
  };
}

async function countFiles(
  target: Target,
): Promise<{ readonly packs: number; readonly bytes: number; readonly parityBytes: number }> {
  let [packs, bytes, parityBytes] = [0, 0, 0];
  const kinds: readonly FileKind[] = ['config', 'key', 'pack', 'index', 'snapshot', 'parity'];
  for (const kind of kinds)
    for await (const file of target.list(kind)) {
      if (kind === 'pack') packs += 1;
      if (kind === 'parity') parityBytes += file.bytes;
      else bytes += file.bytes;
    }
  return { packs, bytes, parityBytes };
}
