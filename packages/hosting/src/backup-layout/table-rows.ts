/** Rows of a grid's tables as they stand in a snapshot, and the queries that read them so. */
import type { Queries } from '@gridkeep/storage/database/database';
import type { ColumnKind, RecordTable } from '@gridkeep/grid/record-changes/record-tables';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

/** A row as a query hands it out. */
export type TableRow = Readonly<Record<string, unknown>>;

/** Everything of the table; what is wanted of it is to be appended. */
export function selectTable(table: RecordTable): RawBuilder<TableRow> {
  const columns = [...table.columns.keys()].map((column) => sql.ref(`${table.name}.${column}`));
  return sql<TableRow>`select ${sql.join(columns)} from ${sql.table(table.name)}`;
}

export async function readRows(queries: Queries, query: RawBuilder<TableRow>): Promise<readonly TableRow[]> {
  return (await query.execute(queries.tables<unknown>())).rows;
}

const rowsPerRead = 500;

export async function* streamRows(queries: Queries, query: RawBuilder<TableRow>): AsyncGenerator<TableRow> {
  const tables = queries.tables<unknown>();
  const results = tables.getExecutor().stream<TableRow>(query.compile(tables), rowsPerRead);
  for await (const { rows } of results) yield* rows;
}

/** The row as an object of its columns in the order of the table. `without`: columns that stand elsewhere. */
export function encodeRow(table: RecordTable, row: TableRow, without?: string): string {
  return JSON.stringify(rowObject(table, row, without));
}

export function rowObject(
  table: RecordTable,
  row: TableRow,
  without?: string,
): Record<string, string | number | null> {
  const record: Record<string, string | number | null> = {};
  for (const [column, kind] of table.columns)
    if (column !== without) record[column] = encodeValue(kind, row[column], table, column);
  return record;
}

function encodeValue(
  kind: ColumnKind,
  value: unknown,
  table: RecordTable,
  column: string,
): string | number | null {
  if (value === null && table.nullable.has(column)) return null;
  switch (kind) {
    case 'uuid':
      if (typeof value === 'string' || value instanceof Uint8Array) return readUuid(value);
      break;
    case 'bytes':
      if (value instanceof Uint8Array)
        return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
      break;
    case 'text':
      if (typeof value === 'string') return value;
      break;
    case 'integer':
    case 'real':
      if (typeof value === 'number') return value;
      break;
  }
  throw new TypeError(`column ${column} of table ${table.name} holds no ${kind}`);
}
