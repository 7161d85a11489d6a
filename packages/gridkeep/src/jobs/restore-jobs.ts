/** Restores as jobs: into a grid that is there, and of a whole grid that is not. */
import { asJson } from '@gridkeep/hosting/json-value';
import { restoreIntoGrid } from '@gridkeep/hosting/restores/restore';
import type { SnapshotSource } from '@gridkeep/hosting/backup-layout/snapshot-source';
import { ColdSource } from '@gridkeep/hosting/restores/cold-source';
import {
  fetchForRestore,
  fetching,
  summaryOf,
  foreseeNewGrid,
  foreseeRestore,
} from '@gridkeep/hosting/restores/fetch-first';
import type { FetchSummary } from '@gridkeep/hosting/restores/fetch-first';
import type { RestoreContext } from '@gridkeep/hosting/restores/restore';
import { RestoreRefusedError } from '@gridkeep/hosting/restores/restore-request';
import { restoreNewGrid } from '@gridkeep/hosting/restores/restore-new-grid';
import { restoreText } from '@gridkeep/hosting/restores/restore-report';
import type { RestoreReport } from '@gridkeep/hosting/restores/restore-report';
import type { RestoreRequest } from '@gridkeep/hosting/restores/restore-request';
import { lockWaitMs, withVault } from '@gridkeep/hosting/vaults/care-context';
import type { CareParts } from '@gridkeep/hosting/vaults/care-context';
import type { ForeignVaults } from '@gridkeep/hosting/vaults/foreign-vaults';
import { takeBackup } from '@gridkeep/hosting/vaults/take-backup';
import type { JobHandler, Json, RunningJob } from '@gridkeep/storage/jobs/jobs';
import type { Repository } from '@gridkeep/vault/repository/repository';
import { fetchPacks, planRestore } from '@gridkeep/vault/restore/fetch-plan';
import { restoreFolder } from '@gridkeep/vault/restore/restore-folder';
import { TargetError } from '@gridkeep/vault/target/target';
import { gridJob, withFinalErrors } from './grid-job.ts';
import { parseJobInput } from './job-input.ts';
import { contextOfJob } from './vault-jobs.ts';
import {
  backupRestoreFolderInputSchema,
  backupRestoreFolderKind,
  backupRestoreGridInputSchema,
  backupRestoreGridKind,
  backupRestoreInputSchema,
  backupRestoreKind,
} from './vault-job-inputs.ts';
import type {
  BackupRestoreFolderInput,
  BackupRestoreGridInput,
  BackupRestoreInput,
} from './vault-job-inputs.ts';

export interface RestoreJobParts extends CareParts {
  readonly foreignVaults: ForeignVaults;
}

export function restoreJobHandlers(parts: RestoreJobParts): readonly JobHandler<unknown>[] {
  const gridHandler: JobHandler<BackupRestoreGridInput> = {
    kind: backupRestoreGridKind,
    attemptsMax: 3,
    parse: (input) => parseJobInput(backupRestoreGridInputSchema, input),
    run: (input, job) => withFinalErrors(() => restoreGrid(parts, input, job)),
  };
  const folderHandler: JobHandler<BackupRestoreFolderInput> = {
    kind: backupRestoreFolderKind,
    attemptsMax: 3,
    parse: (input) => parseJobInput(backupRestoreFolderInputSchema, input),
    run: (input, job) => withFinalErrors(() => restoreFiles(parts, input, job)),
  };
  return [
    gridJob(backupRestoreKind, backupRestoreInputSchema, (slug, input, job) =>
      restoreInto(parts, slug, input, job),
    ),
    gridHandler,
    folderHandler,
  ];
}

