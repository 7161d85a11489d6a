/** A SQLite file as a Database: one writer with shared commits, readers beside it, all in worker threads. */
import { type Uuid, uuidToBytes } from '@gridkeep/wire/uuid';
import type { CompiledQuery, Dialect, Kysely, QueryResult } from 'kysely';
import { sqliteColumnTypes } from './column-types.ts';
import { ChangeListeners, checkedTopic } from './change-listeners.ts';
import type { Database, Migration, Queries, TransactionOptions } from './database.ts';
import { DatabaseClosedError } from './database-errors.ts';
import { kyselyDialect, queryBuilder, type Row, type StatementRunner } from './kysely-binding.ts';
import { runMigrations } from './migrations.ts';
import { sqlValues } from './parameters.ts';
import { readCursor } from './sqlite-cursor.ts';
import { queryResult, resultOf } from './sqlite-outcomes.ts';
import type { SqliteRequest, SqliteResult } from './sqlite-protocol.ts';
import { SqliteSnapshot } from './sqlite-snapshot.ts';
import { type DatabaseFile, SqliteThread } from './sqlite-thread.ts';
import { SqliteThreads } from './sqlite-threads.ts';
import { SqliteTransaction } from './sqlite-transaction.ts';
import { SqliteWriteQueue } from './sqlite-write-queue.ts';
import { statementKind } from './statement-kind.ts';
import { withRetries } from './transaction-attempts.ts';
import { TransactionScope } from './transaction-scope.ts';

export interface SqliteOptions {
  /** Path of the file; made when absent. Its folder must be there. */
  readonly file: string;
  /** Shared by the databases of a process; absent, the database has threads of its own and ends them with close(). */
  readonly threads?: SqliteThreads;
  /** How long another process may hold the file before a DatabaseBusyError. Default 10 s. */
  readonly busyTimeoutMs?: number;
}

const busyTimeoutMsDefault = 10_000;

/** Rejects with DatabaseUnavailableError when the file cannot be opened or is not a SQLite database. */
export async function openSqlite(options: SqliteOptions): Promise<Database> {
  const { file, busyTimeoutMs = busyTimeoutMsDefault } = options;
  if (file === '' || file.includes(':memory:') || file.includes('\0'))
    throw new RangeError('a SQLite database needs the path of a file');
  const threads = options.threads ?? new SqliteThreads();
  const database = new SqliteDatabase(
    threads,
    threads.add(file, busyTimeoutMs),
    options.threads === undefined,
  );
  try {
    await database.open();
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

class SqliteDatabase implements Database, StatementRunner {
  readonly dialect = 'sqlite';
  /** One process owns a SQLite file, so there is nobody else to hear of. */
  readonly hearsOthers = true;
  readonly #threads: SqliteThreads;
  readonly #ownThreads: boolean;
  readonly #file: DatabaseFile;
  readonly #kysely: Dialect;
  readonly #scope = new TransactionScope();
  readonly #queue: SqliteWriteQueue;
  readonly #changes = new ChangeListeners();
  readonly #snapshots = new Set<SqliteThread>();
  #cursors = 0;
  #closed = false;

  constructor(threads: SqliteThreads, file: DatabaseFile, ownThreads: boolean) {
    this.#threads = threads;
    this.#file = file;
    this.#ownThreads = ownThreads;
    this.#kysely = kyselyDialect('sqlite', this);
    this.#queue = new SqliteWriteQueue((statements) =>
      this.#write({ do: 'group', database: file.number, statements }),
    );
  }

  /** The writer comes first: it makes the file and puts it into WAL mode. */
  async open(): Promise<void> {
    const statement = { sql: 'select count(*) from sqlite_schema', parameters: [] };
    const [outcome] = await this.#write({ do: 'run', database: this.#file.number, statement });
    resultOf(outcome);
  }

  tables<Tables>(): Kysely<Tables> {
    return queryBuilder<Tables>(this.#kysely);
  }

  uuid(id: Uuid): Uint8Array {
    return uuidToBytes(id);
  }

  announce(topic: string): void {
    this.#scope.assertOutside();
    if (this.#closed) throw new DatabaseClosedError();
    this.#changes.tell(checkedTopic(topic));
  }

  onChange(listener: (topic: string | undefined) => void): () => void {
    return this.#changes.add(listener);
  }

  async execute(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#closed) throw new DatabaseClosedError();
    const statement = { sql: query.sql, parameters: sqlValues(query.parameters) };
    const run: SqliteRequest = { do: 'run', database: this.#file.number, statement };
    let result: SqliteResult;
    switch (statementKind(query)) {
      case 'read': {
        const [outcome] = await this.#threads.reader(this.#file).request(this.#file, run);
        result = resultOf(outcome, query.sql);
        break;
      }
      case 'write':
        this.#scope.assertOutside();
        result = await this.#queue.write(statement);
        break;
      case 'alone': {
        this.#scope.assertOutside();
        const [outcome] = await this.#queue.exclusive(() => this.#write(run));
        result = resultOf(outcome, query.sql);
        break;
      }
    }
    return queryResult(result);
  }

  stream(query: CompiledQuery, rowsMax: number): AsyncIterableIterator<QueryResult<Row>> {
    if (this.#closed) throw new DatabaseClosedError();
    const reader = this.#threads.reader(this.#file);
    this.#cursors += 1;
    return readCursor({
      send: (request) =>
        this.#closed ? Promise.reject(new DatabaseClosedError()) : reader.request(this.#file, request),
      database: this.#file.number,
      cursor: this.#cursors,
      statement: { sql: query.sql, parameters: sqlValues(query.parameters) },
      rowsMax,
      inside: false,
    });
  }

  async transaction<T>(
    work: (queries: Queries) => Promise<T>,
    { retries = 0 }: TransactionOptions = {},
  ): Promise<T> {
    this.#scope.assertOutside();
    const thread = this.#threads.writer(this.#file);
    return withRetries(retries, () =>
      this.#queue.exclusive(() =>
        SqliteTransaction.run(
          thread,
          this.#file,
          (queries) => this.#scope.run(() => work(queries)),
          (topic) => this.#changes.tell(topic),
        ),
      ),
    );
  }

  async snapshot<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    if (this.#closed) throw new DatabaseClosedError();
    const thread = new SqliteThread('reader');
    this.#snapshots.add(thread);
    try {
      return await SqliteSnapshot.run(thread, this.#file, work);
    } finally {
      this.#snapshots.delete(thread);
      await thread.close();
    }
  }

  migrate(migrations: readonly Migration[]): Promise<readonly string[]> {
    return runMigrations(migrations, sqliteColumnTypes, (work) => this.transaction(work, { retries: 5 }));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#scope.assertOutside();
    this.#closed = true;
    await this.#queue.close();
    await Promise.all([...this.#snapshots].map((thread) => thread.close()));
    if (this.#ownThreads) await this.#threads.close();
    else await this.#threads.remove(this.#file);
  }

  #write(request: SqliteRequest) {
    return this.#threads.writer(this.#file).request(this.#file, request);
  }
}
