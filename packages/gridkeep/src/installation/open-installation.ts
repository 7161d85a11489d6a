/** Opens what a data folder (or the databases and stores that its configuration names) holds. */
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { gridMigrations } from '@gridkeep/grid/grid-database';
import { createGridServices } from '@gridkeep/grid/grid-services';
import type { GridAddress, GridServices } from '@gridkeep/grid/grid-services';
import { certificateMigrations, Certificates } from '@gridkeep/hosting/certificates/certificates';
import { SigningKey, signingKeyMigrations } from '@gridkeep/hosting/certificates/signing-key';
import { loadLedgerMigrations } from '@gridkeep/hosting/ingress/load-ledger';
import { schemaOfGrid } from '@gridkeep/hosting/tenants/grid';
import type { Grid, GridSlug } from '@gridkeep/hosting/tenants/grid';
import { Tenants } from '@gridkeep/hosting/tenants/tenants';
import { CustodyKey } from '@gridkeep/hosting/vaults/custody-key';
import { ForeignVaults } from '@gridkeep/hosting/vaults/foreign-vaults';
import { vaultMigrations } from '@gridkeep/hosting/vaults/vault-tables';
import { Vaults } from '@gridkeep/hosting/vaults/vaults';
import type { MaintainedBlobStore } from '@gridkeep/storage/blobs/maintenance';
import type { Database } from '@gridkeep/storage/database/database';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { SqliteThreads } from '@gridkeep/storage/database/sqlite-threads';
import { JobQueue } from '@gridkeep/storage/jobs/job-queue';
import { jobMigrations } from '@gridkeep/storage/jobs/job-tables';
import { asError } from '../as-error.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { dataFolderAt, emptyTemporaryFolder } from '../data-folder/data-folder.ts';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { gridkeepVersion } from '../gridkeep-version.ts';
import { jobHandlers } from '../jobs/job-handlers.ts';
import { verifyMigrations } from '../jobs/verify-state.ts';
import type { Logger } from '../logging/logger.ts';
import { gridAddress } from './grid-address.ts';
import type { Installation } from './installation.ts';
import { InstallationWorker } from './installation-worker.ts';
import { openBlobs } from './open-blobs.ts';

const hostSchema = 'gridkeep';

export interface OpeningOptions {
  /** Absent where a command works alone. */
  readonly log?: Logger;
  /** Simulators will put content while jobs run. Default false. */
  readonly serving?: boolean;
  /** The public port as it is now; default: as configured. */
  readonly publicPort?: () => number;
}

/** The caller holds the lock of the data folder. */
export async function openInstallation(
  configuration: Configuration,
  { log, serving = false, publicPort = () => configuration.publicPort }: OpeningOptions = {},
): Promise<Installation> {
  const folder = dataFolderAt(configuration.data);
  emptyTemporaryFolder(folder);
  await using stack = new AsyncDisposableStack();
  // A command alone asks one thing after the other; beside simulators a slow query must leave a reader free.
  const threads = new SqliteThreads({ readers: serving ? 2 : 1 });
  stack.defer(() => threads.close());
  const addressOf = (grid: Grid): GridAddress =>
    gridAddress(grid, { host: configuration.host, port: publicPort() });
  const [host, blobs] = await openStores(stack, configuration, folder, threads, log);
  const tenants = await Tenants.open<GridServices>({
    host,
    openDatabase: (slug) => openGridDatabase(configuration, folder, threads, slug),
    createServices: (grid, database) => createServices(grid, database, blobs, { address: addressOf, log }),
    onError: (error) => log?.warn({ err: error }, 'the address of a simulator could not be written down'),
  });
  stack.defer(() => tenants.close());
  const jobs = new JobQueue(host);
  await host.migrate([
    ...verifyMigrations,
    ...jobMigrations,
    ...vaultMigrations,
    ...signingKeyMigrations,
    ...certificateMigrations,
  ]);
  const vaultParts = makeVaults(configuration, folder, host);
  const worker = new InstallationWorker({
    queue: jobs,
    handlers: jobHandlers({
      ...{ host, blobs, tenants, jobs, serving, temporaryFolder: folder.temporary },
      ...vaultParts,
      ...{ hostname: hostname(), programVersion: `gridkeep ${gridkeepVersion}` },
    }),
    aloneOnDatabase: host.dialect === 'sqlite',
    report: (error) => log?.error({ err: error }, 'the job worker met an error'),
  });
  stack.defer(() => worker.stop());
  const opened = stack.move();
  return {
    ...{ configuration, host, blobs, tenants, jobs, worker },
    ...vaultParts,
    close: () => opened.disposeAsync(),
  };
}

function makeVaults(configuration: Configuration, folder: DataFolder, host: Database) {
  const custody = new CustodyKey(configuration.vaultKeyFile ?? folder.keyFile);
  const vaults = new Vaults({ host, custody, folder: folder.vaults, cacheFolder: folder.vaultCache });
  const signingKey = new SigningKey(host, custody);
  return {
    vaults,
    foreignVaults: new ForeignVaults(folder.vaultCache),
    signingKey,
    certificates: new Certificates(host, signingKey, vaults.history),
  };
}

/** Both at once, since each waits for the disk; what did open is closed when the other fails. */
async function openStores(
  stack: AsyncDisposableStack,
  configuration: Configuration,
  folder: DataFolder,
  threads: SqliteThreads,
  log: Logger | undefined,
): Promise<readonly [Database, MaintainedBlobStore]> {
  const [host, blobs] = await Promise.allSettled([
    openHostDatabase(configuration, folder, threads),
    openBlobs(configuration, folder, log),
  ]);
  if (blobs.status === 'fulfilled') stack.defer(() => blobs.value.close());
  if (host.status === 'fulfilled') stack.defer(() => host.value.close());
  if (host.status === 'rejected') throw asError(host.reason);
  if (blobs.status === 'rejected') throw asError(blobs.reason);
  return [host.value, blobs.value];
}

function openHostDatabase(
  configuration: Configuration,
  folder: DataFolder,
  threads: SqliteThreads,
): Promise<Database> {
  const { databaseUrl: url } = configuration;
  return url === undefined
    ? openDatabase({ dialect: 'sqlite', file: folder.hostDatabase }, threads)
    : openDatabase({ dialect: 'postgres', url, schema: hostSchema });
}

async function openGridDatabase(
  configuration: Configuration,
  folder: DataFolder,
  threads: SqliteThreads,
  slug: GridSlug,
): Promise<Database> {
  const { databaseUrl: url } = configuration;
  if (url !== undefined) return openDatabase({ dialect: 'postgres', url, schema: schemaOfGrid(slug) });
  const file = folder.gridDatabase(slug);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  return openDatabase({ dialect: 'sqlite', file }, threads);
}

async function createServices(
  grid: () => Grid,
  database: Database,
  blobs: MaintainedBlobStore,
  { address, log }: { readonly address: (grid: Grid) => GridAddress; readonly log: Logger | undefined },
): Promise<GridServices> {
  await database.migrate([...gridMigrations, ...loadLedgerMigrations]);
  return createGridServices({
    database,
    blobs,
    limits: {
      quotaBytes: () => grid().quotaBytes,
      onAssetConflict: (conflict) =>
        // Simulators do so when they load an archive: objects are rewritten and offered under their old ids.
        log?.info({ grid: grid().slug, conflict }, 'asset with other bytes kept aside'),
    },
    address: () => address(grid()),
    ...(log === undefined ? {} : { log: log.child({ grid: grid().slug }) }),
  });
}
