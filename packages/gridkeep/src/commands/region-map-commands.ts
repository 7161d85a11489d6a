/** What an operator does with regions that simulators have put on the map. */
import { isOperatorFlag, operatorFlagNames } from '@gridkeep/grid/registry/registered-region';
import type { OperatorFlag } from '@gridkeep/grid/registry/registered-region';
import { tryParseUuid, zeroUuid } from '@gridkeep/wire/uuid';
import Type from 'typebox';
import { CommandError, installationCommand, usageErrorCode } from './command.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import { regionNameInput } from './region-commands.ts';

const flagList = operatorFlagNames().join(', ');

export const regionFlagsCommand = installationCommand({
  name: 'region flags',
  summary: 'Show or change the flags of a region',
  examples: [
    'gridkeep region flags Plaza',
    'gridkeep region flags Plaza --set default,fallback',
    'gridkeep region flags Plaza --clear default',
  ],
  input: Type.Object(
    {
      name: Type.String({ description: 'name of the region, or its id' }),
      set: Type.Optional(Type.String({ description: `flags to give: ${flagList}`, title: 'flags' })),
      clear: Type.Optional(Type.String({ description: 'flags to take away', title: 'flags' })),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  positional: ['name'],
  run: async ({ tenants }, input) => {
    const { services } = await tenantOf(tenants, input.grid);
    const changes = { set: parseFlags(input.set ?? ''), clear: parseFlags(input.clear ?? '') };
    const outcome = await services.registry.setFlags(input.name, changes);
    if (outcome === undefined) throw unknownRegion(input.name);
    const flags = operatorFlagNames(outcome.flags);
    return {
      data: { region: outcome.regionId, flags },
      text: `Region ${JSON.stringify(input.name)} has ${flags.length === 0 ? 'no flags' : flags.join(', ')}.`,
    };
  },
});

export const regionDeregister = installationCommand({
  name: 'region deregister',
  summary: 'Take a region off the map whose simulator is gone',
  examples: ['gridkeep region deregister Plaza'],
  input: Type.Object({ name: regionNameInput, ...gridInput }, { additionalProperties: false }),
  positional: ['name'],
  run: async ({ tenants }, input) => {
    const { services } = await tenantOf(tenants, input.grid);
    const { registry } = services;
    const region =
      (await registry.findNamed(input.name)) ?? (await registry.find(tryParseUuid(input.name) ?? zeroUuid));
    if (region === undefined) throw unknownRegion(input.name);
    if (!(await registry.remove(region.id))) throw unknownRegion(input.name);
    return {
      data: { region: region.id },
      text: `Region "${region.name}" is off the map. It comes back when its simulator registers it again.`,
    };
  },
});

function parseFlags(text: string): readonly OperatorFlag[] {
  return text
    .split(/[\s,]+/)
    .filter((flag) => flag !== '')
    .map((flag) => {
      const name = flag.toLowerCase();
      if (isOperatorFlag(name)) return name;
      throw new CommandError(
        usageErrorCode,
        `${JSON.stringify(flag)} is no flag of a region; there are: ${flagList}`,
      );
    });
}

function unknownRegion(name: string): CommandError {
  return new CommandError(
    'not-found',
    `there is no region ${JSON.stringify(name)}: "gridkeep region list" lists them`,
  );
}
