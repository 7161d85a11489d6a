import type { GridServices } from '@gridkeep/grid/grid-services';
import type { Region } from '@gridkeep/grid/regions/region-records';
import type { Regions } from '@gridkeep/grid/regions/regions';
import type { Uuid } from '@gridkeep/wire/uuid';
import { randomUuid, zeroUuid } from '@gridkeep/wire/uuid';
import Type from 'typebox';
import { allRegions } from './all-regions.ts';
import { CommandError, installationCommand, usageErrorCode } from './command.ts';
import { formatBytes, formatFields, formatTable, formatTime } from './format.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import { describeNotice, describeState, placeOf, regionStates, stateData } from './region-states.ts';
import { residentOf } from './resident-name.ts';

/** Where the first region of a grid lies, in units of 256 m: the place that OpenSimulator suggests too. */
const firstLocation = { x: 1000, y: 1000 };
const unitMetres = 256;

export const regionNameInput = Type.String({ description: 'name of the region' });

export const regionCreate = installationCommand({
  name: 'region create',
  summary: 'Make an empty region',
  examples: [
    'gridkeep region create "Big Bay"',
    'gridkeep region create "Big Bay" --owner "Ada Lovelace" --location 1002,1000 --size 512x512',
  ],
  input: Type.Object(
    {
      name: regionNameInput,
      owner: Type.Optional(
        Type.String({
          description: 'resident who owns it, first and last name (default: the only resident there is)',
          title: 'name',
        }),
      ),
      location: Type.Optional(
        Type.String({
          description: 'south-west corner in units of 256 m (default: east of the last one)',
          title: 'x,y',
        }),
      ),
      size: Type.Optional(
        Type.String({ description: 'metres, multiples of 256 (default 256x256)', title: 'x[xy]' }),
      ),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  positional: ['name'],
  run: async ({ tenants }, input) => {
    const { services } = await tenantOf(tenants, input.grid);
    const ownerId = await ownerOf(services, input.owner);
    const location =
      input.location === undefined ? await freeLocation(services.regions) : parseLocation(input.location);
    const size = parseSize(input.size ?? '256');
    const region = await services.regions.create({
      id: randomUuid(),
      name: input.name,
      locationX: location.x,
      locationY: location.y,
      sizeX: size.x,
      sizeY: size.y,
      ownerId,
    });
    return {
      data: { region: regionData(region) },
      text: `Region "${region.name}" is at ${region.locationX},${region.locationY}, ${region.sizeX} x ${region.sizeY} m.`,
    };
  },
});

/** A grid without residents may have regions that nobody owns yet. */
async function ownerOf(services: GridServices, name: string | undefined): Promise<Uuid> {
  if (name !== undefined) return (await residentOf(services, name)).id;
  const [first, second] = await services.accounts.list(2);
  if (second !== undefined)
    throw new CommandError(
      usageErrorCode,
      'there are several residents: say with --owner whose region it is',
    );
  return first?.id ?? zeroUuid;
}

export const regionList = installationCommand({
  name: 'region list',
  summary: 'List the regions of a grid: stored, running, refused',
  examples: ['gridkeep region list', 'gridkeep region list --grid seaside --json'],
  input: Type.Object({ ...gridInput }, { additionalProperties: false }),
  run: async ({ tenants }, input) => {
    const { grid, services } = await tenantOf(tenants, input.grid);
    const states = await regionStates(services);
    const table = formatTable(
      ['REGION', 'LOCATION', 'SIZE', 'SIMULATOR', 'ADDRESS', 'FLAGS', 'LOADED FROM', 'STATE'],
      states.map((state) => {
        const { location, size } = placeOf(state);
        const region = state.registered?.region;
        return [
          ...[state.name, location, size, region?.simulator ?? '', region?.serverUri ?? ''],
          ...[state.flags.join(','), state.stored?.loadedFrom ?? '', describeState(state)],
        ];
      }),
      `Grid "${grid.slug}" has no regions yet.`,
    );
    const notices = states.flatMap((state) => state.notices).map(describeNotice);
    return {
      data: {
        regions: states.map((state) => ({
          ...(state.stored === undefined ? {} : regionData(state.stored)),
          ...stateData(state),
        })),
      },
      text: notices.length === 0 ? table : `${table}\n\n${notices.join('\n')}`,
    };
  },
});

export const regionShow = installationCommand({
  name: 'region show',
  summary: 'Show a region and what is stored of it',
  examples: ['gridkeep region show "Big Bay"', 'gridkeep region show "Big Bay" --grid seaside --json'],
  input: Type.Object({ name: regionNameInput, ...gridInput }, { additionalProperties: false }),
  positional: ['name'],
  run: async ({ tenants }, input) => {
    const { services } = await tenantOf(tenants, input.grid);
    const region = await regionNamed(services.regions, input.name);
    const summary = await services.regions.summary(region.id);
    return {
      data: { region: regionData(region), content: { ...summary } },
      text: formatFields([
        ['region', region.name],
        ['id', region.id],
        ['location', `${region.locationX},${region.locationY}`],
        ['size', `${region.sizeX} x ${region.sizeY} m`],
        ['owner', region.ownerId === zeroUuid ? 'nobody yet' : region.ownerId],
        ['objects', `${summary.objects} with ${summary.parts} parts and ${summary.scripts} scripts`],
        ['parcels', String(summary.parcels)],
        ['terrain', summary.hasTerrain ? 'yes' : 'none'],
        ['settings', summary.hasSettings ? 'yes' : 'none'],
        ['stored', formatBytes(summary.bytes)],
        [
          'loaded',
          region.loadedAt === 0 ? 'never' : `${formatTime(region.loadedAt)} from ${region.loadedFrom}`,
        ],
      ]),
    };
  },
});

/** The region of that name. Throws a CommandError when there is none. */
export async function regionNamed(regions: Regions, name: string): Promise<Region> {
  const region = await regions.findNamed(name);
  if (region === undefined)
    throw new CommandError(
      'not-found',
      `there is no region ${JSON.stringify(name)}: "gridkeep region create" makes one, "gridkeep region list" lists them`,
    );
  return region;
}

/** East of everything that lies in the first row. */
async function freeLocation(regions: Regions): Promise<{ readonly x: number; readonly y: number }> {
  let x = firstLocation.x;
  for await (const region of allRegions(regions))
    x = Math.max(x, region.locationX + Math.ceil(region.sizeX / unitMetres));
  return { x, y: firstLocation.y };
}

function parseLocation(text: string): { readonly x: number; readonly y: number } {
  const [, x, y] = /^(\d{1,9}),(\d{1,9})$/.exec(text) ?? [];
  if (x === undefined || y === undefined)
    throw new CommandError(usageErrorCode, `location ${JSON.stringify(text)} must look like 1000,1000`);
  return { x: Number(x), y: Number(y) };
}

function parseSize(text: string): { readonly x: number; readonly y: number } {
  const [, x, y] = /^(\d{1,6})(?:x(\d{1,6}))?$/.exec(text) ?? [];
  if (x === undefined)
    throw new CommandError(usageErrorCode, `size ${JSON.stringify(text)} must look like 512 or 512x256`);
  return { x: Number(x), y: Number(y ?? x) };
}

function regionData(region: Region): Readonly<Record<string, unknown>> {
  return {
    ...region,
    createdAt: new Date(region.createdAt).toISOString(),
    loadedAt: region.loadedAt === 0 ? null : new Date(region.loadedAt).toISOString(),
  };
}
