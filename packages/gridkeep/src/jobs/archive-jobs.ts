/** Loading and saving archives as jobs of a grid. */
import { AssetRefusedError } from '@gridkeep/grid/assets/assets';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { RegionRefusedError, UnknownRegionError } from '@gridkeep/grid/regions/region-rules';
import { QuotaExceededError } from '@gridkeep/grid/usage/content-usage';
import { LoadRefusedError } from '@gridkeep/hosting/ingress/archive-intake';
import { loadInventoryArchive } from '@gridkeep/hosting/ingress/load-inventory';
import { loadRegionArchive } from '@gridkeep/hosting/ingress/load-region';
import { TenantError } from '@gridkeep/hosting/tenants/grid';
import { FileExistsError } from '@gridkeep/hosting/transfer/durable-file';
import { saveInventoryArchive } from '@gridkeep/hosting/transfer/save-inventory';
import { saveRegionArchive, SaveRefusedError } from '@gridkeep/hosting/transfer/save-region';
import { JobFinalError } from '@gridkeep/storage/jobs/jobs';
import type { JobHandler, Json, RunningJob } from '@gridkeep/storage/jobs/jobs';
import { parseUuid } from '@gridkeep/wire/uuid';
import type { Static, TSchema } from 'typebox';
import type { GridTenants } from '../installation/grid-tenants.ts';
import {
  inventoryLoadInputSchema,
  inventoryLoadKind,
  inventorySaveInputSchema,
  inventorySaveKind,
  regionLoadInputSchema,
  regionLoadKind,
  regionSaveInputSchema,
  regionSaveKind,
} from './archive-job-inputs.ts';
import { summarizeInventoryLoad, summarizeRegionLoad, summarizeSave } from './archive-results.ts';
import { parseJobInput } from './job-input.ts';

export interface ArchiveJobParts {
  readonly tenants: GridTenants;
  /** For files that live as long as a load. */
  readonly temporaryFolder: string;
}

const attemptsMax = 3;

export function archiveJobHandlers(parts: ArchiveJobParts): readonly JobHandler<unknown>[] {
  const { tenants, temporaryFolder } = parts;
  const contextOf = (job: RunningJob) => ({
    jobId: job.id,
    temporaryFolder,
    signal: job.signal,
    progress: job.progress.bind(job),
  });
  // A save that was killed after its file had got its name finds that file when it is done again.
  const overwrites = (asked: boolean, job: RunningJob): boolean => asked || job.attempt > 1;
  return [
    gridJob(tenants, regionLoadKind, regionLoadInputSchema, async (services, input, job) =>
      summarizeRegionLoad(
        await loadRegionArchive(
          services,
          {
            ...input,
            regionId: parseUuid(input.regionId),
            displacement: input.displacement ?? undefined,
          },
          contextOf(job),
        ),
      ),
    ),
    gridJob(tenants, regionSaveKind, regionSaveInputSchema, async (services, input, job) => {
      const saved = await saveRegionArchive(
        services,
        {
          ...input,
          regionIds: input.regionIds.map(parseUuid),
          overwrite: overwrites(input.overwrite, job),
        },
        contextOf(job),
      );
      const { regions, objects, parcels, keyframeMotionsLeftOut } = saved;
      return {
        regions: regions.map(({ id, name }) => ({ id, name })),
        ...{ objects, parcels, keyframeMotionsLeftOut },
        ...summarizeSave(saved),
      };
    }),
    gridJob(tenants, inventoryLoadKind, inventoryLoadInputSchema, async (services, input, job) =>
      summarizeInventoryLoad(
        await loadInventoryArchive(
          services,
          { ...input, residentId: parseUuid(input.residentId) },
          contextOf(job),
        ),
      ),
    ),
    gridJob(tenants, inventorySaveKind, inventorySaveInputSchema, async (services, input, job) => {
      const saved = await saveInventoryArchive(
        services,
        {
          ...input,
          residentId: parseUuid(input.residentId),
          overwrite: overwrites(input.overwrite, job),
        },
        contextOf(job),
      );
      return { folders: saved.folders, items: saved.items, ...summarizeSave(saved) };
    }),
  ];
}

function gridJob<Schema extends TSchema>(
  tenants: GridTenants,
  kind: string,
  schema: Schema,
  work: (services: GridServices, input: Static<Schema>, job: RunningJob) => Promise<Json>,
): JobHandler<Static<Schema>> {
  return {
    kind,
    attemptsMax,
    parse: (input) => parseJobInput(schema, input),
    run: async (input, job) => {
      try {
        if (job.grid === null) throw new JobFinalError('the job names no grid');
        const { services } = await tenants.tenant(job.grid);
        return await work(services, input, job);
      } catch (error) {
        throw isFinal(error) ? new JobFinalError(error.message, { cause: error }) : error;
      }
    },
  };
}

/** Errors that say no to what was asked for: the same would happen again. */
const refusals = [
  LoadRefusedError,
  SaveRefusedError,
  FileExistsError,
  QuotaExceededError,
  AssetRefusedError,
  RegionRefusedError,
  UnknownRegionError,
  TenantError,
] as const;
const lastingFileErrors: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EROFS']);

function isFinal(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (refusals.some((refusal) => error instanceof refusal)) return true;
  return 'code' in error && typeof error.code === 'string' && lastingFileErrors.has(error.code);
}