async function restoreInto(
  parts: RestoreJobParts,
  slug: string,
  input: BackupRestoreInput,
  job: RunningJob,
): Promise<Json> {
  const { services } = await parts.tenants.tenant(slug);
  const request: RestoreRequest = {
    scope: input.scope,
    placement: input.placement,
    dryRun: input.dryRun,
    removeLaterAssets: input.removeLaterAssets,
    ...(input.newName === null ? {} : { newName: input.newName }),
    ...(input.location === null ? {} : { location: input.location }),
  };
  const summary = `${input.what} ${input.placement === 'beside' ? 'beside what is there' : 'in place'}, from snapshot ${input.snapshot.slice(0, 12)}`;
  return withRepository(parts, input.foreign, slug, job.signal, async (repository, signal) => {
    const snapshot = await repository.readSnapshot(input.snapshot);
    const context = contextOf(parts, job, signal);
    if (input.dryRun) {
      const { report, fetch } = await foreseeRestore(repository, snapshot, services, request, context);
      const ok = report === undefined || report.lostCount === 0;
      return { ok, summary, report: asJson({ dryRun: true, ...report, fetch }) };
    }
    if (!input.fetch && repository.target.cold !== undefined)
      refuseCold((await foreseeRestore(repository, snapshot, services, request, context)).fetch);
    await fetchForRestore(repository, snapshot, services, request, context);
    if (input.placement === 'in-place')
      // What is there now can be brought back too. A try after a kill makes another one, which costs nothing.
      await withVault(parts, slug, (open) =>
        takeBackup(contextOfJob(parts, job), open, { tags: ['before-restore'] }),
      );
    const source = await sourceOf(repository, input.fetch, context);
    const report = await restoreIntoGrid(source, snapshot, services, request, context);
    await noteRestore(parts, slug, summary, input, report);
    return {
      ok: report.lostCount === 0,
      summary: `${summary}: ${restoreText(report)}`,
      report: asJson(report),
    };
  });
}

function refuseCold({ packs, bytes, place }: FetchSummary): void {
  if (packs > 0)
    throw new RestoreRefusedError(
      `${packs} packs (${bytes} bytes) have to be fetched from ${place} first: --fetch does it`,
    );
}

/** What is fetched but removed again before it is read is waited for a second time. */
async function sourceOf(
  repository: Repository,
  mayFetch: boolean,
  context: RestoreContext,
): Promise<SnapshotSource> {
  const { cold } = repository.target;
  if (cold === undefined || !mayFetch) return repository;
  return ColdSource.of(repository, fetching(context, cold.description));
}

async function restoreGrid(
  parts: RestoreJobParts,
  input: BackupRestoreGridInput,
  job: RunningJob,
): Promise<Json> {
  const work = async (repository: Repository, signal: AbortSignal) => {
    const snapshot = await repository.readSnapshot(input.snapshot);
    const context = contextOf(parts, job, signal);
    if (repository.target.cold !== undefined || input.dryRun) {
      const { plan, fetch } = await foreseeNewGrid(repository, snapshot, signal);
      if (input.dryRun) return { fetch };
      if (!input.fetch) refuseCold(fetch);
      await fetchPacks(repository, plan, fetching(context, plan.place));
    }
    return restoreNewGrid(
      await sourceOf(repository, input.fetch, context),
      snapshot,
      parts.tenants,
      (services) => services,
      {
        withSimulators: input.withSimulators,
        ...(input.slug === null ? {} : { slug: input.slug }),
        ...(input.name === null ? {} : { name: input.name }),
        ...(input.hostnames === null ? {} : { hostnames: input.hostnames }),
      },
      context,
    );
  };
  const done = await withRepository(parts, input.foreign, input.ofGrid ?? '', job.signal, work);
  if ('fetch' in done)
    return {
      ok: true,
      summary: 'what a restore fetches',
      report: asJson({ dryRun: true, fetch: done.fetch }),
    };
  const { tenant, report } = done;
  const { grid } = tenant;
  const foreign = input.foreign === null ? undefined : parts.foreignVaults.find(input.foreign);
  let adopted: string | null = null;
  if (input.adopt && foreign !== undefined && (await parts.vaults.find(grid.slug)) === undefined) {
    const { place, coldPlace, password } = foreign;
    await parts.vaults.init(grid, { place, password, ...(coldPlace === undefined ? {} : { coldPlace }) });
    adopted = place;
    // The fresh machine made none of the vault's backups, and would warn that there are none.
    await parts.vaults.history.addRun(grid.slug, {
      ...{
        kind: 'backup',
        target: '',
        ok: true,
        startedAt: report.snapshotTime,
        endedAt: report.snapshotTime,
      },
      summary: `snapshot ${report.snapshot.slice(0, 12)}, from which the grid was restored`,
      report: asJson({ snapshot: report.snapshot, time: report.snapshotTime }),
    });
  }
  const summary = `the whole grid "${grid.slug}", from snapshot ${input.snapshot.slice(0, 12)}`;
  await noteRestore(parts, grid.slug, summary, input, report);
  return {
    ok: report.lostCount === 0,
    summary: `${summary}: ${restoreText(report)}`,
    report: asJson({ ...report, grid: grid.slug, name: grid.name, adopted }),
  };
}

