/** Every kind of job that this program does. */
import type { JobHandler } from '@gridkeep/storage/jobs/jobs';
import { archiveJobHandlers } from './archive-jobs.ts';
import type { ArchiveJobParts } from './archive-jobs.ts';
import { blobsCompactHandler } from './blobs-compact.ts';
import type { CompactParts } from './blobs-compact.ts';
import { blobsReindexHandler } from './blobs-reindex.ts';
import { blobsVerifyHandler } from './blobs-verify.ts';
import type { VerifyParts } from './blobs-verify.ts';
import { restoreJobHandlers } from './restore-jobs.ts';
import type { RestoreJobParts } from './restore-jobs.ts';
import { vaultJobHandlers } from './vault-jobs.ts';

export function jobHandlers(
  parts: VerifyParts & ArchiveJobParts & CompactParts & RestoreJobParts,
): readonly JobHandler<unknown>[] {
  return [
    ...archiveJobHandlers(parts),
    blobsVerifyHandler(parts),
    blobsReindexHandler(parts),
    blobsCompactHandler(parts),
    ...vaultJobHandlers(parts),
    ...restoreJobHandlers(parts),
  ];
}
