import type { SimulatorAddress } from '@gridkeep/hosting/tenants/simulator-addresses';
import Type from 'typebox';
import { installationCommand } from './command.ts';
import { formatFields, formatTable, formatTime } from './format.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import { simulatorData } from './simulator-data.ts';

const nameInput = Type.String({ description: 'name of the simulator, unique in this installation' });

export const simulatorList = installationCommand({
  name: 'simulator list',
  summary: 'List the simulators that may use a grid',
  examples: ['gridkeep simulator list', 'gridkeep simulator list --grid seaside'],
  input: Type.Object({ ...gridInput }, { additionalProperties: false }),
  run: async ({ tenants }, input) => {
    const { grid } = await tenantOf(tenants, input.grid);
    const simulators = await tenants.simulators.list(grid.slug);
    const addresses = Map.groupBy(await tenants.simulatorAddresses.list(grid.slug), (one) => one.name);
    const seen = simulators.map((simulator) => ({
      simulator,
      addresses: addresses.get(simulator.name) ?? [],
    }));
    const open = addresses.get('') ?? [];
    return {
      data: {
        simulators: seen.map((one) => ({
          ...simulatorData(one.simulator),
          seen: one.addresses.map(seenData),
        })),
        withoutCredential: open.map(seenData),
      },
      text: formatTable(
        ['SIMULATOR', 'SINCE', 'LAST SEEN', 'FROM'],
        [
          ...seen.map((one) => [
            one.simulator.name,
            formatTime(one.simulator.createdAt),
            ...seenColumns(one.addresses),
          ]),
          ...(open.length === 0 ? [] : [['(no credential)', '', ...seenColumns(open)]]),
        ],
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

function seenColumns(addresses: readonly SimulatorAddress[]): readonly [string, string] {
  const [latest] = addresses;
  if (latest === undefined) return ['never', ''];
  return [formatTime(latest.lastSeen), addresses.map((one) => one.address).join(' ')];
}

function seenData({ address, lastSeen }: SimulatorAddress): Readonly<Record<string, unknown>> {
  return { address, lastSeen: new Date(lastSeen).toISOString() };
}
