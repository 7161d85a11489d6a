import Type from 'typebox';
import { inventoryLoadKind, inventorySaveKind } from '../jobs/archive-job-inputs.ts';
import type { InventoryLoadInput, InventorySaveInput } from '../jobs/archive-job-inputs.ts';
import { inventoryLoadResultSchema, inventorySaveResultSchema } from '../jobs/archive-results.ts';
import { loadedText, savedText } from './archive-texts.ts';
import { CommandError, confirmationNeededCode, installationCommand } from './command.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import { residentNameInput } from './inventory-commands.ts';
import { requireFile } from './region-archive-commands.ts';
import { residentOf } from './resident-name.ts';
import { runJob } from './run-job.ts';

export const inventoryLoad = installationCommand({
  name: 'inventory load',
  summary: "Load an IAR into a resident's inventory: all of it or nothing",
  examples: [
    'gridkeep inventory load "Ada Lovelace" ada.iar',
    'gridkeep inventory load "Ada Lovelace" ada.iar "/From the old grid" --create-folder',
    'gridkeep inventory load "Ada Lovelace" ada.iar /Objects --mode replace --yes',
  ],
  input: Type.Object(
    {
      resident: residentNameInput,
      file: Type.String({ description: 'IAR file' }),
      path: Type.Optional(Type.String({ description: 'folder that takes the content (default /)' })),
      mode: Type.Optional(
        Type.Union([Type.Literal('merge'), Type.Literal('add'), Type.Literal('replace')], {
          description:
            'merge folders of the same name, add them anew, or empty the folder first (default merge)',
        }),
      ),
      createFolder: Type.Optional(Type.Boolean({ description: 'make the folder when it does not exist' })),
      strict: Type.Optional(Type.Boolean({ description: 'load nothing when any entry cannot be used' })),
      yes: Type.Optional(Type.Boolean({ description: 'replace what is there without asking' })),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  positional: ['resident', 'file', 'path'],
  paths: ['file'],
  run: async (installation, input, report) => {
    const { grid, services } = await tenantOf(installation.tenants, input.grid);
    const resident = await residentOf(services, input.resident);
    const path = input.path ?? '/';
    await requireFile(input.file);
    if (input.mode === 'replace' && input.yes !== true)
      throw new CommandError(
        confirmationNeededCode,
        `everything in ${path} of ${resident.firstName} ${resident.lastName} is deleted before the load`,
      );
    const job: InventoryLoadInput = {
      source: input.file,
      residentId: resident.id,
      destination: path,
      createDestination: input.createFolder ?? false,
      mode: input.mode ?? 'merge',
      strict: input.strict ?? false,
    };
    const result = await runJob(installation, report, inventoryLoadResultSchema, {
      kind: inventoryLoadKind,
      grid: grid.slug,
      input: job,
    });
    const links = result.danglingLinks === 0 ? '' : ` ${result.danglingLinks} links point to nothing.`;
    return {
      data: result,
      text:
        `${result.itemsAdded} items and ${result.foldersAdded} folders loaded into ${path}.${links}\n` +
        loadedText(result),
    };
  },
});

export const inventorySave = installationCommand({
  name: 'inventory save',
  summary: "Save a resident's inventory, or a folder of it, as an IAR that OpenSimulator loads",
  examples: [
    'gridkeep inventory save "Ada Lovelace" ada.iar',
    'gridkeep inventory save "Ada Lovelace" garden.iar "/Objects/Garden" --overwrite',
  ],
  input: Type.Object(
    {
      resident: residentNameInput,
      file: Type.String({ description: 'IAR file to write' }),
      path: Type.Optional(
        Type.String({ description: 'folder or item; with /* what is in the folder (default /)' }),
      ),
      overwrite: Type.Optional(Type.Boolean({ description: 'replace the file when it exists' })),
      withoutAssets: Type.Optional(Type.Boolean({ description: 'leave the assets out' })),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  positional: ['resident', 'file', 'path'],
  paths: ['file'],
  run: async (installation, input, report) => {
    const { grid, services } = await tenantOf(installation.tenants, input.grid);
    const resident = await residentOf(services, input.resident);
    const job: InventorySaveInput = {
      residentId: resident.id,
      path: input.path ?? '/',
      target: input.file,
      overwrite: input.overwrite ?? false,
      withAssets: !(input.withoutAssets ?? false),
    };
    const result = await runJob(installation, report, inventorySaveResultSchema, {
      kind: inventorySaveKind,
      grid: grid.slug,
      input: job,
    });
    return {
      data: result,
      text:
        `${result.items} items, ${result.folders} folders and ${result.assets} assets saved to ${input.file}.\n` +
        savedText(result),
    };
  },
});
