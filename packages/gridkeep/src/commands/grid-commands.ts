import Type from 'typebox';
import { installationCommand } from './command.ts';
import { formatBytes, formatFields, formatTable, formatTime } from './format.ts';
import { countGrid } from './count-grid.ts';
import { gigabyte, gridData } from './grid-data.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import { gridWarnings } from './grid-warnings.ts';

export const gridCreate = installationCommand({
  name: 'grid create',
  summary: 'Make a grid',
  examples: [
    'gridkeep grid create seaside',
    'gridkeep grid create seaside --name "Seaside Grid" --hostname grid.example.org --time-zone Europe/Berlin',
  ],
  input: Type.Object(
    {
      slug: Type.String({
        description: 'short name for paths and commands: lower-case letters, digits, hyphens',
      }),
      name: Type.Optional(Type.String({ description: 'name shown to people (default: the slug)' })),
      hostname: Type.Optional(
        Type.Array(Type.String(), {
          description: 'address viewers use; may be given several times',
          title: 'name',
        }),
      ),
      quotaGb: Type.Optional(
        Type.Number({ description: 'gigabytes of distinct content it may keep (default 100)', minimum: 0 }),
      ),
      timeZone: Type.Optional(
        Type.String({
          description: 'its schedules follow this zone, e.g. Europe/Berlin (default UTC)',
          title: 'zone',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  positional: ['slug'],
  makesFolder: true,
  run: async ({ tenants }, input) => {
    const { grid } = await tenants.create({
      slug: input.slug,
      ...(input.name === undefined ? {} : { name: input.name }),
      ...(input.hostname === undefined ? {} : { hostnames: input.hostname }),
      ...(input.quotaGb === undefined ? {} : { quotaBytes: Math.round(input.quotaGb * gigabyte) }),
      ...(input.timeZone === undefined ? {} : { timeZone: input.timeZone }),
    });
    return { data: { grid: gridData(grid) }, text: `Grid "${grid.slug}" is ready.` };
  },
});

export const gridList = installationCommand({
  name: 'grid list',
  summary: 'List the grids of this installation',
  examples: ['gridkeep grid list', 'gridkeep grid list --json'],
  input: Type.Object({}, { additionalProperties: false }),
  run: async ({ tenants }) => {
    const grids = await tenants.list();
    return {
      data: { grids: grids.map(gridData) },
      text: formatTable(
        ['GRID', 'NAME', 'HOST NAMES', 'QUOTA', 'MADE'],
        grids.map((grid) => [
          grid.slug,
          grid.name,
          grid.hostnames.join(' '),
          formatBytes(grid.quotaBytes),
          formatTime(grid.createdAt),
        ]),
        'There is no grid yet: "gridkeep grid create SLUG" makes one.',
      ),
    };
  },
});

export const gridShow = installationCommand({
  name: 'grid show',
  summary: 'Show a grid: its settings and what it holds',
  examples: ['gridkeep grid show', 'gridkeep grid show --grid seaside --json'],
  input: Type.Object({ ...gridInput }, { additionalProperties: false }),
  run: async ({ tenants }, input) => {
    const tenant = await tenantOf(tenants, input.grid);
    const { grid } = tenant;
    const counts = await countGrid(tenant);
    const warnings = await gridWarnings(tenant);
    const publicUrl = await tenant.services.publicAddress.read();
    return {
      data: { grid: gridData(grid), publicUrl, ...counts, warnings },
      text: [
        formatFields([
          ['grid', grid.slug],
          ['name', grid.name],
          [
            'host names',
            grid.hostnames.join(' ') || 'none: it answers for every name while it is the only grid',
          ],
          ['address', publicUrl],
          ['time zone', grid.timeZone],
          ['made', formatTime(grid.createdAt)],
          ['residents', `${counts.residents}, ${counts.online} on the grid`],
          ['regions', `${counts.regions} stored, ${counts.cellsOnline} cells of 256 m online`],
          ['assets', String(counts.assets)],
          ['content', `${formatBytes(counts.contentBytes)} of ${formatBytes(grid.quotaBytes)}`],
        ]),
        ...warnings.map((line) => `warning: ${line}`),
      ].join('\n'),
    };
  },
});
