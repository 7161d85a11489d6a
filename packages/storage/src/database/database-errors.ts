/** What callers can act on when a query fails; both databases are mapped to these. Messages never hold parameters. */

/** Characters of a database's own message that are kept. */
const detailCharactersMax = 300;

function cut(text: string): string {
  return text.length <= detailCharactersMax ? text : `${text.slice(0, detailCharactersMax)}…`;
}

/** A row with the same key is there already. */
export class UniqueViolationError extends Error {
  override readonly name = 'UniqueViolationError';
  /** Null when the database does not tell. */
  readonly table: string | null;
  /** Of the violated key; empty when the database does not tell. */
  readonly columns: readonly string[];
  constructor(table: string | null, columns: readonly string[]) {
    super(`a row of ${table ?? 'the table'} with the same ${columns.join(', ') || 'key'} is there already`);
    this.table = table;
    this.columns = columns;
  }
}

/** A row refers to one that is not there, or a row that is still referred to was to go. */
export class ForeignKeyViolationError extends Error {
  override readonly name = 'ForeignKeyViolationError';
  /** PostgreSQL only; SQLite does not tell. */
  readonly table: string | null;
  constructor(table: string | null) {
    super(`a row of ${table ?? 'a table'} refers to a row that is not there`);
    this.table = table;
  }
}

/** A value that its column does not take: NULL, wrong type, out of range, or refused by a CHECK. */
export class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError';
  constructor(detail: string) {
    super(`the database refused a value: ${cut(detail)}`);
  }
}

/** Two transactions got into each other's way and this one was rolled back: doing it again may succeed. */
export class SerializationError extends Error {
  override readonly name = 'SerializationError';
  constructor(detail: string) {
    super(`the transaction collided with another: ${cut(detail)}`);
  }
}

/** A lock was not had in time or a queue is full: nothing was done, and later it may succeed. */
export class DatabaseBusyError extends Error {
  override readonly name = 'DatabaseBusyError';
  constructor(detail: string) {
    super(`the database is busy: ${cut(detail)}`);
  }
}

/** No connection, disk full, file not readable. Whether a write that was under way has happened is not known. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';
  constructor(detail: string) {
    super(`the database is not available: ${cut(detail)}`);
  }
}

/** Used after close() or while it closes. */
export class DatabaseClosedError extends Error {
  override readonly name = 'DatabaseClosedError';
  constructor() {
    super('the database is closed');
  }
}

/** The transaction cannot go on: a statement of it failed, it is over, or it was used from outside. */
export class TransactionStateError extends Error {
  override readonly name = 'TransactionStateError';
}

/** Anything else: a mistake in a query or a migration. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  /** SQLite's extended result code or PostgreSQL's SQLSTATE. */
  readonly code: string;
  constructor(code: string, detail: string, sql?: string) {
    super(`${cut(detail)} (${code})${sql === undefined ? '' : ` in: ${cut(sql)}`}`);
    this.code = code;
  }
}

/** True when nothing has happened and the same transaction may succeed when done again. */
export function isRetryable(error: unknown): boolean {
  return error instanceof SerializationError || error instanceof DatabaseBusyError;
}
