import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { Grid } from '@gridkeep/hosting/tenants/grid';
import { randomUuid } from '@gridkeep/wire/uuid';
import Type from 'typebox';
import { httpUrl, isLoopback, reachableHost } from '../installation/grid-address.ts';
import type { Installation } from '../installation/installation.ts';
import {
  configurationPlace,
  gridIni,
  mainIni,
  mainPlace,
  openSimVersions,
} from '../simulator-configuration/open-sim-ini.ts';
import type { SimulatorGrid } from '../simulator-configuration/open-sim-ini.ts';
import { regionIni } from '../simulator-configuration/region-ini.ts';
import { CommandError, installationCommand, usageErrorCode } from './command.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import { residentOf } from './resident-name.ts';
import { simulatorData } from './simulator-data.ts';

const httpPortStandard = 9000;

export const simulatorAdd = installationCommand({
  name: 'simulator add',
  summary: 'Give a region simulator its credential and its configuration; the secret is shown this once',
  examples: [
    'gridkeep simulator add sim1',
    'gridkeep simulator add sim1 --opensim 0.9.2 --write opensim/bin/config/gridkeep.ini',
    'gridkeep simulator add sim1 --external-host sim1.example.org --region "Big Bay" --at 1000,1000 --estate-owner "Ada Lovelace"',
  ],
  input: Type.Object(
    {
      name: Type.String({ description: 'name of the simulator, unique in this installation' }),
      opensim: Type.Optional(
        Type.Union(
          openSimVersions.map((version) => Type.Literal(version)),
          { description: 'version of OpenSimulator (default 0.9.3)' },
        ),
      ),
      externalHost: Type.Optional(
        Type.String({
          description: 'name or address under which viewers reach the simulator (default: it finds its own)',
          title: 'name',
        }),
      ),
      httpPort: Type.Optional(
        Type.Integer({ description: 'its port (default 9000)', minimum: 1, maximum: 65_535 }),
      ),
      estateOwner: Type.Optional(
        Type.String({
          description: 'resident who owns the estate of its new regions; without, it asks on its console',
          title: 'name',
        }),
      ),
      estate: Type.Optional(
        Type.String({ description: 'name of that estate (default: that of the grid)', title: 'name' }),
      ),
      region: Type.Optional(Type.String({ description: 'also print the file of a region', title: 'name' })),
      at: Type.Optional(Type.String({ description: 'place of that region in units of 256 m', title: 'x,y' })),
      write: Type.Optional(
        Type.String({ description: 'write the configuration to this new file', title: 'file' }),
      ),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  positional: ['name'],
  paths: ['write'],
  run: async (installation, input) => {
    const { grid, services } = await tenantOf(installation.tenants, input.grid);
    const host = input.externalHost;
    const httpPort = input.httpPort ?? httpPortStandard;
    const region = regionFile(input.region, input.at, { httpPort, ...(host === undefined ? {} : { host }) });
    const owner = input.estateOwner === undefined ? undefined : await residentOf(services, input.estateOwner);
    const address = await simulatorGrid(installation, grid, services);
    // The file first: a secret that cannot be written down would be lost.
    const file = input.write === undefined ? undefined : await createFile(input.write);
    try {
      const { simulators } = installation.tenants;
      const { simulator, secret } = await simulators.add(grid.slug, input.name);
      const configuration = gridIni(address, {
        ...{ name: simulator.name, secret, httpPort },
        version: input.opensim ?? '0.9.3',
        ...(host === undefined ? {} : { host }),
        ...(owner === undefined
          ? {}
          : {
              estate: {
                name: input.estate ?? grid.name,
                owner: `${owner.firstName} ${owner.lastName}`,
              },
            }),
      });
      await file?.writeFile(configuration);
      const warnings = warningsFor(installation);
      const openSimIni = mainIni(address);
      return {
        data: {
          simulator: simulatorData(simulator),
          secret,
          ...(input.write === undefined ? {} : { file: input.write }),
          configuration,
          openSimIni,
          ...(region === undefined ? {} : { regionIni: region }),
          warnings,
        },
        text: [
          `Simulator "${simulator.name}" may use grid "${grid.slug}". The secret is not kept and cannot be shown again.`,
          ...(input.write === undefined
            ? part(configurationPlace, configuration)
            : [`Its configuration for ${configurationPlace} was written to ${input.write}.`]),
          ...part(mainPlace, openSimIni),
          ...(region === undefined ? [] : part('bin/Regions', region)),
          ...warnings.map((line) => `warning: ${line}`),
        ].join('\n'),
      };
    } catch (error) {
      if (input.write !== undefined) await rm(input.write, { force: true });
      throw error;
    } finally {
      await file?.close();
    }
  },
});

function part(place: string, text: string): readonly string[] {
  return ['', `--- ${place} ---`, text.trimEnd(), ''];
}

function regionFile(
  name: string | undefined,
  at: string | undefined,
  { httpPort, host }: { readonly httpPort: number; readonly host?: string },
): string | undefined {
  if (name === undefined && at === undefined) return undefined;
  const [, x, y] = /^(\d{1,6}),(\d{1,6})$/.exec(at ?? '') ?? [];
  if (name === undefined || x === undefined || y === undefined)
    throw new CommandError(
      usageErrorCode,
      '--region and --at belong together: --region "Big Bay" --at 1000,1000',
    );
  // The usual place of a region's UDP port is the number of its simulator's HTTP port.
  const place = { x: Number(x), y: Number(y), port: httpPort };
  return regionIni({ id: randomUuid(), name, ...place, ...(host === undefined ? {} : { host }) });
}

async function createFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (exists) throw new CommandError('exists', `${path} exists already`);
    throw error;
  }
}

async function simulatorGrid(
  { configuration, server }: Installation,
  grid: Grid,
  services: GridServices,
): Promise<SimulatorGrid> {
  const settings = await services.settings.read();
  const port = server?.servicesPort ?? configuration.servicesPort;
  return {
    ...{ name: grid.name, nick: settings.gridNick || grid.slug },
    publicUrl: await services.publicAddress.read(),
    servicesUrl:
      configuration.servicesUrl ?? httpUrl(grid.hostnames[0] ?? reachableHost(configuration.host), port),
    hypergrid: settings.hypergrid,
    gatekeeperAliases: settings.gatekeeperAliases,
    disallowExport: settings.disallowExport,
    disallowImport: settings.disallowImport,
  };
}

function warningsFor({ configuration: { host } }: Installation): readonly string[] {
  return isLoopback(host)
    ? [
        `Gridkeep listens on ${host} only, so simulators and viewers on other machines cannot reach it: see --host of "gridkeep start"`,
      ]
    : [];
}
