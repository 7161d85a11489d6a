/** Marks what any grid still needs, deletes the rest after a grace, and rewrites packs that are mostly dead. */
import { liveBlobs } from '@gridkeep/grid/grid-services';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { MaintainedBlobStore } from '@gridkeep/storage/blobs/maintenance';
import type { JobHandler } from '@gridkeep/storage/jobs/jobs';
import Type from 'typebox';
import type { GridTenants } from '../installation/grid-tenants.ts';
import { blobsCompactKind } from './blobs-job-results.ts';
import type { compactResultSchema } from './blobs-job-results.ts';
import { parseJobInput } from './job-input.ts';

const inputSchema = Type.Object({ graceMs: Type.Number({ minimum: 0 }) });

export interface CompactParts {
  readonly blobs: MaintainedBlobStore;
  readonly tenants: GridTenants;
}

export function blobsCompactHandler(parts: CompactParts): JobHandler<Type.Static<typeof inputSchema>> {
  return {
    kind: blobsCompactKind,
    attemptsMax: 3,
    parse: (input) => parseJobInput(inputSchema, input),
    run: async ({ graceMs }, job) => {
      const swept = await parts.blobs.sweep({
        live: neededBlobs(parts.tenants),
        graceMs,
        signal: job.signal,
        onProgress: ({ marked, deleted }) =>
          job.progress({ done: marked, unit: 'items', message: `in use; ${deleted} deleted` }),
      });
      const compacted = await parts.blobs.compact({
        signal: job.signal,
        onProgress: ({ bytesDone, bytesTotal }) =>
          job.progress({ done: bytesDone, total: bytesTotal, unit: 'bytes', message: 'rewriting packs' }),
      });
      const result: Type.Static<typeof compactResultSchema> = {
        swept: { ...swept },
        compacted: { ...compacted, packsDamaged: [...compacted.packsDamaged] },
      };
      return result;
    },
  };
}

/** Of all grids. A grid that cannot be opened ends the sweep: what it needs must not be taken for garbage. */
async function* neededBlobs(tenants: GridTenants): AsyncIterable<BlobId> {
  for (const { slug } of await tenants.list()) {
    const { services } = await tenants.tenant(slug);
    yield* liveBlobs(services);
  }
}
