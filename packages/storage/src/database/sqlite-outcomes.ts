/** SQLite's replies as rows and errors of the program. */
import type { QueryResult } from 'kysely';
import {
  DatabaseBusyError,
  DatabaseUnavailableError,
  ForeignKeyViolationError,
  InvalidValueError,
  QueryError,
  SerializationError,
  UniqueViolationError,
} from './database-errors.ts';
import type { Row } from './kysely-binding.ts';
import { outOfRange, type SqliteFailure, type SqliteOutcome, type SqliteResult } from './sqlite-protocol.ts';

/** https://www.sqlite.org/rescode.html; an extended code has the primary one in its low byte. */
const code = {
  busy: 5,
  locked: 6,
  noMemory: 7,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  tooBig: 18,
  constraint: 19,
  notADatabase: 26,
  constraintForeignKey: 787,
  busySnapshot: 517,
  constraintPrimaryKey: 1555,
  constraintUnique: 2067,
  constraintRowId: 2579,
} as const;

export function sqliteError(failure: SqliteFailure, sql?: string): Error {
  const { message } = failure;
  switch (failure.code) {
    case code.constraintUnique:
    case code.constraintPrimaryKey:
    case code.constraintRowId:
      return uniqueViolation(message);
    case code.constraintForeignKey:
      return new ForeignKeyViolationError(null);
    case outOfRange:
      return new RangeError(message);
    case code.busySnapshot:
      return new SerializationError(message);
  }
  switch (failure.code & 0xff) {
    case code.busy:
    case code.locked:
      return new DatabaseBusyError(message);
    case code.noMemory:
    case code.io:
    case code.corrupt:
    case code.full:
    case code.cannotOpen:
    case code.notADatabase:
      return new DatabaseUnavailableError(message);
    case code.tooBig:
    case code.constraint:
      return new InvalidValueError(message);
  }
  return new QueryError(String(failure.code), message, sql);
}

/** 'UNIQUE constraint failed: folder.owner, folder.name', or an index's name after 'index'. */
function uniqueViolation(message: string): UniqueViolationError {
  const columns = (/failed: (.*)$/.exec(message)?.[1] ?? '').split(', ').map((column) => column.split('.'));
  const table = columns[0]?.length === 2 ? (columns[0][0] ?? null) : null;
  return new UniqueViolationError(
    table,
    columns.flatMap(([, name]) => (name === undefined ? [] : [name])),
  );
}

/** The result, or the failure as an error of the program. */
export function resultOf(outcome: SqliteOutcome | undefined, sql?: string): SqliteResult {
  if (outcome === undefined) throw new DatabaseUnavailableError('a reply without an outcome');
  if (outcome.failure !== undefined) throw sqliteError(outcome.failure, sql);
  return outcome.result;
}

/** Rows as objects; of columns with the same name the last one stays. */
export function queryResult(result: SqliteResult): QueryResult<Row> {
  const { columns, rowCount, values } = result;
  const rows: Row[] = new Array<Row>(rowCount);
  let at = 0;
  for (let index = 0; index < rowCount; index += 1) {
    const row: Row = {};
    for (const column of columns) {
      row[column] = values[at];
      at += 1;
    }
    rows[index] = row;
  }
  return { rows, numAffectedRows: BigInt(result.changes), insertId: BigInt(result.lastId) };
}
