/** A schema of a PostgreSQL database as a Database. */
import { randomUUID } from 'node:crypto';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { CompiledQuery, Dialect, Kysely, QueryResult } from 'kysely';
import pg from 'pg';
import { postgresColumnTypes } from './column-types.ts';
import { ChangeListeners, checkedTopic } from './change-listeners.ts';
import { changeChannel, changeMessages } from './change-messages.ts';
import type { Database, Migration, Queries, TransactionOptions } from './database.ts';
import { DatabaseClosedError } from './database-errors.ts';
import { kyselyDialect, queryBuilder, type Row, type StatementRunner } from './kysely-binding.ts';
import { runMigrations } from './migrations.ts';
import { PostgresAnnouncer } from './postgres-announcer.ts';
import { postgresError } from './postgres-errors.ts';
import { PostgresListener } from './postgres-listener.ts';
import { executeOn, streamOn } from './postgres-runner.ts';
import { type Isolation, PostgresTransaction } from './postgres-transaction.ts';
import { postgresTypes } from './postgres-types.ts';
import { statementKind } from './statement-kind.ts';
import { withRetries } from './transaction-attempts.ts';
import { TransactionScope } from './transaction-scope.ts';

export interface PostgresOptions {
  /** postgres://user:password@host:port/database, or with ?host=/folder for a Unix socket. Never shown in errors. */
  readonly url: string;
  /** The grid's own schema, made when absent: a lower-case letter, then at most 62 of a-z, 0-9 and _. */
  readonly schema: string;
  /** Default 5: many grids share one server. */
  readonly connectionsMax?: number;
  /** How long a statement waits for a lock before a DatabaseBusyError. Default 10 s. */
  readonly busyTimeoutMs?: number;
}

const connectionsMaxDefault = 5;
const busyTimeoutMsDefault = 10_000;
const connectTimeoutMs = 10_000;
const idleConnectionMs = 30_000;
/** A transaction that does nothing for so long is given up by the server: its program hangs, or the network is gone. */
const idleTransactionMs = 600_000;
/** Names our advisory locks among all on the server: 'gkmg' for migrations. */
const lockSpace = 0x676b6d67;

const schemaForm = /^[a-z][a-z0-9_]{0,62}$/;

