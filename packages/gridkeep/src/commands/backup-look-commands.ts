import { browseSnapshot } from '@gridkeep/hosting/restores/browse-snapshot';
import type { BrowseEntry } from '@gridkeep/hosting/restores/browse-snapshot';
import { withSharedLock } from '@gridkeep/hosting/vaults/care-context';
import { chooseSnapshot } from '@gridkeep/hosting/vaults/choose-snapshot';
import Type from 'typebox';
import { CommandError, installationCommand } from './command.ts';
import { named } from './restore-source.ts';
import { formatBytes, formatTable } from './format.ts';
import {
  atInput,
  noSignal,
  pathInput,
  gridTime,
  isoTime,
  unlockedTenant,
  vaultInput,
  vaultSecrets,
  withOpenVault,
} from './vault-input.ts';

const browseLimitDefault = 200;
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
            await named(() =>
              browseSnapshot(open.repository, chosen, path, {
                limit: input.limit ?? browseLimitDefault,
                ...(input.after === undefined ? {} : { after: input.after }),
              }),
            ),
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
