/** A transaction on a SQLite file, from BEGIN to COMMIT, with the writer to itself. */
import { type Uuid, uuidToBytes } from '@gridkeep/wire/uuid';
import type { CompiledQuery, Dialect, Kysely, QueryResult } from 'kysely';
import { checkedTopic } from './change-listeners.ts';
import type { Queries } from './database.ts';
import { DatabaseUnavailableError, TransactionStateError } from './database-errors.ts';
import { kyselyDialect, queryBuilder, type Row, type StatementRunner } from './kysely-binding.ts';
import { sqlValues } from './parameters.ts';
import { readCursor } from './sqlite-cursor.ts';
import { queryResult, resultOf } from './sqlite-outcomes.ts';
import type { SqliteOutcome, SqliteRequest } from './sqlite-protocol.ts';
import type { DatabaseFile, SqliteThread } from './sqlite-thread.ts';
import { statementKind } from './statement-kind.ts';

/** Cursors in transactions are numbered apart from those outside. */
const firstCursor = 2 ** 40;

export class SqliteTransaction implements Queries, StatementRunner {
  readonly dialect = 'sqlite';
  readonly #thread: SqliteThread;
  readonly #file: DatabaseFile;
  readonly #incarnation: number;
  readonly #kysely: Dialect;
  #state: 'open' | 'failed' | 'over' = 'open';
  #lastSent: Promise<unknown> = Promise.resolve();
  #cursors = firstCursor;
  readonly #topics = new Set<string>();

  private constructor(thread: SqliteThread, file: DatabaseFile) {
    this.#thread = thread;
    this.#file = file;
    this.#incarnation = thread.incarnation;
    this.#kysely = kyselyDialect('sqlite', this);
  }

  /** Call it with nothing else writing to the file. */
  static async run<T>(
    thread: SqliteThread,
    file: DatabaseFile,
    work: (queries: Queries) => Promise<T>,
    tell: (topic: string) => void,
  ): Promise<T> {
    const [begun] = await thread.request(file, { do: 'begin', database: file.number });
    resultOf(begun);
    const transaction = new SqliteTransaction(thread, file);
    let result: T;
    try {
      result = await work(transaction);
      await transaction.#commit();
    } catch (error) {
      await transaction.#rollback();
      throw error;
    }
    for (const topic of transaction.#topics) tell(topic);
    return result;
  }

  tables<Tables>(): Kysely<Tables> {
    return queryBuilder<Tables>(this.#kysely);
  }

  uuid(id: Uuid): Uint8Array {
    return uuidToBytes(id);
  }

  announce(topic: string): void {
    this.#topics.add(checkedTopic(topic));
  }

  async execute(query: CompiledQuery): Promise<QueryResult<Row>> {
    this.#assertOpen();
    try {
      if (statementKind(query) === 'alone')
        throw new TransactionStateError('this statement cannot run inside a transaction');
      const statement = { sql: query.sql, parameters: sqlValues(query.parameters) };
      const [outcome] = await this.#send({ do: 'run', database: this.#file.number, statement });
      return queryResult(resultOf(outcome, query.sql));
    } catch (error) {
      if (this.#state === 'open') this.#state = 'failed';
      throw error;
    }
  }

  stream(query: CompiledQuery, rowsMax: number): AsyncIterableIterator<QueryResult<Row>> {
    this.#assertOpen();
    this.#cursors += 1;
    return readCursor({
      send: (request) => this.#send(request),
      database: this.#file.number,
      cursor: this.#cursors,
      statement: { sql: query.sql, parameters: sqlValues(query.parameters) },
      rowsMax,
      inside: true,
    });
  }

  async #commit(): Promise<void> {
    // Statements that the work did not wait for count as well.
    await this.#lastSent.catch(() => undefined);
    this.#assertOpen();
    this.#state = 'over';
    const [outcome] = await this.#send({ do: 'commit', database: this.#file.number });
    resultOf(outcome);
  }

  async #rollback(): Promise<void> {
    this.#state = 'over';
    // Without a thread there is no transaction any more, and after some failures SQLite has rolled back by itself.
    await this.#send({ do: 'rollback', database: this.#file.number }).catch(() => undefined);
  }

  #send(request: SqliteRequest): Promise<readonly SqliteOutcome[]> {
    if (this.#thread.incarnation !== this.#incarnation)
      return Promise.reject(new DatabaseUnavailableError('the thread of the transaction has ended'));
    const sent = this.#thread.request(this.#file, request);
    this.#lastSent = sent;
    return sent;
  }

  #assertOpen(): void {
    if (this.#state === 'failed')
      throw new TransactionStateError('a statement of the transaction has failed: nothing of it is kept');
    if (this.#state === 'over') throw new TransactionStateError('the transaction is over');
  }
}
