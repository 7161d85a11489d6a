/** Marks what any grid still needs, deletes the rest after a grace, and rewrites packs that are mostly dead. */
import { liveBlobs } from '@gridkeep/grid/grid-services';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { MaintainedBlobStore } from '@gridkeep/storage/blobs/maintenance';
import type { JobQueue } from '@gridkeep/storage/jobs/job-queue';
import type { JobHandler } from '@gridkeep/storage/jobs/jobs';
import Type from 'typebox';
import type { GridTenants } from '../installation/grid-tenants.ts';
import { inventoryLoadKind, regionLoadKind } from './archive-job-inputs.ts';
import { backupRestoreGridKind, backupRestoreKind } from './vault-job-inputs.ts';
import { blobsCompactKind } from './blobs-job-results.ts';
import type { compactResultSchema } from './blobs-job-results.ts';
import { parseJobInput } from './job-input.ts';

const inputSchema = Type.Object({ graceMs: Type.Number({ minimum: 0 }) });

export interface CompactParts {
  readonly blobs: MaintainedBlobStore;
  readonly tenants: GridTenants;
  readonly jobs: JobQueue;
  /** Simulators put content meanwhile. */
  readonly serving: boolean;
}

/** An asset's bytes are durable before its record is: whoever is between the two must not lose them. */
const servingGraceMsMin = 600_000;
const openLoadsMax = 1000;
const contentFirstKinds = [regionLoadKind, inventoryLoadKind, backupRestoreKind, backupRestoreGridKind];

export function blobsCompactHandler(parts: CompactParts): JobHandler<Type.Static<typeof inputSchema>> {
  return {
    kind: blobsCompactKind,
    attemptsMax: 3,
    parse: (input) => parseJobInput(inputSchema, input),
    run: async ({ graceMs }, job) => {
      const swept = await parts.blobs.sweep({
        live: neededBlobs(parts.tenants),
        graceMs: await safeGrace(parts, graceMs),
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

/** At least the age of the oldest load or restore that has begun: its content is stored first and named in records at its end. */
async function safeGrace({ jobs, serving }: CompactParts, graceMs: number): Promise<number> {
  let grace = Math.max(graceMs, serving ? servingGraceMsMin : 0);
  for (const kind of contentFirstKinds) {
    const open = await jobs.list({ kind, states: ['waiting', 'running'], limit: openLoadsMax });
    for (const { startedAt } of open.jobs)
      if (startedAt !== null) grace = Math.max(grace, Date.now() - startedAt + servingGraceMsMin);
  }
  return grace;
}

/** Of all grids. A grid that cannot be opened ends the sweep: what it needs must not be taken for garbage. */
async function* neededBlobs(tenants: GridTenants): AsyncIterable<BlobId> {
  for (const { slug } of await tenants.readAll()) {
    const { services } = await tenants.tenant(slug);
    yield* liveBlobs(services);
  }
}
