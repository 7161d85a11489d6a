/** What goes between the program and a SQLite thread: arrays of requests one way, arrays of replies the other. */
import type { SqlValue } from './parameters.ts';

export interface SqliteStatement {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

/** Rows lie flat, one value after the other, which crosses threads at half the cost of objects. */
export interface SqliteResult {
  readonly columns: readonly string[];
  readonly rowCount: number;
  readonly values: readonly SqlValue[];
  /** Rows inserted, updated or deleted. */
  readonly changes: number;
  readonly lastId: number | bigint;
}

/** The code of a failure to hand out an integer beyond 2^53. */
export const outOfRange = -1;

export interface SqliteFailure {
  /** SQLite's extended result code; `outOfRange`, or 0 for any other error that is not SQLite's. */
  readonly code: number;
  readonly message: string;
}

export type SqliteOutcome =
  | { readonly result: SqliteResult; readonly failure?: undefined }
  | { readonly failure: SqliteFailure; readonly result?: undefined };

export type ConnectionRole = 'writer' | 'reader';

/** `database` is the number the program gave the file; one thread holds at most one connection per database. */
export type SqliteRequest =
  | {
      readonly do: 'open';
      readonly database: number;
      readonly file: string;
      readonly role: ConnectionRole;
      readonly busyTimeoutMs: number;
    }
  | { readonly do: 'close'; readonly database: number }
  /** One statement as it stands, or inside the transaction that was begun. */
  | { readonly do: 'run'; readonly database: number; readonly statement: SqliteStatement }
  /** Statements of many callers in one transaction; each succeeds or fails alone. */
  | { readonly do: 'group'; readonly database: number; readonly statements: readonly SqliteStatement[] }
  | { readonly do: 'begin' | 'commit' | 'rollback'; readonly database: number }
  /** Rows of a SELECT in pieces; `inside` reads on the connection of the transaction that was begun. */
  | {
      readonly do: 'cursor-open';
      readonly database: number;
      readonly cursor: number;
      readonly inside: boolean;
      readonly statement: SqliteStatement;
    }
  | {
      readonly do: 'cursor-next';
      readonly database: number;
      readonly cursor: number;
      readonly rowsMax: number;
    }
  | { readonly do: 'cursor-close'; readonly database: number; readonly cursor: number };

/** Requests stand in the order of their numbers; a reply carries the number and one outcome per statement. */
export type NumberedRequest = readonly [number: number, request: SqliteRequest];
export type NumberedReply = readonly [number: number, outcomes: readonly SqliteOutcome[]];

export const emptyResult: SqliteResult = { columns: [], rowCount: 0, values: [], changes: 0, lastId: 0 };
