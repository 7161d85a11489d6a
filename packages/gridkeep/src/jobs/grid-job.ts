/** Jobs that work for one grid, and the errors with which another try would not help. */
import { AssetRefusedError } from '@gridkeep/grid/assets/assets';
import { RegionRefusedError, UnknownRegionError } from '@gridkeep/grid/regions/region-rules';
import { QuotaExceededError } from '@gridkeep/grid/usage/content-usage';
import { SnapshotContentError } from '@gridkeep/hosting/backup-layout/snapshot-source';
import { LoadRefusedError } from '@gridkeep/hosting/ingress/archive-intake';
import { RestoreRefusedError } from '@gridkeep/hosting/restores/restore-request';
import { TenantError } from '@gridkeep/hosting/tenants/grid';
import { FileExistsError } from '@gridkeep/hosting/transfer/durable-file';
import { SaveRefusedError } from '@gridkeep/hosting/transfer/save-region';
import { VaultError } from '@gridkeep/hosting/vaults/vault-error';
import { JobFinalError } from '@gridkeep/storage/jobs/jobs';
import type { JobHandler, Json, RunningJob } from '@gridkeep/storage/jobs/jobs';
import { PruneRefusedError } from '@gridkeep/vault/prune/prune';
import { NotEmptyError } from '@gridkeep/vault/restore/restore-folder';
import { PathNotFoundError } from '@gridkeep/vault/restore/tree-walk';
import type { Static, TSchema } from 'typebox';
import { parseJobInput } from './job-input.ts';

const attemptsMax = 3;

export function gridJob<Schema extends TSchema>(
  kind: string,
  schema: Schema,
  work: (slug: string, input: Static<Schema>, job: RunningJob) => Promise<Json>,
): JobHandler<Static<Schema>> {
  return {
    kind,
    attemptsMax,
    parse: (input) => parseJobInput(schema, input),
    run: async (input, job) => {
      if (job.grid === null) throw new JobFinalError('the job names no grid');
      const { grid } = job;
      return withFinalErrors(() => work(grid, input, job));
    },
  };
}

/** Errors that say no to what was asked for become final. */
export async function withFinalErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isFinal(error) ? new JobFinalError(error.message, { cause: error }) : error;
  }
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
  VaultError,
  RestoreRefusedError,
  SnapshotContentError,
  PruneRefusedError,
  NotEmptyError,
  PathNotFoundError,
] as const;
const lastingFileErrors: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EROFS']);

function isFinal(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (refusals.some((refusal) => error instanceof refusal)) return true;
  return 'code' in error && typeof error.code === 'string' && lastingFileErrors.has(error.code);
}
