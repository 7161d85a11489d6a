import { nextRun } from '@gridkeep/storage/jobs/schedules';
import Type from 'typebox';
import { backupCopyKind, vaultJobResultSchema } from '../jobs/vault-job-inputs.ts';
import type { BackupCopyInput } from '../jobs/vault-job-inputs.ts';
import { CommandError, confirmationNeededCode, installationCommand } from './command.ts';
import { formatBytes, formatTable } from './format.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import { numberField, objectsField, reportText } from './report-fields.ts';
import { runJob } from './run-job.ts';
import { vaultData } from './vault-commands.ts';
import { gridTime, unlockedTenant, vaultInput, vaultSecrets } from './vault-input.ts';
import { healthOf } from './vault-status.ts';

const nameInput = Type.String({ description: 'name of the target' });
const megabyte = 1_000_000;

export const vaultTargetsList = installationCommand({
  name: 'vault targets list',
  summary: 'List the places of a vault: the first, where backups go, and its copies',
  examples: ['gridkeep vault targets list'],
  input: Type.Object({ ...gridInput }, { additionalProperties: false }),
  run: async (installation, input) => {
    const { grid } = await tenantOf(installation.tenants, input.grid);
    const record = await installation.vaults.get(grid.slug);
    const { copies } = await healthOf(installation, grid);
    return {
      data: { vault: vaultData(record), copies },
      text: formatTable(
        ['TARGET', 'PLACE', 'DATA IN', 'ROLE', 'LAST WHOLE COPY', 'NEXT COPY'],
        record.targets.map((target) => {
          const copiedAt = copies.find((one) => one.target === target.name)?.copiedAt;
          return [
            ...[
              target.name,
              target.address,
              target.coldAddress ?? '',
              target.first ? 'backups go here' : 'copy',
            ],
            target.first ? '' : gridTime(grid, copiedAt),
            target.first ? '' : gridTime(grid, nextRun(target.cron, grid.timeZone, Date.now())),
          ];
        }),
        'The vault has no place.',
      ),
    };
  },
});

export const vaultTargetsAdd = installationCommand({
  name: 'vault targets add',
  summary: 'Add a place for a copy of the vault: another disk, another house',
  examples: [
    'gridkeep vault targets add usb /mnt/usb/plaza',
    "gridkeep vault targets add away 's3://bucket/plaza?endpoint=https://s3.example.org' --schedule '0 6 * * *'",
  ],
  input: Type.Object(
    {
      name: nameInput,
      place: Type.String({ description: 'folder, or s3://bucket/prefix?endpoint=…&class=…' }),
      cold: Type.Optional(
        Type.String({ description: 'another place for packs of data, slow or archival', title: 'place' }),
      ),
      schedule: Type.Optional(
        Type.String({
          description:
            "when copies are made, in the grid's zone: minute, hour, day, month, weekday (default 30 5 * * *)",
          title: 'cron',
        }),
      ),
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  positional: ['name', 'place'],
  secretsOnDemand: vaultSecrets,
  run: async (installation, input) => {
    const { grid } = await unlockedTenant(installation, input);
    // Throws what is wrong with the pattern.
    if (input.schedule !== undefined) nextRun(input.schedule, grid.timeZone, Date.now());
    const target = await installation.vaults.addTarget(grid.slug, {
      name: input.name,
      place: input.place,
      ...(input.cold === undefined ? {} : { coldPlace: input.cold }),
      ...(input.schedule === undefined ? {} : { cron: input.schedule }),
    });
    return {
      data: { target: { ...target } },
      text: [
        `The vault of grid "${grid.slug}" has the target ${target.name} at ${target.address}.`,
        `Next: gridkeep vault targets copy ${target.name}`,
      ].join('\n'),
    };
  },
});

export const vaultTargetsRemove = installationCommand({
  name: 'vault targets remove',
  summary: 'Use a place no more; what is there stays as it is',
  examples: ['gridkeep vault targets remove usb'],
  input: Type.Object(
    { name: nameInput, yes: Type.Optional(Type.Boolean({ description: 'without asking' })), ...gridInput },
    { additionalProperties: false },
  ),
  positional: ['name'],
  run: async (installation, input) => {
    const { grid } = await tenantOf(installation.tenants, input.grid);
    const record = await installation.vaults.get(grid.slug);
    const target = record.targets.find((one) => one.name === input.name);
    const next = record.targets.find((one) => one.name !== input.name);
    if (target?.first === true && next !== undefined && input.yes !== true)
      throw new CommandError(
        confirmationNeededCode,
        `backups of grid "${grid.slug}" go to ${next.address} from now on; what was not copied there yet stays behind`,
      );
    await installation.vaults.removeTarget(grid.slug, input.name);
    return {
      data: { vault: vaultData(await installation.vaults.get(grid.slug)) },
      text: `${input.name} is no target any more; what is there stays.`,
    };
  },
});

export const vaultTargetsCopy = installationCommand({
  name: 'vault targets copy',
  summary: 'Bring a copy of the vault up to date now',
  examples: ['gridkeep vault targets copy usb', 'gridkeep vault targets copy away --megabytes-per-second 10'],
  input: Type.Object(
    {
      name: nameInput,
      megabytesPerSecond: Type.Optional(
        Type.Number({ description: 'copy no faster than this', exclusiveMinimum: 0 }),
      ),
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  positional: ['name'],
  secretsOnDemand: vaultSecrets,
  run: async (installation, input, report) => {
    const { grid } = await unlockedTenant(installation, input);
    const { megabytesPerSecond: speed } = input;
    const job: BackupCopyInput = {
      target: input.name,
      bytesPerSecond: speed === undefined ? null : speed * megabyte,
    };
    const result = await runJob(installation, report, vaultJobResultSchema, {
      ...{
        kind: backupCopyKind,
        key: `${backupCopyKind} ${grid.slug} ${input.name}`,
        grid: grid.slug,
        input: job,
      },
    });
    return {
      exitCode: result.ok ? 0 : 1,
      data: { ...result },
      text: [
        `${result.summary}.`,
        `${formatBytes(numberField(result.report, 'bytesCopied') ?? 0)} were copied.`,
        ...objectsField(result.report, 'alarms').map(
          (alarm) => `ALARM, ${reportText(alarm, 'kind')}: ${reportText(alarm, 'detail')}`,
        ),
      ].join('\n'),
    };
  },
});
