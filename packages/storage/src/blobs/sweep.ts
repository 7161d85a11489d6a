/** Mark and sweep: blobs that nothing refers to and that no put has asked for lately get a tombstone. */
import { rm } from 'node:fs/promises';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import type { BlobId } from './blob-store.ts';
import type { SweepOptions, SweepReport } from './maintenance.ts';
import type { BlobRow, Place } from './index-rows.ts';
import type { PackIndex } from './pack-index.ts';

export interface SweepParts {
  readonly index: () => PackIndex;
  /** The marks are kept in a file there, so that memory does not grow with them. */
  readonly marksPath: string;
  /** Blobs put, or found here by a put, with a later stamp are safe. */
  readonly horizon: number;
  /** Every blob counts as put at least this late. */
  readonly graceFloor: number;
  /** Ids whose tombstone is on its way. */
  readonly dying: Set<BlobId>;
  /** Resolves when the tombstone is durable and in the index. */
  readonly bury: (id: BlobId) => Promise<void>;
}

const rowsPerTurn = 250;

export async function sweepBlobs(parts: SweepParts, options: SweepOptions): Promise<SweepReport> {
  if (!(options.graceMs >= 0)) throw new RangeError(`graceMs must be 0 or more, not ${options.graceMs}`);
  await removeMarks(parts.marksPath);
  const marks = new Marks(parts.marksPath);
  try {
    const marked = await marks.fill(options);
    return await buryUnmarked(parts, options, marks, marked);
  } finally {
    marks.close();
    await removeMarks(parts.marksPath);
  }
}

/** To be called when a store is opened, since a crash leaves the marks of an unfinished sweep behind. */
export async function removeMarks(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Blob ids on disk; lost with the process, which is right. */
class Marks {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #has: StatementSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA cache_size = -8192; CREATE TABLE marks (hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID`);
    this.#insert = this.#database.prepare('INSERT OR IGNORE INTO marks VALUES (?)');
    this.#has = this.#database.prepare('SELECT 1 FROM marks WHERE hash = ?');
  }

  async fill({ live, signal, onProgress }: SweepOptions): Promise<number> {
    let batch: BlobId[] = [];
    let marked = 0;
    const write = async (): Promise<void> => {
      this.#database.exec('BEGIN');
      for (const id of batch) this.#insert.run(Buffer.from(id, 'hex'));
      this.#database.exec('COMMIT');
      marked += batch.length;
      batch = [];
      onProgress?.({ marked, deleted: 0 });
      await turn();
      signal?.throwIfAborted();
    };
    for await (const id of live) {
      batch.push(id);
      if (batch.length >= rowsPerTurn) await write();
    }
    await write();
    return marked;
  }

  has(id: BlobId): boolean {
    return this.#has.get(Buffer.from(id, 'hex')) !== undefined;
  }

  close(): void {
    this.#database.close();
  }
}

async function buryUnmarked(
  parts: SweepParts,
  options: SweepOptions,
  marks: Marks,
  marked: number,
): Promise<SweepReport> {
  const cutoff = ((options.now ?? Date.now()) - options.graceMs) * 1000;
  let deleted = 0;
  let deletedBytes = 0;
  let spared = 0;
  let last: BlobId | undefined;
  for (;;) {
    options.signal?.throwIfAborted();
    const rows = parts.index().blobsAfter(last, rowsPerTurn);
    last = rows.at(-1)?.id;
    if (last === undefined) return { marked, deleted, deletedBytes, spared };
    // Judged and noted as dying in one turn: a put either came before and is seen, or finds the blob absent.
    const victims: BlobRow[] = [];
    for (const row of rows) {
      if (marks.has(row.id)) continue;
      if (isOld(parts, row.place, cutoff)) victims.push(row);
      else spared += 1;
    }
    for (const { id } of victims) parts.dying.add(id);
    try {
      await Promise.all(victims.map(({ id }) => parts.bury(id)));
    } finally {
      for (const { id } of victims) parts.dying.delete(id);
    }
    deleted += victims.length;
    deletedBytes += victims.reduce((sum, { place }) => sum + place.length, 0);
    options.onProgress?.({ marked, deleted });
    await turn();
  }
}

function isOld({ horizon, graceFloor }: SweepParts, place: Place, cutoff: number): boolean {
  const lastPut = Math.max(place.stamp, place.touched);
  return lastPut < horizon && Math.max(lastPut, graceFloor) <= cutoff;
}
