import { browseSnapshot } from '@gridkeep/hosting/restores/browse-snapshot';
import type { BrowseEntry } from '@gridkeep/hosting/restores/browse-snapshot';
import { diffSnapshots } from '@gridkeep/hosting/restores/diff-snapshots';
import type { SnapshotDifference } from '@gridkeep/hosting/restores/diff-snapshots';
import { withSharedLock } from '@gridkeep/hosting/vaults/care-context';
import { chooseSnapshot } from '@gridkeep/hosting/vaults/choose-snapshot';
import Type from 'typebox';
import { CommandError, installationCommand } from './command.ts';
import { formatBytes, formatTable } from './format.ts';
import {
  atInput,
  gridTime,
  isoTime,
  unlockedTenant,
  vaultInput,
  vaultSecrets,
  withOpenVault,
} from './vault-input.ts';

const browseLimitDefault = 200;
const diffLimitDefault = 1000;
const pathInput = Type.Optional(
  Type.String({
    description:
      'for example "inventories/Ada Lovelace/My Inventory/Clothing", "regions/Big Bay/objects", assets/2026/11/22 (default: everything)',
  }),
);

export const backupBrowse = installationCommand({
  name: 'backup browse',
  summary: 'Look into a backup of any day: inventories, regions, assets',
  examples: [
    'gridkeep backup browse',
    'gridkeep backup browse "inventories/Ada Lovelace/My Inventory/Clothing" --at 2026-06-01',
    'gridkeep backup browse regions/Plaza/objects --limit 1000',
  ],
  input: Type.Object(
    {
      path: pathInput,
      at: atInput,
      limit: Type.Optional(
        Type.Integer({
          description: `how many at most (default ${browseLimitDefault})`,
          minimum: 1,
          maximum: 100_000,
        }),
      ),
      after: Type.Optional(Type.String({ description: 'go on behind this path', title: 'path' })),
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  positional: ['path'],
  secretsOnDemand: vaultSecrets,
  run: async (installation, input) => {
    const { grid } = await unlockedTenant(installation, input);
    const path = input.path ?? '';
    const [snapshot, page] = await withOpenVault(installation, grid.slug, async (open) => {
      const chosen = chooseSnapshot(await open.repository.listSnapshots(), input.at, grid.timeZone);
      return withSharedLock(
        open,
        noSignal(),
        async () =>
          [
            chosen,
            await browseSnapshot(open.repository, chosen, path, {
              limit: input.limit ?? browseLimitDefault,
              ...(input.after === undefined ? {} : { after: input.after }),
            }),
          ] as const,
      );
    });
    if (page === undefined)
      throw new CommandError(
        'not-found',
        `the backup of ${gridTime(grid, snapshot.time)} has nothing at ${JSON.stringify(path)}`,
      );
    return {
      data: {
        snapshot: snapshot.id,
        time: isoTime(snapshot.time),
        here: entryData(page.here),
        entries: page.entries.map(entryData),
        next: page.next ?? null,
      },
      text: [
        `${page.here.path === '' ? 'Everything' : page.here.path} on ${gridTime(grid, snapshot.time)}, snapshot ${snapshot.id.slice(0, 12)}:`,
        ...(page.entries.length === 0 ? factLines(page.here) : []),
        formatTable(
          ['NAME', 'WHAT', 'ID', ''],
          page.entries.map((entry) => [entry.name, entry.kind, entry.id ?? '', factsText(entry)]),
          'Nothing is in it.',
        ),
        ...(page.next === undefined ? [] : [`and more: --after ${JSON.stringify(page.next)}`]),
      ].join('\n'),
    };
  },
});

export const backupDiff = installationCommand({
  name: 'backup diff',
  summary: 'Tell what appeared, changed and vanished between two backups',
  examples: [
    'gridkeep backup diff 2026-11-01 2026-11-22',
    'gridkeep backup diff 2026-11-21 --path "inventories/Ada Lovelace"',
  ],
  input: Type.Object(
    {
      from: Type.String({ description: 'a day, a minute or the beginning of a snapshot' }),
      to: Type.Optional(Type.String({ description: 'the same (default: the newest)' })),
      path: pathInput,
      limit: Type.Optional(
        Type.Integer({
          description: `how many at most (default ${diffLimitDefault})`,
          minimum: 1,
          maximum: 100_000,
        }),
      ),
      ...vaultInput,
    },
    { additionalProperties: false },
  ),
  positional: ['from', 'to'],
  secretsOnDemand: vaultSecrets,
  run: async (installation, input) => {
    const { grid } = await unlockedTenant(installation, input);
    const limit = input.limit ?? diffLimitDefault;
    const shown: SnapshotDifference[] = [];
    const counts = { appeared: 0, changed: 0, vanished: 0 };
    const [older, newer] = await withOpenVault(installation, grid.slug, async (open) => {
      const snapshots = await open.repository.listSnapshots();
      const from = chooseSnapshot(snapshots, input.from, grid.timeZone);
      const to = chooseSnapshot(snapshots, input.to, grid.timeZone);
      await withSharedLock(open, noSignal(), async (signal) => {
        for await (const difference of diffSnapshots(open.repository, from, to, {
          signal,
          ...(input.path === undefined ? {} : { path: input.path }),
        })) {
          counts[difference.change] += 1;
          if (shown.length < limit) shown.push(difference);
        }
      });
      return [from, to] as const;
    });
    const total = counts.appeared + counts.changed + counts.vanished;
    return {
      data: {
        from: { snapshot: older.id, time: isoTime(older.time) },
        to: { snapshot: newer.id, time: isoTime(newer.time) },
        ...counts,
        differences: shown,
      },
      text: [
        `From ${gridTime(grid, older.time)} to ${gridTime(grid, newer.time)}: ` +
          `${counts.appeared} appeared, ${counts.changed} changed, ${counts.vanished} vanished.`,
        ...shown.map(differenceText),
        ...(shown.length < total ? [`and ${total - shown.length} more: --limit shows them`] : []),
      ].join('\n'),
    };
  },
});

const signs = { appeared: '+', changed: '~', vanished: '-' } as const;

function differenceText(one: SnapshotDifference): string {
  const people = [
    one.owner === undefined ? '' : `owner ${one.owner}`,
    one.creator === undefined ? '' : `creator ${one.creator}`,
    one.group === undefined ? '' : `group ${one.group}`,
  ].filter((text) => text !== '');
  const fields = one.fields.map(
    ({ field, before, after }) => `    ${field}: ${shortened(before)} -> ${shortened(after)}`,
  );
  return [
    `${signs[one.change]} ${one.kind} ${one.name === '' ? one.id : `"${one.name}" (${one.id})`}${people.length === 0 ? '' : `, ${people.join(', ')}`}`,
    ...fields,
  ].join('\n');
}

const valueCharactersMax = 60;

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > valueCharactersMax ? `${line.slice(0, valueCharactersMax - 1)}…` : line;
}

function entryData(entry: BrowseEntry): Readonly<Record<string, unknown>> {
  return { ...entry, id: entry.id ?? null, size: entry.size ?? null, scope: entry.scope ?? null };
}

function factsText({ facts, size }: BrowseEntry): string {
  return [
    ...(size === undefined ? [] : [formatBytes(size)]),
    ...Object.entries(facts).map(([name, value]) => `${name} ${value}`),
  ].join(', ');
}

function factLines(entry: BrowseEntry): readonly string[] {
  const text = factsText(entry);
  return [
    `${entry.kind} ${entry.name}${entry.id === undefined ? '' : ` (${entry.id})`}${text === '' ? '' : `: ${text}`}`,
  ];
}

/** The command ends with its process; nothing else interrupts it. */
function noSignal(): AbortSignal {
  return new AbortController().signal;
}
