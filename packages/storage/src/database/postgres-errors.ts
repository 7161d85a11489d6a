/** PostgreSQL's errors as errors of the program. `detail` is left out: it holds the values of rows. */
import pg from 'pg';
import {
  DatabaseBusyError,
  DatabaseUnavailableError,
  ForeignKeyViolationError,
  InvalidValueError,
  QueryError,
  SerializationError,
  UniqueViolationError,
} from './database-errors.ts';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const sqlState = {
  uniqueViolation: '23505',
  foreignKeyViolation: '23503',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
  lockNotAvailable: '55P03',
  tooManyConnections: '53300',
} as const;

const unavailableClasses = new Set(['08', '53', '57', '58', 'XX']);
const invalidValueClasses = new Set(['22', '23']);

export function postgresError(error: unknown, sql?: string): Error {
  if (!(error instanceof pg.DatabaseError)) {
    // Sockets that end or do not connect, and pg's own complaints about a connection that is gone.
    const message = error instanceof Error ? error.message || connectMessage(error) : String(error);
    return new DatabaseUnavailableError(message);
  }
  const { code = '', message } = error;
  switch (code) {
    case sqlState.uniqueViolation:
      return new UniqueViolationError(error.table ?? null, keyColumns(error.detail));
    case sqlState.foreignKeyViolation:
      return new ForeignKeyViolationError(error.table ?? null);
    case sqlState.serializationFailure:
    case sqlState.deadlockDetected:
      return new SerializationError(message);
    case sqlState.lockNotAvailable:
    case sqlState.tooManyConnections:
      return new DatabaseBusyError(message);
  }
  const group = code.slice(0, 2);
  if (invalidValueClasses.has(group)) return new InvalidValueError(message);
  if (unavailableClasses.has(group)) return new DatabaseUnavailableError(message);
  return new QueryError(code, message, sql);
}

/** Node reports a host with several addresses as an AggregateError without a message. */
function connectMessage(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** 'Key (owner, name)=(…) already exists.': the names only. */
function keyColumns(detail: string | undefined): string[] {
  const names = /^Key \(([^()=]*)\)=/.exec(detail ?? '')?.[1];
  return names === undefined ? [] : names.split(', ').map((name) => name.replaceAll('"', ''));
}
