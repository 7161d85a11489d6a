/** Builds the index of the blob store afresh from its packs, and names what the packs no longer have. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { MaintainedBlobStore } from '@gridkeep/storage/blobs/maintenance';
import type { JobHandler } from '@gridkeep/storage/jobs/jobs';
import Type from 'typebox';
import type { GridTenants } from '../installation/grid-tenants.ts';
import { blobsReindexKind } from './blobs-job-results.ts';
import type { reindexResultSchema } from './blobs-job-results.ts';
import { parseJobInput } from './job-input.ts';
import { usersOfBlob } from './lost-content.ts';
import { damagesListedMax } from './verify-state.ts';

const inputSchema = Type.Object({ deep: Type.Boolean() });

type ReindexResult = Type.Static<typeof reindexResultSchema>;

export interface ReindexParts {
  readonly blobs: MaintainedBlobStore;
  readonly tenants: GridTenants;
}

export function blobsReindexHandler(parts: ReindexParts): JobHandler<Type.Static<typeof inputSchema>> {
  return {
    kind: blobsReindexKind,
    attemptsMax: 3,
    parse: (input) => parseJobInput(inputSchema, input),
    run: async ({ deep }, job) => {
      const lostIds: { readonly id: BlobId; readonly pack: string }[] = [];
      const report = await parts.blobs.reindex({
        deep,
        signal: job.signal,
        onLost: (id, pack) => {
          if (lostIds.length < damagesListedMax) lostIds.push({ id, pack });
        },
        onProgress: ({ bytesDone, bytesTotal }) =>
          job.progress({ done: bytesDone, total: bytesTotal, unit: 'bytes', message: 'reading packs' }),
      });
      const lost: ReindexResult['lost'] = [];
      for (const { id, pack } of lostIds)
        lost.push({ blob: id, pack, usedBy: await usersOfBlob(parts.tenants, id) });
      const result: ReindexResult = {
        packs: report.packs,
        blobs: report.blobs,
        recovered: report.recovered,
        lostCount: report.lostCount,
        lost,
        damageCount: report.damageCount,
      };
      return result;
    },
  };
}
