/**
 * Nights of a grid on a fake clock: every night it is backed up and its vault pruned, and what the grid was is kept as hashes;
 * afterwards every promised day is restored into a new grid and compared with its hashes.
 */
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createGridServices } from '@gridkeep/grid/grid-services';
import { openPackStore } from '@gridkeep/storage/blobs/pack-store';
import { openSqlite } from '@gridkeep/storage/database/sqlite-database';
import { SqliteThreads } from '@gridkeep/storage/database/sqlite-threads';
import type { StoredSnapshot } from '@gridkeep/vault/format/snapshot';
import { prune } from '@gridkeep/vault/prune/prune';
import { openRepository } from '@gridkeep/vault/repository/repository';
import type { Repository } from '@gridkeep/vault/repository/repository';
import { planPoint } from '@gridkeep/vault/retention/restore-points';
import { VaultClock } from '@gridkeep/vault/retention/vault-clock';
import { openFolderTarget } from '@gridkeep/vault/target/folder-target';
import type { Target } from '@gridkeep/vault/target/target';
import {
  addExampleFolder,
  createExample,
  examplePassword,
  quickLocks,
} from '@gridkeep/vault/test-support/example-repository';
import { FakeMachine } from '@gridkeep/vault/test-support/fake-machine';
import { randomUuid } from '@gridkeep/wire/uuid';
import { runBackup } from '../backups/run-backup.ts';
import { restoreIntoGrid } from '../restores/restore.ts';
import { exampleGrid } from './backed-up-grid.ts';
import { ChangingGrid } from './changing-grid.ts';
import type { GridScale } from './changing-grid.ts';
import { differences, GridDigester } from './grid-digest.ts';
import type { DigestCounts, GridDigest } from './grid-digest.ts';
import { openGrid } from './open-grid.ts';

export type Incident =
  /** Somebody makes snapshots in numbers, some of the grid, most of junk. */
  | 'junk'
  /** The wall clock is 400 days ahead for one night, then right again. */
  | 'clock-ahead'
  /** The machine is off for a week. */
  | 'downtime';

export interface YearOptions {
  /** An empty one. */
  readonly folder: string;
  readonly nights: number;
  readonly scale: GridScale;
  /** By number of the night. */
  readonly incidents: ReadonlyMap<number, Incident>;
  /** Snapshots of junk at an incident. */
  readonly junkSnapshots: number;
  /** Default 1: as the nightly job does it. */
  readonly nightsPerPrune?: number;
  readonly onNight?: (night: number) => void;
}

export interface YearReport {
  readonly nights: number;
  readonly snapshots: number;
  readonly restoredDays: number;
  /** `<date>: <table>` of everything that came back otherwise. */
  readonly differences: readonly string[];
  /** Nights on which something promised was not in the vault. */
  readonly brokenPromises: readonly string[];
  /** Of the grid on the last day. */
  readonly grid: DigestCounts;
  readonly packs: number;
  readonly packBytes: number;
  readonly indexFiles: number;
  readonly backup: {
    readonly packs: number;
    readonly bytes: number;
    /** Milliseconds of each night. */
    readonly took: readonly number[];
  };
  readonly prune: {
    readonly packsRemoved: number;
    readonly packsRepacked: number;
    readonly bytesRead: number;
    readonly bytesWritten: number;
    readonly bytesFreed: number;
    readonly forgotten: number;
    readonly took: readonly number[];
  };
  readonly restore: { readonly took: readonly number[] };
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A Monday, three o'clock in the grid's zone. */
const start = Date.UTC(2026, 0, 5, 2);
const aheadMs = 400 * dayMs;
const downMs = 7 * dayMs;
const samplesPerDay = 4;

/** One backup and what the grid was then. `real`: Unix milliseconds as they really were, whatever the clocks said. */
interface Night {
  readonly real: number;
  readonly snapshot: string;
  readonly digest: GridDigest;
}

export async function simulateYear(options: YearOptions): Promise<YearReport> {
  const { folder } = options;
  const grid = await openGrid(join(folder, 'grid'));
  const target = await openFolderTarget(join(folder, 'vault'));
  try {
    await (await createExample(target)).close();
    const world = await ChangingGrid.create(grid, folder, options.scale, start);
    const year = new Year(options, { grid, target, world });
    await year.pass();
    return await year.conclude();
  } finally {
    await target.close();
    await grid.close();
  }
}

interface YearParts {
  readonly grid: Awaited<ReturnType<typeof openGrid>>;
  readonly target: Target;
  readonly world: ChangingGrid;
}

class Year {
  readonly #options: YearOptions;
  readonly #parts: YearParts;
  readonly #machine = new FakeMachine(start);
  readonly #digester: GridDigester;
  readonly #journal: Night[] = [];
  readonly #brokenPromises: string[] = [];
  readonly #backup = { packs: 0, bytes: 0, took: [] as number[] };
  readonly #prune = {
    ...{ packsRemoved: 0, packsRepacked: 0, bytesRead: 0, bytesWritten: 0, bytesFreed: 0, forgotten: 0 },
    took: [] as number[],
  };

