import type { Kysely } from 'kysely';
import type { InsertObject } from 'kysely';

/** SQLite takes 32,766 parameters in a statement and PostgreSQL 65,535; one limit makes the same statements on both. */
const parametersMax = 32_766;
/** More rows in a statement save nothing, and a full statement's text is prepared once. */
const rowsMax = 100;

export interface InsertManyOptions {
  /** Rows whose key is there already are left out instead of failing. Default false. */
  readonly skipExisting?: boolean;
}

/**
 * Inserts any number of rows and resolves to how many were new. Each has the same columns as the first. Memory holds one
 * statement's rows. Call it with the tables of a transaction, or a failure leaves the statements before it.
 */
export async function insertMany<Tables, Table extends keyof Tables & string>(
  tables: Kysely<Tables>,
  table: Table,
  rows: Iterable<InsertObject<Tables, Table>> | AsyncIterable<InsertObject<Tables, Table>>,
  { skipExisting = false }: InsertManyOptions = {},
): Promise<number> {
  let inserted = 0;
  let chunk: InsertObject<Tables, Table>[] = [];
  let chunkRows = rowsMax;
  const flush = async (): Promise<void> => {
    const insert = tables.insertInto(table).values(chunk);
    chunk = [];
    const result = await (
      skipExisting ? insert.onConflict((conflict) => conflict.doNothing()) : insert
    ).executeTakeFirst();
    inserted += Number(result.numInsertedOrUpdatedRows ?? 0);
  };
  for await (const row of rows) {
    if (chunk.length === 0) {
      const columns = Math.max(1, Object.keys(row).length);
      chunkRows = Math.max(1, Math.min(rowsMax, Math.floor(parametersMax / columns)));
    }
    chunk.push(row);
    if (chunk.length >= chunkRows) await flush();
  }
  if (chunk.length > 0) await flush();
  return inserted;
}
