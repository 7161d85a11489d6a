/** One backup of one grid into its repository. */
import type { MaintainedBlobStore } from '@gridkeep/storage/blobs/maintenance';
import type { Database } from '@gridkeep/storage/database/database';
import type { Repository } from '@gridkeep/vault/repository/repository';
import type { Retention } from '@gridkeep/vault/retention/restore-points';
import type { VaultClock } from '@gridkeep/vault/retention/vault-clock';
import type { SimulatorRecord } from '../backup-layout/grid-document.ts';
import type { Grid } from '../tenants/grid.ts';
import type { BackupProgress, BackupReport } from './backup-report.ts';

export interface BackupOptions {
  readonly grid: Grid;
  /** `Simulators.records(slug)` */
  readonly simulators: readonly SimulatorRecord[];
  /** The grid's own, migrated with `gridMigrations`. */
  readonly database: Database;
  readonly blobs: Pick<MaintainedBlobStore, 'getStored' | 'readStored' | 'read'>;
  readonly repository: Repository;
  readonly clock: VaultClock;
  /** What the operator wants beyond the promise. */
  readonly retention?: Partial<Retention>;
  /** For files of this backup only; nothing in it outlives it but after a kill, and may be removed then. */
  readonly temporaryFolder: string;
  /** Shown in the snapshot. */
  readonly hostname: string;
  readonly programVersion?: string;
  /** Further tags, such as `manual` or `before-restore`. */
  readonly tags?: readonly string[];
  /** Look at everything as if nothing had been backed up before. Default false. */
  readonly everything?: boolean;
  /** How long to wait for the repository's lock, milliseconds. Default 10 min. */
  readonly lockWaitMs?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: BackupProgress) => void;
  /** Unix milliseconds; default the machine's. */
  readonly now?: () => number;
}

/**
 * Resolves when the snapshot is durable. Killed at any point, the next backup is as if this one had not begun, but for content
 * that need not be copied again. Several backups of a grid at once are safe, though wasteful.
 */
export async function runBackup(options: BackupOptions): Promise<BackupReport> {
  void options;
  throw new Error('not yet');
}