/** Rejects with a RangeError for a bad schema name and with DatabaseUnavailableError when there is no connection. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { schema, connectionsMax = connectionsMaxDefault } = options;
  if (!schemaForm.test(schema) || schema.startsWith('pg_'))
    throw new RangeError(`not a schema name: ${JSON.stringify(schema.slice(0, 80))}`);
  const database = new PostgresDatabase(
    options.url,
    schema,
    new pg.Pool({
      connectionString: options.url,
      max: connectionsMax,
      types: postgresTypes,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: idleConnectionMs,
      allowExitOnIdle: true,
      application_name: 'gridkeep',
    }),
    options.busyTimeoutMs ?? busyTimeoutMsDefault,
  );
  try {
    await database.open();
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

class PostgresDatabase implements Database, StatementRunner {
  readonly dialect = 'postgres';
  readonly #schema: string;
  readonly #pool: pg.Pool;
  readonly #busyTimeoutMs: number;
  readonly #kysely: Dialect;
  readonly #scope = new TransactionScope();
  readonly #prepared = new WeakSet<pg.PoolClient>();
  readonly #changes = new ChangeListeners();
  /** Tells this database's messages from those of others, also from others in this process. */
  readonly #origin = randomUUID();
  readonly #channel: string;
  readonly #listener: PostgresListener;
  readonly #announcer: PostgresAnnouncer;
  #closed = false;

  constructor(url: string, schema: string, pool: pg.Pool, busyTimeoutMs: number) {
    this.#schema = schema;
    this.#pool = pool;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#kysely = kyselyDialect('postgres', this);
    // An idle connection that the server ends leaves the pool by itself; the next query makes a new one.
    pool.on('error', () => undefined);
    this.#channel = changeChannel(schema);
    this.#listener = new PostgresListener({
      ...{ url, channel: this.#channel, origin: this.#origin },
      tell: (topic) => this.#changes.tell(topic),
    });
    this.#announcer = new PostgresAnnouncer(this.#origin, (messages) => this.#notify(messages));
  }

  get hearsOthers(): boolean {
    return this.#listener.hears;
  }

  async open(): Promise<void> {
    // Two processes that start at once would both make the schema, and one would fail.
    await this.#locked((transaction) =>
      transaction.tables<unknown>().schema.createSchema(this.#schema).ifNotExists().execute(),
    );
  }

  tables<Tables>(): Kysely<Tables> {
    return queryBuilder<Tables>(this.#kysely);
  }

  uuid(id: Uuid): string {
    return id;
  }

  announce(topic: string): void {
    this.#scope.assertOutside();
    if (this.#closed) throw new DatabaseClosedError();
    this.#changes.tell(checkedTopic(topic));
    this.#announcer.add(topic);
  }

  /** From the first listener on there is a connection that hears other processes. */
  onChange(listener: (topic: string | undefined) => void): () => void {
    if (!this.#closed) this.#listener.start();
    return this.#changes.add(listener);
  }

  async execute(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (statementKind(query) !== 'read') this.#scope.assertOutside();
    const client = await this.#connect();
    try {
      return await executeOn(client, query);
    } finally {
      client.release();
    }
  }

  async *stream(query: CompiledQuery, rowsMax: number): AsyncGenerator<QueryResult<Row>> {
    const client = await this.#connect();
    const transaction = new PostgresTransaction(client);
    try {
      await transaction.begin('read committed');
      yield* streamOn(client, query, rowsMax, 'gridkeep_stream');
    } finally {
      // Also when the reader stops early.
      client.release(!(await transaction.rollback()));
    }
  }

  async transaction<T>(
    work: (queries: Queries) => Promise<T>,
    { retries = 0 }: TransactionOptions = {},
  ): Promise<T> {
    this.#scope.assertOutside();
    return withRetries(retries, () => this.#transact('serializable', work));
  }

  async snapshot<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    const transaction = new PostgresTransaction(client);
    try {
      // Not serializable: nothing that others write can depend on it, and nobody shall keep account of what it reads.
      await transaction.begin('repeatable read read only');
      return await work(transaction);
    } finally {
      client.release(!(await transaction.rollback()));
    }
  }

  migrate(migrations: readonly Migration[]): Promise<readonly string[]> {
    return runMigrations(migrations, postgresColumnTypes, (work) => this.#locked(work));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#scope.assertOutside();
    this.#closed = true;
    await this.#announcer.close();
    await this.#listener.stop();
    await this.#pool.end();
  }

  /**
   * One process at a time for this schema. Read committed, since a serializable transaction would see the state from
   * before it waited for the lock.
   */
  #locked<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#transact('read committed', async (transaction, client) => {
      await client.query('set local lock_timeout = 0');
      await client.query('select pg_advisory_xact_lock($1, hashtext($2))', [lockSpace, this.#schema]);
      return work(transaction);
    });
  }

  async #transact<T>(
    isolation: Isolation,
    work: (queries: Queries, client: pg.PoolClient) => Promise<T>,
  ): Promise<T> {
    const client = await this.#connect();
    const transaction = new PostgresTransaction(client);
    let clean = false;
    try {
      await transaction.begin(isolation);
      const result = await this.#scope.run(() => work(transaction, client));
      const messages = changeMessages(this.#origin, transaction.topics);
      if (messages.length > 0) await transaction.notify(this.#channel, messages);
      await transaction.commit();
      clean = true;
      for (const topic of transaction.topics) this.#changes.tell(topic);
      return result;
    } catch (error) {
      clean = await transaction.rollback();
      throw error;
    } finally {
      // A connection that may still be in a transaction is thrown away.
      client.release(!clean);
    }
  }

  /** A message alone holds nothing that a crash may not lose, so its commit need not wait for the disk. */
  async #notify(messages: readonly string[]): Promise<void> {
    // Also while it closes: what was announced until then is told.
    const client = await this.#preparedClient();
    try {
      await client.query(
        `select set_config('synchronous_commit', 'off', true), pg_notify($1, message) from unnest($2::text[]) message`,
        [this.#channel, messages],
      );
    } catch (error) {
      throw postgresError(error);
    } finally {
      client.release();
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    if (this.#closed) throw new DatabaseClosedError();
    return this.#preparedClient();
  }

  async #preparedClient(): Promise<pg.PoolClient> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw postgresError(error);
    }
    if (this.#prepared.has(client)) return client;
    // A connection that breaks while it is used also emits; the statement under way reports it.
    client.on('error', () => undefined);
    try {
      await client.query(
        `select set_config('search_path', quote_ident($1), false), set_config('lock_timeout', $2, false),
          set_config('idle_in_transaction_session_timeout', $3, false), set_config('timezone', 'UTC', false)`,
        [this.#schema, `${this.#busyTimeoutMs}ms`, `${idleTransactionMs}ms`],
      );
    } catch (error) {
      client.release(true);
      throw postgresError(error);
    }
    this.#prepared.add(client);
    return client;
  }
}
