/** Kysely on something that executes statements. Both databases use it; transactions stay with Database.transaction. */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type DialectAdapter,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { DialectName } from './database.ts';
import { TransactionStateError } from './database-errors.ts';

/** One row as the driver hands it out. */
export type Row = Record<string, unknown>;

export interface StatementRunner {
  execute(query: CompiledQuery): Promise<QueryResult<Row>>;
  /** The rows of a SELECT in pieces of at most `rowsMax`, each fetched when it is asked for. */
  stream(query: CompiledQuery, rowsMax: number): AsyncIterableIterator<QueryResult<Row>>;
}

/** Kysely's own adapter for SQLite lets one query at a time through, which would rule out group commit. */
const sqliteAdapter: DialectAdapter = {
  supportsCreateIfNotExists: true,
  supportsMultipleConnections: true,
  supportsTransactionalDdl: true,
  supportsReturning: true,
  supportsOutput: false,
  acquireMigrationLock: () => Promise.resolve(),
  releaseMigrationLock: () => Promise.resolve(),
};

function refuseTransaction(): Promise<never> {
  return Promise.reject(
    new TransactionStateError('use Database.transaction instead of the query builder’s own transactions'),
  );
}

function driverOn(runner: StatementRunner): Driver {
  // Rows are typed by the table types that a store states; what a column really holds is its reader's to check.
  const connection: DatabaseConnection = {
    executeQuery<R>(query: CompiledQuery) {
      return runner.execute(query) as Promise<QueryResult<R>>;
    },
    streamQuery<R>(query: CompiledQuery, chunkSize: number) {
      return runner.stream(query, chunkSize) as AsyncIterableIterator<QueryResult<R>>;
    },
  };
  return {
    init: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(connection),
    releaseConnection: () => Promise.resolve(),
    beginTransaction: refuseTransaction,
    commitTransaction: refuseTransaction,
    rollbackTransaction: refuseTransaction,
    destroy: () => Promise.resolve(),
  };
}

/** The dialect to make query builders from; make it once per runner. */
export function kyselyDialect(name: DialectName, runner: StatementRunner): Dialect {
  const driver = driverOn(runner);
  if (name === 'postgres')
    return {
      createDriver: () => driver,
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createAdapter: () => new PostgresAdapter(),
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
    };
  return {
    createDriver: () => driver,
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => sqliteAdapter,
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
  };
}

export function queryBuilder<Tables>(dialect: Dialect): Kysely<Tables> {
  return new Kysely<Tables>({ dialect });
}
