import { chooseSnapshot } from '@gridkeep/hosting/vaults/choose-snapshot';
import type { StoredSnapshot } from '@gridkeep/vault/format/snapshot';
import { decideForget } from '@gridkeep/vault/retention/forget';
import { readRestorePoint } from '@gridkeep/vault/retention/restore-points';
import { VaultClock } from '@gridkeep/vault/retention/vault-clock';
import Type from 'typebox';
import {
  backupDrillKind,
  backupPruneKind,
  backupRunKind,
  backupVerifyKind,
  vaultJobResultSchema,
} from '../jobs/vault-job-inputs.ts';
import type {
  BackupDrillInput,
  BackupPruneInput,
  BackupRunInput,
  BackupVerifyInput,
} from '../jobs/vault-job-inputs.ts';
import { installationCommand } from './command.ts';
import { formatBytes, formatDuration, formatFields, formatTable } from './format.ts';
import { tenantOf } from './grid-input.ts';
import { fieldOf, numberField, objectsField, reportText, textField } from './report-fields.ts';
import { runJob } from './run-job.ts';
import {
  atInput,
  gridTime,
  isoTime,
  tenantWithVault,
  unlockedTenant,
  vaultInput,
  vaultSecrets,
  withOpenVault,
} from './vault-input.ts';
import { healthOf, runData, runText } from './vault-status.ts';

const megabyte = 1_000_000;
const listedDefault = 40;
const fetchInput = Type.Optional(
  Type.Boolean({ description: 'also fetch what is on cold storage, and wait for it' }),
);
const speedInput = Type.Optional(
  Type.Number({ description: 'read no faster than this', exclusiveMinimum: 0 }),
);

