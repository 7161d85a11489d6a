/** A SQLite file as it is at one moment, on a thread of its own: the log of writes keeps the old pages as long as it is read. */
import { type Uuid, uuidToBytes } from '@gridkeep/wire/uuid';
import type { CompiledQuery, Dialect, Kysely, QueryResult } from 'kysely';
import type { Queries } from './database.ts';
import { TransactionStateError } from './database-errors.ts';
import { kyselyDialect, queryBuilder, type Row, type StatementRunner } from './kysely-binding.ts';
import { sqlValues } from './parameters.ts';
import { readCursor } from './sqlite-cursor.ts';
import { queryResult, resultOf } from './sqlite-outcomes.ts';
import type { DatabaseFile, SqliteThread } from './sqlite-thread.ts';
import { statementKind } from './statement-kind.ts';

export class SqliteSnapshot implements Queries, StatementRunner {
  readonly dialect = 'sqlite';
  readonly #thread: SqliteThread;
  readonly #file: DatabaseFile;
  readonly #incarnation: number;
  readonly #kysely: Dialect;
  #over = false;
  #cursors = 0;

  private constructor(thread: SqliteThread, file: DatabaseFile) {
    this.#thread = thread;
    this.#file = file;
    this.#incarnation = thread.incarnation;
    this.#kysely = kyselyDialect('sqlite', this);
  }

  /** The thread, a reader's, is used for nothing else; its owner closes it. */
  static async run<T>(
    thread: SqliteThread,
    file: DatabaseFile,
    work: (queries: Queries) => Promise<T>,
  ): Promise<T> {
    // The moment is that of the first page read.
    for (const sql of ['begin', 'select count(*) from sqlite_schema']) {
      const statement = { sql, parameters: [] };
      const [outcome] = await thread.request(file, { do: 'run', database: file.number, statement });
      resultOf(outcome, sql);
    }
    const snapshot = new SqliteSnapshot(thread, file);
    try {
      return await work(snapshot);
    } finally {
      snapshot.#over = true;
    }
  }

  tables<Tables>(): Kysely<Tables> {
    return queryBuilder<Tables>(this.#kysely);
  }

  uuid(id: Uuid): Uint8Array {
    return uuidToBytes(id);
  }

  announce(): void {
    throw new TransactionStateError('a snapshot is only for reading');
  }

  async execute(query: CompiledQuery): Promise<QueryResult<Row>> {
    this.#assertReadable(query);
    const statement = { sql: query.sql, parameters: sqlValues(query.parameters) };
    const run = { do: 'run', database: this.#file.number, statement } as const;
    const [outcome] = await this.#thread.request(this.#file, run);
    return queryResult(resultOf(outcome, query.sql));
  }

  stream(query: CompiledQuery, rowsMax: number): AsyncIterableIterator<QueryResult<Row>> {
    this.#assertReadable(query);
    this.#cursors += 1;
    return readCursor({
      send: (request) => this.#thread.request(this.#file, request),
      database: this.#file.number,
      cursor: this.#cursors,
      statement: { sql: query.sql, parameters: sqlValues(query.parameters) },
      rowsMax,
      inside: true,
    });
  }

  #assertReadable(query: CompiledQuery): void {
    // A thread that was started anew would read another moment.
    if (this.#over || this.#thread.incarnation !== this.#incarnation)
      throw new TransactionStateError('the snapshot is over');
    if (statementKind(query) !== 'read') throw new TransactionStateError('a snapshot is only for reading');
  }
}
