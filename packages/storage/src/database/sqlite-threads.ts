/** The few threads that serve all database files of a process: hundreds of grids do not mean hundreds of threads. */
import { type DatabaseFile, SqliteThread } from './sqlite-thread.ts';

export interface SqliteThreadsOptions {
  /** A file is always written by the same one. Default 1. */
  readonly writers?: number;
  /** A slow query holds one of them; the others go on. Default 2. */
  readonly readers?: number;
}

/** Threads start with their first request, in about 40 ms each. */
export class SqliteThreads {
  readonly #writers: readonly SqliteThread[];
  readonly #readers: readonly SqliteThread[];
  #files = 0;

  constructor(options: SqliteThreadsOptions = {}) {
    const { writers = 1, readers = 2 } = options;
    if (!Number.isInteger(writers) || writers < 1) throw new RangeError('writers must be 1 or more');
    if (!Number.isInteger(readers) || readers < 1) throw new RangeError('readers must be 1 or more');
    this.#writers = Array.from({ length: writers }, () => new SqliteThread('writer'));
    this.#readers = Array.from({ length: readers }, () => new SqliteThread('reader'));
  }

  /** Gives a file its number. */
  add(file: string, busyTimeoutMs: number): DatabaseFile {
    const number = this.#files;
    this.#files += 1;
    return { number, file, busyTimeoutMs };
  }

  writer(database: DatabaseFile): SqliteThread {
    return picked(this.#writers, database.number % this.#writers.length);
  }

  /**
   * The file's usual thread, whose page cache and statements are warm; when that is in a query, the least busy
   * other one. Idle threads are not started just to spread load that the usual one can take.
   */
  reader(database: DatabaseFile): SqliteThread {
    const usual = picked(this.#readers, database.number % this.#readers.length);
    if (usual.load === 0) return usual;
    return this.#readers.reduce((best, thread) => (thread.load < best.load ? thread : best), usual);
  }

  /** Closes the connections of one file. */
  async remove(database: DatabaseFile): Promise<void> {
    // Readers first, so that the writer is the last to close and folds the write-ahead log into the file.
    await Promise.all(this.#readers.map((thread) => thread.forget(database)));
    await this.writer(database).forget(database);
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((thread) => thread.close()));
    await Promise.all(this.#writers.map((thread) => thread.close()));
  }
}

function picked(threads: readonly SqliteThread[], index: number): SqliteThread {
  const thread = threads[index];
  if (thread === undefined) throw new RangeError(`no thread ${index}`);
  return thread;
}
