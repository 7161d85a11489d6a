import { stat } from 'node:fs/promises';
import type { Regions } from '@gridkeep/grid/regions/regions';
import type { Region } from '@gridkeep/grid/regions/region-records';
import Type from 'typebox';
import { regionLoadKind, regionSaveKind } from '../jobs/archive-job-inputs.ts';
import type { RegionLoadInput, RegionSaveInput } from '../jobs/archive-job-inputs.ts';
import { regionLoadResultSchema, regionSaveResultSchema } from '../jobs/archive-results.ts';
import { loadedText, savedText } from './archive-texts.ts';
import { CommandError, confirmationNeededCode, installationCommand, usageErrorCode } from './command.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import { regionNamed, regionNameInput } from './region-commands.ts';
import { runJob } from './run-job.ts';

export const regionLoad = installationCommand({
  name: 'region load',
  summary: 'Load an OAR into a region: all of it or nothing',
  examples: [
    'gridkeep region load "Big Bay" big-bay.oar',
    'gridkeep region load "Big Bay" garden.oar --merge --displacement 128,64,0',
    'gridkeep region load "Big Bay" continent.oar --create-missing --yes',
  ],
  input: Type.Object(
    {
      name: regionNameInput,
      file: Type.String({ description: 'OAR file' }),
      merge: Type.Optional(Type.Boolean({ description: 'add to what is there instead of replacing it' })),
      existing: Type.Optional(
        Type.Union([Type.Literal('skip'), Type.Literal('replace')], {
          description: 'with --merge: objects that are there already (default skip)',
        }),
      ),
      mergeTerrain: Type.Optional(
        Type.Boolean({ description: "with --merge: take the archive's terrain too" }),
      ),
      displacement: Type.Optional(
        Type.String({ description: 'move objects by so many metres', title: 'x,y,z' }),
      ),
      createMissing: Type.Optional(
        Type.Boolean({ description: 'make the regions that an archive of several has and the grid has not' }),
      ),
      resize: Type.Optional(Type.Boolean({ description: "give the region the archive's size" })),
      strict: Type.Optional(Type.Boolean({ description: 'load nothing when any entry cannot be used' })),
      yes: Type.Optional(Type.Boolean({ description: 'replace what is there without asking' })),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  positional: ['name', 'file'],
  paths: ['file'],
  run: async (installation, input, report) => {
    const { grid, services } = await tenantOf(installation.tenants, input.grid);
    const merge = input.merge ?? false;
    if (!merge && (input.existing !== undefined || input.mergeTerrain === true))
      throw new CommandError(usageErrorCode, '--existing and --merge-terrain go with --merge only');
    const region = await regionNamed(services.regions, input.name);
    const displacement = input.displacement === undefined ? null : parseDisplacement(input.displacement);
    await requireFile(input.file);
    if (!merge && input.yes !== true) await requireEmpty(services.regions, region);
    const job: RegionLoadInput = {
      source: input.file,
      regionId: region.id,
      mode: merge ? 'merge' : 'replace',
      existing: input.existing ?? 'skip',
      mergeTerrain: input.mergeTerrain ?? false,
      displacement,
      createMissing: input.createMissing ?? false,
      resize: input.resize ?? false,
      strict: input.strict ?? false,
    };
    const result = await runJob(installation, report, regionLoadResultSchema, {
      kind: regionLoadKind,
      grid: grid.slug,
      input: job,
    });
    const regions = result.regions.map(
      (one) =>
        `Region "${one.name}": ${one.objects} objects and ${one.parcels} parcels loaded` +
        `${one.skipped === 0 ? '' : `, ${one.skipped} objects were there already`}` +
        `${one.outside === 0 ? '' : `, ${one.outside} objects would stand outside and were left out`}.`,
    );
    return { data: result, text: [...regions, loadedText(result)].join('\n') };
  },
});

export const regionSave = installationCommand({
  name: 'region save',
  summary: 'Save a region as an OAR that OpenSimulator loads',
  examples: [
    'gridkeep region save "Big Bay" big-bay.oar',
    'gridkeep region save "Big Bay" both.oar --also "Small Bay" --overwrite',
  ],
  input: Type.Object(
    {
      name: regionNameInput,
      file: Type.String({ description: 'OAR file to write' }),
      also: Type.Optional(
        Type.Array(Type.String(), { description: 'a further region for the same archive', title: 'name' }),
      ),
      overwrite: Type.Optional(Type.Boolean({ description: 'replace the file when it exists' })),
      withoutAssets: Type.Optional(Type.Boolean({ description: 'leave the assets out' })),
      keepKeyframeMotion: Type.Optional(
        Type.Boolean({ description: 'keep movements of objects: only for whoever trusts their makers' }),
      ),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  positional: ['name', 'file'],
  paths: ['file'],
  run: async (installation, input, report) => {
    const { grid, services } = await tenantOf(installation.tenants, input.grid);
    const names = [input.name, ...(input.also ?? [])];
    const regionIds: string[] = [];
    for (const name of names) regionIds.push((await regionNamed(services.regions, name)).id);
    const job: RegionSaveInput = {
      regionIds,
      target: input.file,
      overwrite: input.overwrite ?? false,
      withAssets: !(input.withoutAssets ?? false),
      keepKeyframeMotion: input.keepKeyframeMotion ?? false,
    };
    const result = await runJob(installation, report, regionSaveResultSchema, {
      kind: regionSaveKind,
      grid: grid.slug,
      input: job,
    });
    const { objects, parcels, keyframeMotionsLeftOut } = result;
    return {
      data: result,
      text: [
        `${objects} objects, ${parcels} parcels and ${result.assets} assets saved to ${input.file}.`,
        ...(keyframeMotionsLeftOut === 0
          ? []
          : [`${keyframeMotionsLeftOut} movements of objects were left out: see --keep-keyframe-motion.`]),
        savedText(result),
      ].join('\n'),
    };
  },
});

/** Loading replaces what is there; a person should know how much that is. */
async function requireEmpty(regions: Regions, region: Region): Promise<void> {
  const { objects, parcels, hasTerrain } = await regions.summary(region.id);
  if (objects === 0 && parcels === 0 && !hasTerrain) return;
  throw new CommandError(
    confirmationNeededCode,
    `region "${region.name}" has ${objects} objects and ${parcels} parcels, which the load replaces`,
  );
}

/** Throws a CommandError that names a file that cannot be loaded, before a job is asked for. */
export async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new CommandError('not-found', `there is no file ${path}`);
  if (!found.isFile()) throw new CommandError('not-found', `${path} is not a file`);
}

function parseDisplacement(text: string): { readonly x: number; readonly y: number; readonly z: number } {
  const [x, y, z, ...more] = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (x === undefined || y === undefined || z === undefined || more.length > 0 || !Number.isFinite(x + y + z))
    throw new CommandError(usageErrorCode, `displacement ${JSON.stringify(text)} must look like 128,64,0`);
  return { x, y, z };
}
