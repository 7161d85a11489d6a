/** Loading and saving archives as jobs of a grid. */
import { loadInventoryArchive } from '@gridkeep/hosting/ingress/load-inventory';
import { loadRegionArchive } from '@gridkeep/hosting/ingress/load-region';
import { saveInventoryArchive } from '@gridkeep/hosting/transfer/save-inventory';
import { saveRegionArchive } from '@gridkeep/hosting/transfer/save-region';
import type { JobHandler, RunningJob } from '@gridkeep/storage/jobs/jobs';
import { parseUuid } from '@gridkeep/wire/uuid';
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
import { gridJob } from './grid-job.ts';

export interface ArchiveJobParts {
  readonly tenants: GridTenants;
  /** For files that live as long as a load. */
  readonly temporaryFolder: string;
}

export function archiveJobHandlers(parts: ArchiveJobParts): readonly JobHandler<unknown>[] {
  const { tenants, temporaryFolder } = parts;
  const contextOf = (job: RunningJob) => ({
    jobId: job.id,
    temporaryFolder,
    signal: job.signal,
    progress: job.progress.bind(job),
  });
  const servicesOf = async (slug: string) => (await tenants.tenant(slug)).services;
  // A save that was killed after its file had got its name finds that file when it is done again.
  const overwrites = (asked: boolean, job: RunningJob): boolean => asked || job.attempt > 1;
  return [
    gridJob(regionLoadKind, regionLoadInputSchema, async (slug, input, job) =>
      summarizeRegionLoad(
        await loadRegionArchive(
          await servicesOf(slug),
          {
            ...input,
            regionId: parseUuid(input.regionId),
            displacement: input.displacement ?? undefined,
          },
          contextOf(job),
        ),
      ),
    ),
    gridJob(regionSaveKind, regionSaveInputSchema, async (slug, input, job) => {
      const saved = await saveRegionArchive(
        await servicesOf(slug),
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
    gridJob(inventoryLoadKind, inventoryLoadInputSchema, async (slug, input, job) =>
      summarizeInventoryLoad(
        await loadInventoryArchive(
          await servicesOf(slug),
          { ...input, residentId: parseUuid(input.residentId) },
          contextOf(job),
        ),
      ),
    ),
    gridJob(inventorySaveKind, inventorySaveInputSchema, async (slug, input, job) => {
      const saved = await saveInventoryArchive(
        await servicesOf(slug),
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
