/** Where a restore reads from: the grid's vault or another, the snapshot of the day, and the thing in it. */
import { GridSnapshot } from '@gridkeep/hosting/backup-layout/grid-snapshot-reader';
import type { SnapshotSource } from '@gridkeep/hosting/backup-layout/snapshot-source';
import {
  AmbiguousNameError,
  findInSnapshot,
  suggestInSnapshot,
} from '@gridkeep/hosting/restores/browse-snapshot';
import { isPrefixName, titleOfName } from '@gridkeep/hosting/backup-layout/snapshot-files';
import type { BrowseEntry } from '@gridkeep/hosting/restores/browse-snapshot';
import { ColdSource } from '@gridkeep/hosting/restores/cold-source';
import { fetching } from '@gridkeep/hosting/restores/fetch-first';
import type { RestoreScope } from '@gridkeep/hosting/restores/restore-request';
import { chooseSnapshot, localMinute } from '@gridkeep/hosting/vaults/choose-snapshot';
import type { StoredSnapshot } from '@gridkeep/vault/format/snapshot';
import type { Repository } from '@gridkeep/vault/repository/repository';
import { isTargetFailure } from '@gridkeep/vault/target/target';
import type { Installation } from '../installation/installation.ts';
import { CommandError, confirmationNeededCode, vaultPasswordNeededCode } from './command.ts';
import type { Report } from './command.ts';
import { unlockedTenant, withOpenVault } from './vault-input.ts';

/** What of a command's input decides it. */
export interface SourceWish {
  readonly grid?: string;
  readonly at?: string;
  readonly from?: string;
  readonly cold?: string;
  readonly vaultPassword?: string;
  readonly into?: string;
  readonly fetch?: boolean;
  readonly yes?: boolean;
}

/** What is restored from: the vault's name in jobs, and the snapshot. */
export interface RestoreSource {
  readonly foreign: string | null;
  /** Of the vault's grid, where it is a grid here. */
  readonly ofGrid: string | null;
  readonly snapshot: StoredSnapshot;
  /** Of the grid in the snapshot. */
  readonly zone: string;
  readonly slug: string;
  /** Some of its data may have to be fetched first. */
  readonly isCold: boolean;
  /** Undefined: everything. */
  readonly found:
    { readonly name: string; readonly path: string; readonly scope: RestoreScope | undefined } | undefined;
}

/** Throws a CommandError that asks for what is needed to look. */
export async function restoreSource(
  installation: Installation,
  report: Report,
  input: SourceWish,
  paths: readonly string[] | undefined,
): Promise<RestoreSource> {
  const { foreignVaults } = installation;
  if (input.from === undefined) {
    const { grid } = await unlockedTenant(installation, input);
    const found = await withOpenVault(installation, grid.slug, ({ repository }) =>
      lookFor(repository, input, report, paths, grid.timeZone),
    );
    return { foreign: null, ofGrid: grid.slug, ...found };
  }
  if (input.vaultPassword === undefined)
    throw new CommandError(
      vaultPasswordNeededCode,
      `the password of the vault at ${withoutSecrets(input.from)} is needed`,
    );
  const { token } = await foreignVaults.add(input.from, input.cold, input.vaultPassword);
  try {
    const open = await foreignVaults.open(token);
    try {
      const found = await lookFor(open.repository, input, report, paths, undefined);
      return { foreign: token, ofGrid: null, ...found };
    } finally {
      await open.close();
    }
  } catch (error) {
    foreignVaults.forget(token);
    throw error;
  }
}

async function lookFor(
  repository: Repository,
  input: SourceWish,
  report: Report,
  paths: readonly string[] | undefined,
  zone: string | undefined,
): Promise<Omit<RestoreSource, 'foreign' | 'ofGrid'>> {
  const snapshots = await repository.listSnapshots();
  // The zone of a vault's grid stands in its snapshots.
  const newest = chooseSnapshot(snapshots, undefined, 'UTC');
  const source = await recordsOf(repository, input, report);
  const { document } = await withColdRecords(repository, () => GridSnapshot.open(source, newest));
  const days = zone ?? document.timeZone;
  const snapshot = chooseSnapshot(snapshots, input.at, days);
  const isCold = repository.target.cold !== undefined;
  const base = { snapshot, zone: days, slug: document.slug, isCold };
  if (paths === undefined) return { ...base, found: undefined };
  let entry: BrowseEntry | undefined;
  for (const path of paths)
    entry ??= await withColdRecords(repository, () => named(() => findInSnapshot(source, snapshot, path)));
  if (entry === undefined) {
    const [path = ''] = paths;
    const meant = await withColdRecords(repository, () => suggestInSnapshot(source, snapshot, path));
    throw new CommandError(
      'not-found',
      `the backup of ${localMinute(snapshot.time, days)} has nothing at ${JSON.stringify(path)}: ` +
        (meant.length === 0
          ? '"gridkeep backup browse" shows what there is'
          : `there is ${meant.map((one) => `${one.kind} ${JSON.stringify(peoplesPath(one))} (${one.id ?? ''})`).join(', ')}`),
    );
  }
  if (entry.scope === undefined && input.into === undefined)
    throw new CommandError(
      'not-found',
      `${JSON.stringify(entry.path)} cannot be restored by itself: name a region, an inventory, a folder, an item, an object or an asset`,
    );
  return { ...base, found: { name: entry.name, path: entry.path, scope: entry.scope } };
}

/** A copy may hold records on cold storage too: only with consent are they fetched, to find what is to be restored. */
async function recordsOf(repository: Repository, input: SourceWish, report: Report): Promise<SnapshotSource> {
  const { cold } = repository.target;
  if (cold === undefined || !mayFetch(input)) return repository;
  const { signal } = new AbortController();
  return ColdSource.of(repository, fetching({ signal, progress: report.progress }, cold.description));
}

async function withColdRecords<T>(repository: Repository, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isTargetFailure(error, 'cold')) throw error;
    throw new CommandError(
      confirmationNeededCode,
      `records of the backup have to be fetched from ${repository.target.cold?.description ?? repository.target.description} before it can be said what a restore needs`,
    );
  }
}

/** A name that several things have is for the user to decide. */
export async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AmbiguousNameError) throw new CommandError('ambiguous', error.message);
    throw error;
  }
}

/** As one would write it: without ids, and without the folders that only the layout has. */
function peoplesPath({ path, name }: BrowseEntry): string {
  const above = path
    .split('/')
    .slice(0, -1)
    .filter((one) => !isPrefixName(one) && one !== 'items');
  return [...above.map((one) => titleOfName(one)), name].join('/');
}

export function mayFetch(input: SourceWish): boolean {
  return input.fetch === true || input.yes === true;
}

/** A place as it may be shown. */
export function withoutSecrets(place: string): string {
  return place.replace(/^(s3:\/\/)[^/@]*@/, '$1***@');
}