  constructor(options: YearOptions, parts: YearParts) {
    this.#options = options;
    this.#parts = parts;
    this.#digester = new GridDigester(join(options.folder, 'grid', 'grid.db'), parts.grid.packs);
  }

  get #real(): number {
    return start + this.#machine.real;
  }

  async pass(): Promise<void> {
    const { nights, incidents, nightsPerPrune = 1, onNight } = this.#options;
    for (let night = 0; night < nights; night += 1) {
      const incident = incidents.get(night);
      if (incident === 'downtime') this.#machine.reboot(downMs);
      if (incident === 'clock-ahead') this.#machine.setWall(this.#real + aheadMs);
      await this.#parts.world.passDay(night, this.#real);
      await this.#withRepository(async (repository, clock) => {
        await this.#backUp(repository, clock, ['nightly']);
        if (incident === 'junk') await this.#addJunk(repository, clock);
        if (night % nightsPerPrune === 0 || incident !== undefined || night === nights - 1)
          await this.#pruneVault(repository, clock);
        await this.#passDay(clock, incident === 'clock-ahead');
      });
      onNight?.(night);
    }
  }

  async #passDay(clock: VaultClock, clockIsAhead: boolean): Promise<void> {
    for (let sample = 0; sample < samplesPerDay; sample += 1) {
      this.#machine.pass(dayMs / samplesPerDay);
      await clock.sample();
    }
    if (clockIsAhead) this.#machine.setWall(this.#real);
  }

  /** Opened anew every night, as the job does it. */
  async #withRepository(work: (repository: Repository, clock: VaultClock) => Promise<void>): Promise<void> {
    const cacheFolder = join(this.#options.folder, 'cache');
    const repository = await openRepository(
      this.#parts.target,
      { password: examplePassword },
      { cacheFolder, lockTimes: quickLocks },
    );
    try {
      await work(repository, new VaultClock(repository, this.#machine));
    } finally {
      await repository.close();
    }
  }

  async #backUp(repository: Repository, clock: VaultClock, tags: readonly string[]): Promise<void> {
    const { services, packs } = this.#parts.grid;
    const digest = await this.#digester.take();
    const report = await runBackup({
      ...{ grid: exampleGrid, simulators: [], database: services.database, blobs: packs },
      ...{ repository, clock, hostname: 'year', tags },
      temporaryFolder: join(this.#options.folder, 'temporary'),
      now: () => this.#machine.wall(),
    });
    this.#journal.push({ real: this.#real, snapshot: report.snapshot, digest });
    this.#backup.packs += report.packs.length;
    this.#backup.bytes += report.dataAddedPacked;
    this.#backup.took.push(report.took);
  }

  async #pruneVault(repository: Repository, clock: VaultClock): Promise<void> {
    const begun = performance.now();
    const report = await prune(repository, { clock, zone: exampleGrid.timeZone });
    this.#prune.took.push(performance.now() - begun);
    this.#prune.packsRemoved += report.packsRemoved;
    this.#prune.packsRepacked += report.packsRepacked;
    this.#prune.bytesRead += report.bytesRead;
    this.#prune.bytesWritten += report.bytesWritten;
    this.#prune.bytesFreed += report.bytesFreed;
    this.#prune.forgotten += report.forgotten.length;
    const forgotten = new Set(report.forgotten);
    for (const { real, snapshot } of promisedNights(this.#journal, this.#real))
      if (forgotten.has(snapshot)) this.#brokenPromises.push(`${dateOf(this.#real)}: forgot ${dateOf(real)}`);
  }

  /** What a client can do that knows how tags are made; then what an operator's token can do, again and again. */
  async #addJunk(repository: Repository, clock: VaultClock): Promise<void> {
    const existing: StoredSnapshot[] = await repository.listSnapshots();
    const lock = await repository.lock('shared');
    try {
      const writer = await repository.beginWriting(lock);
      try {
        const content = Buffer.from(`junk of ${dateOf(this.#real)}`);
        const tree = await addExampleFolder(writer, { junk: content });
        await writer.finish();
        for (let count = 0; count < this.#options.junkSnapshots; count += 1) {
          this.#machine.pass(1000);
          const wall = this.#machine.wall();
          const point = planPoint({
            ...{ wall, zone: exampleGrid.timeZone, clock: await clock.sample(), existing },
          });
          existing.push(
            await writer.saveSnapshot({
              ...{ time: wall, tree, paths: ['/junk'], hostname: 'junk', tags: point.tags },
            }),
          );
        }
      } finally {
        await writer.close();
      }
    } finally {
      await lock.release();
    }
    for (let count = 0; count < 3; count += 1) {
      this.#machine.pass(hourMs);
      await this.#parts.world.changeInventories(5);
      await this.#backUp(repository, clock, ['manual']);
    }
  }

  async conclude(): Promise<YearReport> {
    const { target } = this.#parts;
    const took: number[] = [];
    const found: string[] = [];
    let snapshots = 0;
    const promised = promisedNights(this.#journal, this.#real);
    await this.#withRepository(async (repository) => {
      snapshots = (await repository.listSnapshots()).length;
      const restorer = await Restorer.create(join(this.#options.folder, 'restored'), repository);
      try {
        for (const night of promised) {
          const begun = performance.now();
          for (const table of differences(await restorer.restore(night.snapshot), night.digest))
            found.push(`${dateOf(night.real)}: ${table}`);
          took.push(performance.now() - begun);
        }
      } finally {
        await restorer.close();
      }
    });
    let [packs, packBytes, indexFiles] = [0, 0, 0];
    for await (const { bytes } of target.list('pack')) {
      packs += 1;
      packBytes += bytes;
    }
    for await (const _ of target.list('index')) indexFiles += 1;
    return {
      ...{ nights: this.#journal.length, snapshots, restoredDays: promised.length, differences: found },
      ...{ brokenPromises: this.#brokenPromises, grid: this.#digester.counts, packs, packBytes, indexFiles },
      ...{ backup: this.#backup, prune: this.#prune, restore: { took } },
    };
  }
}

/**
 * What is promised, said once more and otherwise than the retention does: first and last backup of each of the last 30 days,
 * the first of each of 26 weeks, the first of each of 12 months and of the one that runs.
 */
function promisedNights(journal: readonly Night[], now: number): readonly Night[] {
  const day = ({ real }: { readonly real: number }): number => Math.floor(real / dayMs);
  // 1 January 1970 was a Thursday.
  const week = (at: { readonly real: number }): number => Math.floor((day(at) + 3) / 7);
  const month = ({ real }: { readonly real: number }): number =>
    new Date(real).getUTCFullYear() * 12 + new Date(real).getUTCMonth();
  const today = { real: now };
  const promised = new Set<Night>();
  const promise = (period: typeof day, periods: number, ends: readonly (0 | -1)[]): void => {
    for (const [at, nights] of Map.groupBy(journal, period)) {
      if (period(today) - at >= periods) continue;
      for (const end of ends) {
        const night = nights.at(end);
        if (night !== undefined) promised.add(night);
      }
    }
  };
  promise(day, 30, [0, -1]);
  promise(week, 26, [0]);
  promise(month, 13, [0]);
  return journal.filter((night) => promised.has(night));
}

function dateOf(real: number): string {
  return new Date(real).toISOString().slice(0, 16);
}

/** Restores one snapshot after the other, each into a new grid with a blob store of its own. */
class Restorer {
  readonly #folder: string;
  readonly #repository: Repository;
  readonly #threads = new SqliteThreads({ readers: 1 });

  private constructor(folder: string, repository: Repository) {
    this.#folder = folder;
    this.#repository = repository;
  }

  static async create(folder: string, repository: Repository): Promise<Restorer> {
    const restorer = new Restorer(folder, repository);
    // Migrating takes longer than copying what was migrated.
    await (await openGrid(join(folder, 'empty'))).close();
    return restorer;
  }

  async restore(id: string): Promise<GridDigest> {
    const folder = join(this.#folder, id.slice(0, 12));
    const file = join(folder, 'grid.db');
    await mkdir(folder);
    await copyFile(join(this.#folder, 'empty', 'grid.db'), file);
    const packs = await openPackStore({ folder: join(folder, 'blobs') });
    const database = await openSqlite({ file, threads: this.#threads });
    try {
      await restoreIntoGrid(
        this.#repository,
        await this.#repository.readSnapshot(id),
        createGridServices({ database, blobs: packs }),
        { scope: { kind: 'grid' }, placement: 'in-place', dryRun: false, removeLaterAssets: true },
        {
          ...{ jobId: randomUuid(), temporaryFolder: join(folder, 'temporary') },
          ...{ signal: new AbortController().signal, progress: () => undefined },
        },
      );
      return await new GridDigester(file, packs).take();
    } finally {
      await database.close();
      await packs.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    await this.#threads.close();
  }
}
