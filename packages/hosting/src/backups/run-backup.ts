/** One backup of one grid into its repository. */
import { markBackedUp } from '@gridkeep/grid/record-changes/record-changes';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Database } from '@gridkeep/storage/database/database';
import type { Snapshot, StoredSnapshot } from '@gridkeep/vault/format/snapshot';
import { BlobRejectedError } from '@gridkeep/vault/repository/repository-errors';
import type { RepositoryLock } from '@gridkeep/vault/repository/repository-lock';
import type { RepositoryWriter, WriterTotals } from '@gridkeep/vault/repository/repository-writer';
import type { Repository } from '@gridkeep/vault/repository/repository';
import { planPoint } from '@gridkeep/vault/retention/restore-points';
import type { Retention } from '@gridkeep/vault/retention/restore-points';
import type { VaultClock } from '@gridkeep/vault/retention/vault-clock';
import type { GridDocument, SimulatorRecord } from '../backup-layout/grid-document.ts';
import { branches, gridFile, layoutFormat, recordsFile } from '../backup-layout/layout.ts';
import type { Grid } from '../tenants/grid.ts';
import type { BackupProgress, BackupReport } from './backup-report.ts';
import { addText, type BuiltTrees, buildTrees } from './build-trees.ts';
import { type BackupBlobs, CopiedContent, copyContent } from './copy-content.ts';
import { ParentUnreadableError } from './parent-tree.ts';
import { type BackupPlan, planBackup } from './plan-backup.ts';
import { TreeScript } from './tree-script.ts';

