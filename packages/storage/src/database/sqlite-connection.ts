/** One synchronous connection with its prepared statements. Runs inside a SQLite thread. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { SqlValue } from './parameters.ts';
import {
  type ConnectionRole,
  outOfRange,
  type SqliteFailure,
  type SqliteOutcome,
  type SqliteResult,
  type SqliteStatement,
} from './sqlite-protocol.ts';

/** Per connection; the least recently used one goes. */
const preparedStatementsMax = 200;
/** KiB of page cache per connection: many grids share one process. */
const pageCacheKib = 2048;

interface Prepared {
  readonly statement: StatementSync;
  readonly columns: readonly string[];
}

export interface SqliteConnection {
  run(statement: SqliteStatement): SqliteResult;
  /** One transaction for all; a failing statement takes back its own changes only. */
  group(statements: readonly SqliteStatement[]): SqliteOutcome[];
  exec(sql: string): void;
  cursor(statement: SqliteStatement): SqliteCursor;
  close(): void;
}

export interface SqliteCursor {
  /** At most so many rows; fewer mean that it is at its end. */
  next(rowsMax: number): SqliteResult;
  close(): void;
}

/** node:sqlite puts SQLite's extended result code on the error as `errcode`. */
export function failureOf(error: unknown): SqliteFailure {
  if (!(error instanceof Error)) return { code: 0, message: String(error) };
  if ('errcode' in error && typeof error.errcode === 'number')
    return { code: error.errcode, message: error.message };
  const isRange = 'code' in error && error.code === 'ERR_OUT_OF_RANGE';
  return { code: isRange ? outOfRange : 0, message: error.message };
}

export function attempt(work: () => SqliteResult): SqliteOutcome {
  try {
    return { result: work() };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

export function openConnection(file: string, role: ConnectionRole, busyTimeoutMs: number): SqliteConnection {
  const database = new DatabaseSync(file, {
    timeout: busyTimeoutMs,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
    returnArrays: true,
  });
  if (role === 'writer') {
    // FULL in WAL: a commit returns after its log is on disk, so an acknowledged write survives a power cut.
    database.exec('pragma journal_mode = wal');
    database.exec('pragma synchronous = full');
  } else database.exec('pragma query_only = on');
  database.exec(`pragma cache_size = -${pageCacheKib}`);

  const cache = new Map<string, Prepared>();

  function prepare(sql: string): Prepared {
    const known = cache.get(sql);
    if (known !== undefined) {
      cache.delete(sql);
      cache.set(sql, known);
      return known;
    }
    const statement = database.prepare(sql);
    const prepared = { statement, columns: statement.columns().map((column) => column.name) };
    cache.set(sql, prepared);
    if (cache.size > preparedStatementsMax) {
      const oldest = cache.keys().next().value;
      if (oldest !== undefined) cache.delete(oldest);
    }
    return prepared;
  }

  function run({ sql, parameters }: SqliteStatement): SqliteResult {
    const { statement, columns } = prepare(sql);
    if (columns.length === 0) {
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { columns, rowCount: 0, values: [], changes: Number(changes), lastId: lastInsertRowid };
    }
    const values: SqlValue[] = [];
    let rowCount = 0;
    for (const row of rowsOf(statement.all(...parameters))) {
      for (const value of row) values.push(value);
      rowCount += 1;
    }
    if (values.length === rowCount * columns.length)
      return { columns, rowCount, values, changes: rowCount, lastId: 0 };
    // A migration has added columns to a `select *` prepared before it.
    const fresh = statement.columns().map((column) => column.name);
    cache.set(sql, { statement, columns: fresh });
    return { columns: fresh, rowCount, values, changes: rowCount, lastId: 0 };
  }

  function group(statements: readonly SqliteStatement[]): SqliteOutcome[] {
    const alone = (): SqliteOutcome[] => statements.map((statement) => attempt(() => run(statement)));
    if (statements.length === 1) return alone();
    database.exec('begin immediate');
    const outcomes: SqliteOutcome[] = [];
    for (const statement of statements) {
      const outcome = attempt(() => run(statement));
      outcomes.push(outcome);
      // Disk full, out of memory or OR ROLLBACK take the whole transaction back; an ordinary failure only its statement.
      if (outcome.failure !== undefined && !database.isTransaction) return alone();
    }
    try {
      database.exec('commit');
      return outcomes;
    } catch {
      // A deferred foreign key of one statement must not cost the others their rows.
      if (database.isTransaction) database.exec('rollback');
      return alone();
    }
  }

  function cursor({ sql, parameters }: SqliteStatement): SqliteCursor {
    const statement = database.prepare(sql);
    const columns = statement.columns().map((column) => column.name);
    const iterator = rowsOf(statement.iterate(...parameters));
    return {
      next(rowsMax) {
        const values: SqlValue[] = [];
        let rowCount = 0;
        while (rowCount < rowsMax) {
          const step = iterator.next();
          if (step.done === true) break;
          for (const value of step.value) values.push(value);
          rowCount += 1;
        }
        return { columns, rowCount, values, changes: 0, lastId: 0 };
      },
      close() {
        iterator.return(undefined);
      },
    };
  }

  return {
    run,
    group,
    exec: (sql) => database.exec(sql),
    cursor,
    close() {
      cache.clear();
      database.close();
    },
  };
}

/** The types of node:sqlite know rows as objects only; with returnArrays each is an array. */
function* rowsOf(rows: Iterable<unknown>): Generator<readonly SqlValue[], void, undefined> {
  for (const row of rows) {
    if (!isRow(row)) throw new TypeError('node:sqlite did not return arrays');
    yield row;
  }
}

function isRow(row: unknown): row is readonly SqlValue[] {
  return Array.isArray(row);
}
