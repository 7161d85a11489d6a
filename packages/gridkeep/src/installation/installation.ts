/** Everything that is open while a process owns a data folder. Commands and servers work on this. */
import type { Certificates } from '@gridkeep/hosting/certificates/certificates';
import type { SigningKey } from '@gridkeep/hosting/certificates/signing-key';
import type { ForeignVaults } from '@gridkeep/hosting/vaults/foreign-vaults';
import type { Vaults } from '@gridkeep/hosting/vaults/vaults';
import type { MaintainedBlobStore } from '@gridkeep/storage/blobs/maintenance';
import type { Database } from '@gridkeep/storage/database/database';
import type { JobQueue } from '@gridkeep/storage/jobs/job-queue';
import type { Configuration } from '../configuration/configuration.ts';
import type { ServerFacts } from '../server/summary.ts';
import type { GridTenants } from './grid-tenants.ts';
import type { InstallationWorker } from './installation-worker.ts';

export interface Installation {
  readonly configuration: Configuration;
  /** Records of the whole installation: grids, simulators, jobs. */
  readonly host: Database;
  /** The content of all grids. */
  readonly blobs: MaintainedBlobStore;
  readonly tenants: GridTenants;
  /** Where backups of the grids are. */
  readonly vaults: Vaults;
  readonly foreignVaults: ForeignVaults;
  readonly certificates: Certificates;
  readonly signingKey: SigningKey;
  readonly jobs: JobQueue;
  readonly worker: InstallationWorker;
  /** Only where a server runs. */
  readonly server?: ServerFacts;
  /** Stops the worker, then closes the stores. */
  close(): Promise<void>;
}
