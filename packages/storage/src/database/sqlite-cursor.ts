/** Rows of a SELECT in pieces, from a SQLite thread. */
import type { QueryResult } from 'kysely';
import type { Row } from './kysely-binding.ts';
import { queryResult, resultOf } from './sqlite-outcomes.ts';
import type { SqliteOutcome, SqliteRequest, SqliteStatement } from './sqlite-protocol.ts';

export interface CursorOptions {
  readonly send: (request: SqliteRequest) => Promise<readonly SqliteOutcome[]>;
  readonly database: number;
  readonly cursor: number;
  readonly statement: SqliteStatement;
  readonly rowsMax: number;
  /** On the connection of the transaction under way. */
  readonly inside: boolean;
}

export async function* readCursor(options: CursorOptions): AsyncGenerator<QueryResult<Row>> {
  const { send, database, cursor, statement, rowsMax, inside } = options;
  const [opened] = await send({ do: 'cursor-open', database, cursor, inside, statement });
  resultOf(opened, statement.sql);
  try {
    for (;;) {
      const [outcome] = await send({ do: 'cursor-next', database, cursor, rowsMax });
      const result = resultOf(outcome, statement.sql);
      if (result.rowCount > 0) yield queryResult(result);
      if (result.rowCount < rowsMax) return;
    }
  } finally {
    await send({ do: 'cursor-close', database, cursor });
  }
}
