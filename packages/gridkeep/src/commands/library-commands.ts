import { importLibrary } from '@gridkeep/hosting/library/import-library';
import { findingText } from '@gridkeep/hosting/library/library-findings';
import Type from 'typebox';
import { installationCommand } from './command.ts';
import { gridInput, tenantOf } from './grid-input.ts';

/** Warnings in the text for people; --json has all. */
const warningsShownMax = 20;

export const libraryImport = installationCommand({
  name: 'library import',
  summary: "Make OpenSimulator's library, or one like it, the library of a grid",
  examples: ['gridkeep library import opensim/bin', 'gridkeep library import ./our-library --grid main'],
  input: Type.Object(
    {
      folder: Type.String({
        description: "folder with OpenSimulator's assets and inventory folders (its bin folder)",
      }),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  positional: ['folder'],
  paths: ['folder'],
  run: async ({ tenants }, input, report) => {
    const { services } = await tenantOf(tenants, input.grid);
    const result = await importLibrary(services, input.folder, (progress) => report.progress(progress));
    const { assetsCreated, assetsExisting, conflicts, folders, items, warnings } = result;
    const shown = warnings.slice(0, warningsShownMax).map((warning) => `warning: ${findingText(warning)}`);
    const more = warnings.length - shown.length;
    return {
      data: { ...result },
      text: [
        `The library has ${items} items in ${folders} folders now; ` +
          `${assetsCreated} assets are new, ${assetsExisting} were there.`,
        ...conflicts.map(({ assetId }) => `asset ${assetId} has other content in this grid, which stays`),
        ...shown,
        ...(more > 0 ? [`and ${more} more warnings (--json lists them)`] : []),
      ].join('\n'),
    };
  },
});
