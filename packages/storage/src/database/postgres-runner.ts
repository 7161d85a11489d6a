/** Statements on one PostgreSQL connection. */
import type { CompiledQuery, QueryResult } from 'kysely';
import type pg from 'pg';
import type { Row } from './kysely-binding.ts';
import { sqlValues } from './parameters.ts';
import { postgresError } from './postgres-errors.ts';

export type Client = Pick<pg.ClientBase, 'query'>;

export async function executeOn(client: Client, query: CompiledQuery): Promise<QueryResult<Row>> {
  const values = sqlValues(query.parameters);
  try {
    const { rows, rowCount } = await client.query<Row>(query.sql, values);
    return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
  } catch (error) {
    // A parser that met an integer beyond 2^53.
    if (error instanceof RangeError) throw error;
    throw postgresError(error, query.sql);
  }
}

/** By a cursor of the server, which lives as long as the transaction that the client must be in. */
export async function* streamOn(
  client: Client,
  query: CompiledQuery,
  rowsMax: number,
  cursor: string,
): AsyncGenerator<QueryResult<Row>> {
  const values = sqlValues(query.parameters);
  try {
    await client.query(`declare ${cursor} no scroll cursor for ${query.sql}`, values);
    for (;;) {
      const { rows } = await client.query<Row>(`fetch ${rowsMax} from ${cursor}`);
      if (rows.length > 0) yield { rows };
      if (rows.length < rowsMax) return;
    }
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw postgresError(error, query.sql);
  } finally {
    await client.query(`close ${cursor}`).catch(() => undefined);
  }
}
