/** What a restore needs from cold storage: told before anything is asked for, then fetched round by round. */
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { StoredSnapshot } from '@gridkeep/vault/format/snapshot';
import type { Repository } from '@gridkeep/vault/repository/repository';
import { fetchPacks, planRestore } from '@gridkeep/vault/restore/fetch-plan';
import type { FetchOptions, FetchPlan } from '@gridkeep/vault/restore/fetch-plan';
import { isTargetFailure } from '@gridkeep/vault/target/target';
import { ColdSource } from './cold-source.ts';
import type { RestoreReport } from './restore-report.ts';
import { ContentColdError } from './restore-request.ts';
import type { RestoreRequest } from './restore-request.ts';
import { restoreIntoGrid } from './restore.ts';
import type { RestoreContext } from './restore.ts';

/** What has to be fetched, for reports. */
export interface FetchSummary {
  readonly packs: number;
  /** Whole sizes of packs that nobody asked for yet. */
  readonly bytes: number;
  readonly place: string;
  /** False: what is fetched may need more, such as the textures of an object. */
  readonly complete: boolean;
}

export interface Foreseen {
  /** Undefined: that is known only when something was fetched. */
  readonly report: RestoreReport | undefined;
  readonly fetch: FetchSummary;
  readonly plan: FetchPlan;
}

/** Content that names content that names content: no real one is that deep. */
const roundsMax = 100;

/** A dry run. `waiting`: records that are cold are fetched; without it they leave the report undefined. */
export async function foreseeRestore(
  repository: Repository,
  snapshot: StoredSnapshot,
  grid: GridServices,
  request: RestoreRequest,
  context: RestoreContext,
  waiting?: FetchOptions,
): Promise<Foreseen> {
  const source = await ColdSource.of(repository, waiting);
  let report: RestoreReport | undefined;
  try {
    report = await restoreIntoGrid(source, snapshot, grid, { ...request, dryRun: true }, context);
  } catch (error) {
    if (!(error instanceof ContentColdError) && !isTargetFailure(error, 'cold')) throw error;
  }
  const plan = await source.plan(context.signal);
  return { report, plan, fetch: summaryOf(plan, report !== undefined && report.unreadContents === 0) };
}

/** Resolves when nothing that the restore reads is cold. After a kill it goes on: what was asked for is on its way. */
export async function fetchForRestore(
  repository: Repository,
  snapshot: StoredSnapshot,
  grid: GridServices,
  request: RestoreRequest,
  context: RestoreContext,
): Promise<void> {
  if (repository.target.cold === undefined) return;
  for (let round = 0; round < roundsMax; round += 1) {
    const { plan } = await foreseeRestore(repository, snapshot, grid, request, context);
    if (plan.toFetch === 0) return;
    await fetchPacks(repository, plan, fetching(context, plan.place));
  }
}

/** Of everything in a snapshot: a grid that is not there yet has nothing of it. */
export async function foreseeNewGrid(
  repository: Repository,
  snapshot: StoredSnapshot,
  signal: AbortSignal,
): Promise<Pick<Foreseen, 'plan' | 'fetch'>> {
  const plan = await planRestore(repository, snapshot.tree, [], signal);
  return { plan, fetch: summaryOf(plan, true) };
}

export function summaryOf(plan: FetchPlan, complete: boolean): FetchSummary {
  return { packs: plan.toFetch, bytes: plan.bytesToFetch, place: plan.place, complete };
}

export function fetching(
  { signal, progress }: Pick<RestoreContext, 'signal' | 'progress'>,
  place: string,
): FetchOptions {
  return {
    signal,
    progress: (ready, packs) =>
      progress({ done: ready, total: packs, unit: 'items', message: `waiting for packs from ${place}` }),
  };
}