export interface BackupOptions {
  readonly grid: Grid;
  /** `Simulators.records(slug)` */
  readonly simulators: readonly SimulatorRecord[];
  /** The grid's own, migrated with `gridMigrations`. */
  readonly database: Database;
  readonly blobs: BackupBlobs;
  readonly repository: Repository;
  readonly clock: Pick<VaultClock, 'sample'>;
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

/** Content whose bytes are not what its id says is found only when it was written: then everything is built without it. */
const attemptsMax = 4;
const lockWaitMsDefault = 10 * 60_000;

/**
 * Resolves when the snapshot is durable. Killed at any point, the next backup is as if this one had not begun, but for content
 * that need not be copied again. Several backups of a grid at once are safe, though wasteful.
 */
export async function runBackup(options: BackupOptions): Promise<BackupReport> {
  const { repository, lockWaitMs = lockWaitMsDefault, signal } = options;
  const lock = await repository.lock('shared', {
    waitMs: lockWaitMs,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    const signals = signal === undefined ? [lock.signal] : [lock.signal, signal];
    return await new Backup(options, lock, AbortSignal.any(signals)).run();
  } finally {
    await lock.release();
  }
}

class Backup {
  readonly #options: BackupOptions;
  readonly #lock: RepositoryLock;
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  readonly #started = performance.now();

  constructor(options: BackupOptions, lock: RepositoryLock, signal: AbortSignal) {
    this.#options = options;
    this.#lock = lock;
    this.#signal = signal;
    this.#now = options.now ?? Date.now;
  }

  async run(): Promise<BackupReport> {
    const snapshots = await this.#options.repository.listSnapshots();
    // Before the records' point in time is held: the parent's trees are found by it.
    await this.#options.repository.loadIndex();
    const { everything = false } = this.#options;
    try {
      return await this.#back(snapshots, everything);
    } catch (error) {
      if (!(error instanceof ParentUnreadableError)) throw error;
      return this.#back(snapshots, true);
    }
  }

  async #back(snapshots: readonly StoredSnapshot[], everything: boolean): Promise<BackupReport> {
    const { database, repository, grid, temporaryFolder } = this.#options;
    this.#tell('reading', 0, 0, 'reading records');
    const script = await TreeScript.create(temporaryFolder);
    try {
      const plan = await planBackup({
        ...{ database, repository, snapshots, script, everything },
        ...{ at: grid.createdAt, now: this.#now, signal: this.#signal },
      });
      return await this.#write(plan, script, snapshots);
    } finally {
      await script.discard();
    }
  }

  async #write(
    plan: BackupPlan,
    script: TreeScript,
    snapshots: readonly StoredSnapshot[],
  ): Promise<BackupReport> {
    const copied = new CopiedContent();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#writeOnce(plan, script, snapshots, copied);
      } catch (error) {
        if (!(error instanceof BlobRejectedError) || attempt >= attemptsMax) throw error;
        for (const id of error.ids) copied.lacking.set(id, 'damaged');
      }
    }
  }

  async #writeOnce(
    plan: BackupPlan,
    script: TreeScript,
    snapshots: readonly StoredSnapshot[],
    copied: CopiedContent,
  ): Promise<BackupReport> {
    const { repository, database, blobs, grid, clock, retention } = this.#options;
    const vaultTime = await clock.sample();
    const point = planPoint({
      ...{ wall: plan.time, zone: grid.timeZone, clock: vaultTime, existing: snapshots },
      ...(retention === undefined ? {} : { retention }),
    });
    // Targets lock by the wall clock of the world.
    const lockedUntil =
      point.lockedUntil === undefined ? {} : { lockedUntil: this.#now() + point.lockedUntil - vaultTime.now };
    const writer = await repository.beginWriting(this.#lock, { signal: this.#signal, ...lockedUntil });
    try {
      const signal = this.#signal;
      const progress = (now: CopiedContent): void => {
        if (now.contents % 100 === 0)
          this.#tell('copying', now.contents, 0, `${now.contents} contents copied`);
      };
      await copyContent({ blobs, writer, database, signal, progress }, script, copied);
      this.#tell('writing', 0, 0, 'writing trees');
      await writer.beginRecords();
      const built = await buildTrees(writer, script, copied, signal);
      const tree = await this.#writeRoot(writer, plan, built);
      this.#tell('finishing', 0, 0, 'making it durable');
      const totals = await writer.finish();
      const saved = await writer.saveSnapshot(
        this.#snapshot(plan, point.tags, tree, built, totals),
        lockedUntil,
      );
      const backup = { repository: repository.id, snapshot: saved.id };
      await markBackedUp(database, plan.changes, backup, built.missing.topics);
      return {
        ...{ snapshot: saved.id, tree, time: plan.time, lockedUntil: point.lockedUntil },
        ...{ points: point.points, parent: plan.parent?.id, records: script.records },
        ...{ contents: copied.contents, contentBytes: copied.bytes },
        missing: built.missing.count,
        missingShown: built.missing.entries.slice(0, missingShownMax),
        ...totals,
        took: performance.now() - this.#started,
        snapshotHeld: plan.held,
      };
    } finally {
      await writer.close();
    }
  }

  async #writeRoot(writer: RepositoryWriter, plan: BackupPlan, built: BuiltTrees): Promise<BlobId> {
    const { grid, simulators } = this.#options;
    const at = grid.createdAt;
    const { id, slug, name, hostnames, createdAt, quotaBytes, timeZone } = grid;
    const document: GridDocument = {
      ...{ format: layoutFormat, id, slug, name, hostnames, createdAt, quotaBytes, timeZone },
      simulators: [...simulators].sort((a, b) => (a.name < b.name ? -1 : 1)),
      migrations: plan.migrations,
      branches: branches.filter(
        (one) =>
          (one === 'missing' && built.missing.entries.length > 0) ||
          built.nodes.some(({ name: folder, type }) => type === 'dir' && folder === one),
      ),
      missing: built.missing.count,
    };
    const nodes = [...built.nodes];
    nodes.push(await addText(writer, gridFile, at, `${JSON.stringify(document, undefined, 2)}\n`));
    const missing = built.missing.entries.map((entry) => ({ id: entry.id, line: JSON.stringify(entry) }));
    if (missing.length > 0) {
      missing.sort((a, b) => (a.id < b.id || (a.id === b.id && a.line < b.line) ? -1 : 1));
      const text = missing.map(({ line }) => `${line}\n`).join('');
      const subtree = await writer.addTree([await addText(writer, recordsFile, at, text)]);
      nodes.push({ type: 'dir', name: 'missing', modifiedAt: at, subtree });
    }
    return writer.addTree(nodes);
  }

  #snapshot(
    plan: BackupPlan,
    pointTags: readonly string[],
    tree: BlobId,
    built: BuiltTrees,
    totals: WriterTotals,
  ): Snapshot {
    const { grid, hostname, programVersion, tags = [] } = this.#options;
    const end = this.#now();
    return {
      ...{ time: plan.time, tree, hostname, username: 'gridkeep', paths: [`/${grid.slug}`] },
      ...(plan.parent === undefined ? {} : { parent: plan.parent.id }),
      tags: [
        ...pointTags,
        `grid:${grid.slug}`,
        // Loud, also for who only lists snapshots.
        ...(built.missing.count === 0 ? [] : [`missing:${built.missing.count}`]),
        ...tags,
      ],
      ...(programVersion === undefined ? {} : { programVersion }),
      summary: {
        ...{ backupStart: plan.time, backupEnd: Math.max(end, plan.time) },
        ...{ filesNew: built.files, filesChanged: 0, filesUnmodified: 0 },
        ...{ dirsNew: built.folders, dirsChanged: 0, dirsUnmodified: 0 },
        ...{ dataBlobs: totals.dataBlobs, treeBlobs: totals.treeBlobs },
        ...{ dataAdded: totals.dataAdded, dataAddedPacked: totals.dataAddedPacked },
        ...{ totalFilesProcessed: built.files, totalBytesProcessed: built.bytes },
      },
    };
  }

  #tell(phase: BackupProgress['phase'], done: number, total: number, message: string): void {
    this.#options.progress?.({ phase, done, total, message });
  }
}

const missingShownMax = 100;
