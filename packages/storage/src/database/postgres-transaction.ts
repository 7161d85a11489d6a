/** A transaction on one connection of PostgreSQL. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { CompiledQuery, Dialect, Kysely, QueryResult } from 'kysely';
import { checkedTopic } from './change-listeners.ts';
import type { Queries } from './database.ts';
import { QueryError, TransactionStateError } from './database-errors.ts';
import { kyselyDialect, queryBuilder, type Row, type StatementRunner } from './kysely-binding.ts';
import { postgresError } from './postgres-errors.ts';
import { type Client, executeOn, streamOn } from './postgres-runner.ts';
import { statementKind } from './statement-kind.ts';

/** SQLSTATE in_failed_sql_transaction. */
const inFailedTransaction = '25P02';

export type Isolation = 'serializable' | 'read committed' | 'repeatable read read only';

export class PostgresTransaction implements Queries, StatementRunner {
  readonly dialect = 'postgres';
  readonly #client: Client;
  readonly #kysely: Dialect;
  #state: 'open' | 'failed' | 'over' = 'open';
  #cursors = 0;
  readonly #topics = new Set<string>();

  constructor(client: Client) {
    this.#client = client;
    this.#kysely = kyselyDialect('postgres', this);
  }

  tables<Tables>(): Kysely<Tables> {
    return queryBuilder<Tables>(this.#kysely);
  }

  uuid(id: Uuid): string {
    return id;
  }

  announce(topic: string): void {
    this.#topics.add(checkedTopic(topic));
  }

  /** What was announced, to be told once it is committed. */
  get topics(): ReadonlySet<string> {
    return this.#topics;
  }

  async begin(isolation: Isolation): Promise<void> {
    await this.#control(`begin isolation level ${isolation}`);
  }

  /** Sends messages that the server delivers when the transaction is committed. */
  async notify(channel: string, messages: readonly string[]): Promise<void> {
    this.#assertOpen();
    try {
      await this.#client.query('select pg_notify($1, message) from unnest($2::text[]) message', [
        channel,
        messages,
      ]);
    } catch (error) {
      const mapped = postgresError(error);
      // A statement that nobody waited for has failed before.
      if (mapped instanceof QueryError && mapped.code === inFailedTransaction) this.#state = 'failed';
      this.#assertNotFailed();
      throw mapped;
    }
  }

  async commit(): Promise<void> {
    this.#assertOpen();
    const { command } = await this.#control('commit');
    // The server answers so when a statement that nobody waited for has failed.
    const failed = this.#state === 'failed' || command === 'ROLLBACK';
    this.#state = failed ? 'failed' : 'over';
    this.#assertNotFailed();
  }

  /** False when the connection is not to be used again. */
  async rollback(): Promise<boolean> {
    this.#state = 'over';
    try {
      await this.#control('rollback');
      return true;
    } catch {
      return false;
    }
  }

  async execute(query: CompiledQuery): Promise<QueryResult<Row>> {
    this.#assertOpen();
    try {
      // Refuses raw text that would end the transaction.
      statementKind(query);
      return await executeOn(this.#client, query);
    } catch (error) {
      if (this.#state === 'open') this.#state = 'failed';
      throw error;
    }
  }

  stream(query: CompiledQuery, rowsMax: number): AsyncIterableIterator<QueryResult<Row>> {
    this.#assertOpen();
    this.#cursors += 1;
    return streamOn(this.#client, query, rowsMax, `gridkeep_${this.#cursors}`);
  }

  async #control(sql: string): Promise<{ command: string }> {
    try {
      return await this.#client.query(sql);
    } catch (error) {
      throw postgresError(error);
    }
  }

  #assertOpen(): void {
    this.#assertNotFailed();
    if (this.#state === 'over') throw new TransactionStateError('the transaction is over');
  }

  #assertNotFailed(): void {
    if (this.#state === 'failed')
      throw new TransactionStateError('a statement of the transaction has failed: nothing of it is kept');
  }
}
