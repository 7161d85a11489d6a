/** What looking after a vault works with, and how the result of each look is kept. */
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { MaintainedBlobStore } from '@gridkeep/storage/blobs/maintenance';
import type { JobProgress, Json } from '@gridkeep/storage/jobs/jobs';
import type { Repository } from '@gridkeep/vault/repository/repository';
import type { RepositoryLock } from '@gridkeep/vault/repository/repository-lock';
import type { Retention } from '@gridkeep/vault/retention/restore-points';
import { VaultClock } from '@gridkeep/vault/retention/vault-clock';
import type { Clocks } from '@gridkeep/vault/retention/vault-clock';
import type { Certificates } from '../certificates/certificates.ts';
import type { Tenants } from '../tenants/tenants.ts';
import type { VaultHistory, RunKind } from './vault-history.ts';
import type { OpenVault, Vaults } from './vaults.ts';

/** What does not change from one piece of work to the next. */
export interface CareParts {
  readonly tenants: Tenants<GridServices>;
  readonly blobs: MaintainedBlobStore;
  readonly vaults: Vaults;
  readonly certificates: Certificates;
  /** For files that live as long as one piece of work. */
  readonly temporaryFolder: string;
  readonly hostname: string;
  readonly programVersion: string;
  /** For tests; default the machine's. */
  readonly clocks?: Clocks;
}

export interface CareContext extends CareParts {
  readonly signal: AbortSignal;
  readonly progress: (progress: JobProgress) => void;
}

/** How long work waits for others who hold the repository, milliseconds. */
export const lockWaitMs = 15 * 60_000;

export function clockOf(context: Pick<CareParts, 'clocks'>, open: OpenVault): VaultClock {
  return new VaultClock(open.repository, context.clocks);
}

/**
 * Vault time for what is decided over a copy: never later than what was witnessed there. Whoever empties the first target takes
 * its clock away too, and a new one begins with whatever the wall clock says.
 */
export async function timeAtCopy(
  context: Pick<CareParts, 'clocks'>,
  open: OpenVault,
  copy: Pick<Repository, 'id' | 'readState' | 'writeState' | 'listSnapshots'>,
): Promise<number> {
  const first = await clockOf(context, open).sample();
  const own = await new VaultClock(copy, context.clocks).sample();
  return Math.min(first.now, own.now);
}

/** What the operator wants beyond the promise. */
export function retentionOf(open: Pick<OpenVault, 'record'>): Partial<Retention> {
  const wanted: unknown = JSON.parse(open.record.retention);
  if (typeof wanted !== 'object' || wanted === null) return {};
  const number = (key: string): number | undefined => {
    const value: unknown = Reflect.get(wanted, key);
    return typeof value === 'number' ? value : undefined;
  };
  const [days, weeks, months] = [number('days'), number('weeks'), number('months')];
  return {
    ...(days === undefined ? {} : { days }),
    ...(weeks === undefined ? {} : { weeks }),
    ...(months === undefined ? {} : { months }),
  };
}

export interface Looked<T> {
  readonly value: T;
  readonly ok: boolean;
  /** One sentence. */
  readonly summary: string;
  readonly report: Json;
}

/** Does a piece of work and keeps how it went, also when it throws; not when it was interrupted. */
export async function keptRun<T>(
  history: VaultHistory,
  slug: string,
  kind: RunKind,
  signal: AbortSignal,
  work: () => Promise<Looked<T>>,
  target = '',
): Promise<Looked<T>> {
  const startedAt = Date.now();
  try {
    const looked = await work();
    const { ok, summary, report } = looked;
    await history.addRun(slug, { kind, target, startedAt, endedAt: Date.now(), ok, summary, report });
    return looked;
  } catch (error) {
    if (!signal.aborted)
      await history.addRun(slug, {
        ...{ kind, target, startedAt, endedAt: Date.now(), ok: false, report: null },
        summary: error instanceof Error ? error.message : String(error),
      });
    throw error;
  }
}

/** Opens the vault, does the work and closes it. */
export async function withVault<T>(
  context: CareParts,
  slug: string,
  work: (open: OpenVault) => Promise<T>,
): Promise<T> {
  const open = await context.vaults.open(slug);
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

/** While the work runs, nobody prunes the repository. The work's signal also ends when the lock is lost. */
export async function withSharedLock<T>(
  open: OpenVault,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lock: RepositoryLock = await open.repository.lock('shared', { waitMs: lockWaitMs, signal });
  try {
    return await work(AbortSignal.any([signal, lock.signal]));
  } finally {
    await lock.release();
  }
}
