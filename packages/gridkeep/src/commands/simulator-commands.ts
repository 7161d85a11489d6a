import type { Simulator } from '@gridkeep/hosting/tenants/simulators';
import Type from 'typebox';
import { installationCommand } from './command.ts';
import { formatFields, formatTable, formatTime } from './format.ts';
import { gridInput, tenantOf } from './grid-input.ts';

const nameInput = Type.String({ description: 'name of the simulator, unique in this installation' });

export const simulatorAdd = installationCommand({
  name: 'simulator add',
  summary: 'Give a region simulator its credential; the secret is shown this once',
  examples: ['gridkeep simulator add sim1', 'gridkeep simulator add sim1 --grid seaside --json'],
  input: Type.Object({ name: nameInput, ...gridInput }, { additionalProperties: false }),
  positional: ['name'],
  run: async ({ tenants }, input) => {
    const { grid } = await tenantOf(tenants, input.grid);
    const { simulator, secret } = await tenants.simulators.add(grid.slug, input.name);
    return {
      data: { simulator: simulatorData(simulator), secret },
      text: [
        `Simulator "${simulator.name}" may use grid "${grid.slug}". In its OpenSimulator configuration:`,
        '[Network]',
        'AuthType = BasicHttpAuthentication',
        `HttpAuthUsername = ${simulator.name}`,
        `HttpAuthPassword = ${secret}`,
        'The secret is not kept and cannot be shown again.',
      ].join('\n'),
    };
  },
});

export const simulatorList = installationCommand({
  name: 'simulator list',
  summary: 'List the simulators that may use a grid',
  examples: ['gridkeep simulator list', 'gridkeep simulator list --grid seaside'],
  input: Type.Object({ ...gridInput }, { additionalProperties: false }),
  run: async ({ tenants }, input) => {
    const { grid } = await tenantOf(tenants, input.grid);
    const simulators = await tenants.simulators.list(grid.slug);
    return {
      data: { simulators: simulators.map(simulatorData) },
      text: formatTable(
        ['SIMULATOR', 'SINCE'],
        simulators.map((one) => [one.name, formatTime(one.createdAt)]),
        `No simulator may use grid "${grid.slug}" yet.`,
      ),
    };
  },
});

export const simulatorRevoke = installationCommand({
  name: 'simulator revoke',
  summary: "End a simulator's credential at once",
  examples: ['gridkeep simulator revoke sim1'],
  input: Type.Object({ name: nameInput, ...gridInput }, { additionalProperties: false }),
  positional: ['name'],
  run: async ({ tenants }, input) => {
    const { grid } = await tenantOf(tenants, input.grid);
    await tenants.revokeSimulator(grid.slug, input.name);
    const fields = [
      ['simulator', input.name],
      ['grid', grid.slug],
      ['credential', 'revoked'],
    ] as const;
    return { data: Object.fromEntries(fields), text: formatFields(fields) };
  },
});

function simulatorData(simulator: Simulator): Readonly<Record<string, unknown>> {
  return {
    name: simulator.name,
    grid: simulator.grid,
    createdAt: new Date(simulator.createdAt).toISOString(),
  };
}