export const backupRun = installationCommand({
  name: 'backup run',
  summary: 'Back a grid up now; the first time makes its vault in the data folder',
  examples: ['gridkeep backup run', 'gridkeep backup run --grid seaside --everything'],
  input: Type.Object(
    {
      everything: Type.Optional(
        Type.Boolean({ description: 'look at everything, not only at what has changed since the last one' }),
      ),
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  secretsOnDemand: vaultSecrets,
  run: async (installation, input, report) => {
    const { grid } = await tenantWithVault(installation, input);
    const job: BackupRunInput = { everything: input.everything ?? false, tags: ['manual'] };
    const result = await runJob(installation, report, vaultJobResultSchema, {
      ...{ kind: backupRunKind, key: `${backupRunKind} ${grid.slug}`, grid: grid.slug, input: job },
    });
    const lockedUntil = numberField(result.report, 'lockedUntil');
    const missing = objectsField(result.report, 'missingShown');
    return {
      exitCode: result.ok ? 0 : 1,
      data: { ...result },
      text: [
        `Snapshot ${(textField(result.report, 'snapshot') ?? '').slice(0, 12)} of grid "${grid.slug}", ` +
          `${gridTime(grid, numberField(result.report, 'time'))}.`,
        `${numberField(result.report, 'records') ?? 0} records looked at, ${numberField(result.report, 'contents') ?? 0} new contents ` +
          `(${formatBytes(numberField(result.report, 'contentBytes') ?? 0)}); ` +
          `${formatBytes(numberField(result.report, 'dataAddedPacked') ?? 0)} written in ${formatDuration(numberField(result.report, 'took') ?? 0)}.`,
        ...(fieldOf(result.report, 'heals') === true
          ? [
              'Everything was looked at, since the vault had lost something: what the grid still has is there again.',
            ]
          : []),
        lockedUntil === undefined
          ? 'It is no restore point: today already has one.'
          : `A restore point, locked until ${gridTime(grid, lockedUntil)}.`,
        ...(result.ok
          ? []
          : [
              `MISSING in the grid, and so in the backup: ${numberField(result.report, 'missing') ?? 0} contents:`,
              ...missing.map((one) => `  ${missingText(one)}`),
            ]),
      ].join('\n'),
    };
  },
});

export const backupList = installationCommand({
  name: 'backup list',
  summary: 'List the backups of a grid, how long each is locked, and how the vault is',
  examples: ['gridkeep backup list', 'gridkeep backup list --limit 400 --json'],
  input: Type.Object(
    {
      limit: Type.Optional(
        Type.Integer({ description: `how many at most (default ${listedDefault})`, minimum: 1 }),
      ),
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  secretsOnDemand: vaultSecrets,
  run: async (installation, input) => {
    const { grid: wanted } = await tenantOf(installation.tenants, input.grid);
    const health = await healthOf(installation, wanted);
    if (health.record === undefined)
      return {
        data: {
          grid: wanted.slug,
          timeZone: wanted.timeZone,
          backups: [],
          count: 0,
          warnings: health.warnings,
        },
        text: `There is no backup of grid "${wanted.slug}" yet. "gridkeep backup run" makes the first one, and a vault for it in the data folder; "gridkeep vault init --at PLACE" makes a vault elsewhere first.${installation.configuration.backupTime === 'off' ? '' : ` A server makes one every night at ${installation.configuration.backupTime}.`}`,
      };
    const { grid } = await unlockedTenant(installation, input);
    const [snapshots, time] = await withOpenVault(installation, grid.slug, async (open) => [
      await open.repository.listSnapshots(),
      await new VaultClock(open.repository).sample(),
    ]);
    const why = new Map(
      decideForget(snapshots, { clock: time.now, zone: grid.timeZone }).keep.map((one) => [
        one.snapshot.id,
        one.why,
      ]),
    );
    const newestFirst = snapshots.toSorted((one, other) => other.time - one.time);
    const shown = newestFirst.slice(0, input.limit ?? listedDefault);
    const { last, copies, warnings } = health;
    const looks = [
      ['last verify', last.verify],
      ['data read', last['verify-data']],
      ['last drill', last.drill],
      ['last prune', last.prune],
    ] as const;
    return {
      data: {
        grid: grid.slug,
        timeZone: grid.timeZone,
        vaultTime: isoTime(time.now),
        clockLagSeconds: Math.round(time.lag / 1000),
        backups: shown.map((snapshot) => ({
          ...snapshotData(snapshot),
          keptFor: why.get(snapshot.id) ?? null,
        })),
        count: snapshots.length,
        last: Object.fromEntries(Object.entries(last).map(([kind, run]) => [kind, runData(run)])),
        copies: copies.map(({ target, copiedAt }) => ({ target, copiedAt: isoTime(copiedAt) })),
        warnings,
      },
      text: [
        formatTable(
          [`WHEN (${grid.timeZone})`, 'SNAPSHOT', 'POINT OF', 'LOCKED UNTIL', 'TAGS'],
          shown.map((snapshot) => {
            const point = readRestorePoint(snapshot);
            const [points, lockedUntil] =
              typeof point === 'string' ? [[point], undefined] : [[...point.points], point.lockedUntil];
            return [
              gridTime(grid, snapshot.time),
              snapshot.id.slice(0, 12),
              points.join(', ') || '-',
              gridTime(grid, lockedUntil),
              plainTags(snapshot).join(' '),
            ];
          }),
          'There are no backups in the vault yet: "gridkeep backup run" makes one.',
        ),
        ...(shown.length < snapshots.length
          ? [`and ${snapshots.length - shown.length} older ones: --limit shows more`]
          : []),
        '',
        formatFields([
          ...looks.map(([name, run]) => [name, runText(grid, run)] as const),
          ...copies.map(
            ({ target, copiedAt }) =>
              [`copy to ${target}`, copiedAt === undefined ? 'never' : gridTime(grid, copiedAt)] as const,
          ),
        ]),
        ...warnings.map((line) => `warning: ${line}`),
      ].join('\n'),
    };
  },
});

export const backupShow = installationCommand({
  name: 'backup show',
  summary: 'Show one backup: what it holds, what was missing, how long it is locked',
  examples: ['gridkeep backup show', 'gridkeep backup show 2026-11-22', 'gridkeep backup show 4f0c1bd2a9'],
  input: Type.Object({ at: atInput, ...vaultInput }, { additionalProperties: false }),
  positional: ['at'],
  secretsOnDemand: vaultSecrets,
  run: async (installation, input) => {
    const { grid } = await unlockedTenant(installation, input);
    const snapshot = await withOpenVault(installation, grid.slug, async ({ repository }) =>
      chooseSnapshot(await repository.listSnapshots(), input.at, grid.timeZone),
    );
    const runs = await installation.vaults.history.runs(grid.slug, { kind: 'backup', limit: 800 });
    const run = runs.find((one) => textField(one.report, 'snapshot') === snapshot.id);
    const point = readRestorePoint(snapshot);
    const { summary } = snapshot;
    const missing = run === undefined ? [] : objectsField(run.report, 'missingShown');
    return {
      data: { backup: snapshotData(snapshot), report: run?.report ?? null },
      text: [
        formatFields([
          ['snapshot', snapshot.id],
          ['when', `${gridTime(grid, snapshot.time)} (${grid.timeZone})`],
          [
            'made by',
            [snapshot.programVersion, snapshot.hostname].filter((one) => one !== undefined).join(' on '),
          ],
          ['restore point of', typeof point === 'string' ? point : [...point.points].join(', ') || 'nothing'],
          ['locked until', typeof point === 'string' ? '-' : gridTime(grid, point.lockedUntil)],
          ['tags', plainTags(snapshot).join(' ') || '-'],
          ...(summary === undefined
            ? []
            : ([
                ['files', `${summary.totalFilesProcessed}, ${formatBytes(summary.totalBytesProcessed)}`],
                [
                  'new then',
                  `${summary.filesNew + summary.filesChanged} files, ${formatBytes(summary.dataAddedPacked)} stored`,
                ],
                ['took', formatDuration(summary.backupEnd - summary.backupStart)],
              ] as const)),
        ]),
        ...(missing.length === 0
          ? []
          : [
              `MISSING: ${numberField(run?.report, 'missing') ?? missing.length} contents that its records need:`,
              ...missing.map((one) => `  ${missingText(one)}`),
            ]),
      ].join('\n'),
    };
  },
});

export const backupPrune = installationCommand({
  name: 'backup prune',
  summary: 'Remove what neither the promise nor a lock keeps; the nightly work does it too',
  examples: ['gridkeep backup prune --dry-run', 'gridkeep backup prune'],
  input: Type.Object(
    {
      dryRun: Type.Optional(Type.Boolean({ description: 'only say what would go' })),
      repackCold: Type.Optional(
        Type.Boolean({ description: 'also rewrite packs that must be fetched from slow storage first' }),
      ),
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  secretsOnDemand: vaultSecrets,
  run: async (installation, input, report) => {
    const { grid } = await unlockedTenant(installation, input);
    const job: BackupPruneInput = { dryRun: input.dryRun ?? false, repackCold: input.repackCold ?? false };
    const result = await runJob(installation, report, vaultJobResultSchema, {
      ...{ kind: backupPruneKind, grid: grid.slug, input: job },
    });
    return {
      data: { ...result },
      text: [
        `${job.dryRun ? 'Would be: ' : ''}${result.summary}.`,
        ...(job.dryRun
          ? []
          : [
              `${formatBytes(numberField(result.report, 'bytesFreed') ?? 0)} given back, ` +
                `${formatBytes(numberField(result.report, 'bytesUsed') ?? 0)} in use.`,
            ]),
        ...((numberField(result.report, 'postponed') ?? 0) > 0
          ? [`${numberField(result.report, 'postponed') ?? 0} files are locked by the place and go later.`]
          : []),
      ].join('\n'),
    };
  },
});

export const backupVerify = installationCommand({
  name: 'backup verify',
  summary: 'Check that the vault is whole; repair it from parity and copies; name what is lost',
  examples: [
    'gridkeep backup verify',
    'gridkeep backup verify --read all --megabytes-per-second 50',
    'gridkeep backup verify --no-repair --json',
  ],
  input: Type.Object(
    {
      read: Type.Optional(
        Type.Union([Type.Literal('none'), Type.Literal('slice'), Type.Literal('all')], {
          description: 'how much of the data is read: none, the slice that is due (default), or all of it',
        }),
      ),
      noRepair: Type.Optional(Type.Boolean({ description: 'change nothing' })),
      fetch: fetchInput,
      megabytesPerSecond: speedInput,
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  secretsOnDemand: vaultSecrets,
  run: async (installation, input, report) => {
    const { grid } = await unlockedTenant(installation, input);
    const speed = input.megabytesPerSecond;
    const job: BackupVerifyInput = {
      data: input.read ?? 'slice',
      since: Date.now(),
      repair: !(input.noRepair ?? false),
      fetch: input.fetch ?? false,
      bytesPerSecond: speed === undefined ? null : speed * megabyte,
    };
    const result = await runJob(installation, report, vaultJobResultSchema, {
      ...{ kind: backupVerifyKind, grid: grid.slug, input: job },
    });
    const findings = objectsField(result.report, 'findings');
    const lost = objectsField(result.report, 'lost');
    const since = numberField(result.report, 'allReadSince');
    return {
      exitCode: result.ok ? 0 : 1,
      data: { ...result },
      text: [
        `${result.summary}.`,
        `${numberField(result.report, 'packsRead') ?? 0} packs (${formatBytes(numberField(result.report, 'bytesRead') ?? 0)}) were read` +
          `${since === undefined ? '' : `; all data was read at least once since ${gridTime(grid, since)}`}.`,
        ...coldLines(result.report),
        ...findings.map(
          (one) =>
            `  ${reportText(one, 'kind')}: ${reportText(one, 'detail')}${one['repaired'] === undefined ? '' : ` (repaired: ${reportText(one, 'repaired')})`}`,
        ),
        ...(lost.length === 0 ? [] : ['LOST, newest backup first:']),
        ...lost.map((one) => `  ${gridTime(grid, numberField(one, 'time'))}  ${reportText(one, 'text')}`),
        ...(result.ok || !job.repair
          ? []
          : [
              'The next backup looks at everything and writes anew what the grid still has: "gridkeep backup run".',
            ]),
      ].join('\n'),
    };
  },
});

export const backupDrill = installationCommand({
  name: 'backup drill',
  summary: 'Really restore a sample into a scratch grid, and compare',
  examples: ['gridkeep backup drill', 'gridkeep backup drill --at 2026-06-01 --residents 10 --regions 3'],
  input: Type.Object(
    {
      at: atInput,
      residents: Type.Optional(
        Type.Integer({ description: 'inventories (default 2)', minimum: 0, maximum: 1000 }),
      ),
      regions: Type.Optional(Type.Integer({ description: 'regions (default 1)', minimum: 0, maximum: 100 })),
      assets: Type.Optional(
        Type.Integer({ description: 'further assets (default 50)', minimum: 0, maximum: 100_000 }),
      ),
      fetch: fetchInput,
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  secretsOnDemand: vaultSecrets,
  run: async (installation, input, report) => {
    const { grid } = await unlockedTenant(installation, input);
    const job: BackupDrillInput = {
      at: input.at ?? null,
      residents: input.residents ?? null,
      regions: input.regions ?? null,
      assets: input.assets ?? null,
      fetch: input.fetch ?? false,
    };
    const result = await runJob(installation, report, vaultJobResultSchema, {
      ...{ kind: backupDrillKind, grid: grid.slug, input: job },
    });
    return {
      exitCode: result.ok ? 0 : 1,
      data: { ...result },
      text: [
        `${result.summary}.`,
        `From the backup of ${gridTime(grid, numberField(result.report, 'snapshotTime'))}.`,
        ...objectsField(result.report, 'differences').map(
          (one) =>
            `  ${reportText(one, 'what')}: ${reportText(one, 'detail')} (against the ${reportText(one, 'against')})`,
        ),
      ].join('\n'),
    };
  },
});

function coldLines(report: unknown): readonly string[] {
  const packs = numberField(report, 'coldPacks') ?? 0;
  if (packs === 0) return [];
  const bytes = formatBytes(numberField(report, 'coldBytes') ?? 0);
  return [
    `NOT READ: ${packs} packs (${bytes}) on cold storage, ${textField(report, 'coldPlace') ?? ''}; --fetch gets them first.`,
  ];
}

function missingText(one: Readonly<Record<string, unknown>>): string {
  const of = reportText(one, 'of');
  return `${reportText(one, 'kind')} ${reportText(one, 'id')} "${reportText(one, 'name')}"${of === '' ? '' : ` of ${of}`}: ${reportText(one, 'needs')} is ${reportText(one, 'reason')}`;
}

/** Without those that say what the columns say. */
function plainTags({ tags }: StoredSnapshot): readonly string[] {
  return tags.filter(
    (tag) => tag !== 'gridkeep' && !/^(clock|clock-at-most|grid|point|locked-until|retention):/.test(tag),
  );
}

function snapshotData(snapshot: StoredSnapshot): Readonly<Record<string, unknown>> {
  const point = readRestorePoint(snapshot);
  return {
    snapshot: snapshot.id,
    time: isoTime(snapshot.time),
    tree: snapshot.tree,
    parent: snapshot.parent ?? null,
    hostname: snapshot.hostname,
    programVersion: snapshot.programVersion ?? null,
    tags: snapshot.tags,
    ...(typeof point === 'string'
      ? { pointOf: [], lockedUntil: null, origin: point }
      : { pointOf: [...point.points], lockedUntil: isoTime(point.lockedUntil), origin: 'gridkeep' }),
    summary: snapshot.summary ?? null,
  };
}