/** Files as they stand in the vault, for who wants them without a grid. */
async function restoreFiles(
  parts: RestoreJobParts,
  input: BackupRestoreFolderInput,
  job: RunningJob,
): Promise<Json> {
  const { foreign, ofGrid, path, into } = input;
  const work = async (repository: Repository, signal: AbortSignal): Promise<Json> => {
    const { tree } = await repository.readSnapshot(input.snapshot);
    const context = contextOf(parts, job, signal);
    const plan = await planRestore(repository, tree, path, signal);
    const fetch = summaryOf(plan, true);
    const summary = `${path.length === 0 ? 'everything' : path.join('/')} into ${into}`;
    if (input.dryRun)
      return {
        ok: true,
        summary,
        report: asJson({ dryRun: true, fetch, bytes: plan.bytes, packs: plan.packs.length }),
      };
    if (!input.fetch) refuseCold(fetch);
    await fetchPacks(repository, plan, fetching(context, plan.place));
    const report = await restoreFolder(repository, {
      ...{ tree, path, into, signal },
      progress: ({ files, bytes }) =>
        context.progress({ done: files, unit: 'items', message: `${files} files, ${bytes} bytes written` }),
    });
    if (ofGrid !== null)
      await parts.vaults.history.addEvent(ofGrid, {
        kind: 'restore',
        summary: `files of snapshot ${input.snapshot.slice(0, 12)} into a folder`,
        detail: asJson({
          snapshot: input.snapshot,
          path,
          into,
          files: report.files,
          failures: report.failures,
        }),
      });
    return { ok: report.failures === 0, summary, report: asJson(report) };
  };
  return withRepository(parts, foreign, ofGrid ?? '', job.signal, work);
}

async function noteRestore(
  parts: CareParts,
  slug: string,
  summary: string,
  { snapshot }: { readonly snapshot: string },
  report: RestoreReport,
): Promise<void> {
  await parts.vaults.history.addEvent(slug, {
    kind: 'restore',
    summary,
    detail: asJson({ snapshot, counts: report.counts, missing: report.missingCount }),
  });
}

/** Of the foreign vault, or of the grid's own. While the work runs, nobody prunes it. */
async function withRepository<T>(
  parts: RestoreJobParts,
  foreign: string | null,
  slug: string,
  signal: AbortSignal,
  work: (repository: Repository, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const open = foreign === null ? await parts.vaults.open(slug) : await parts.foreignVaults.open(foreign);
  try {
    const lock = await lockIfWritable(open.repository, signal);
    try {
      return await work(
        open.repository,
        lock === undefined ? signal : AbortSignal.any([signal, lock.signal]),
      );
    } finally {
      await lock?.release();
    }
  } finally {
    await open.close();
  }
}

/** A vault on a read-only medium cannot be locked, and nobody prunes it either. */
export async function lockIfWritable(repository: Repository, signal: AbortSignal) {
  try {
    return await repository.lock('shared', { waitMs: lockWaitMs, signal });
  } catch (error) {
    if (error instanceof TargetError && error.failure === 'permanent') return undefined;
    throw error;
  }
}

function contextOf(parts: CareParts, job: RunningJob, signal: AbortSignal) {
  return {
    jobId: job.id,
    temporaryFolder: parts.temporaryFolder,
    signal,
    progress: job.progress.bind(job),
  };
}
