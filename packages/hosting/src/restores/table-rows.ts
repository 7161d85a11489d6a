/** Rows of any table of a grid: out of a snapshot, compared with those that are there, and put in their place. */
import type { Queries } from '@gridkeep/storage/database/database';
import { insertMany } from '@gridkeep/storage/database/insert-many';
import type { ColumnKind, RecordTable } from '@gridkeep/grid/record-changes/record-tables';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { RecordFields } from '../backup-layout/record-fields.ts';
import { rowObject } from '../backup-layout/table-rows.ts';
import { SnapshotContentError } from '../backup-layout/snapshot-source.ts';
import type { ChangeTally } from './change-tally.ts';
import { KeySet } from './key-set.ts';
import type { RestoredKind } from './restore-report.ts';

/** A row as a snapshot has it: uuids and base64 as text. */
export type PlainRow = Readonly<Record<string, string | number | null>>;
type StoredRow = Record<string, unknown>;
type AnyTables = Record<string, StoredRow>;

const rowsPerStatement = 100;

/** What is in a table of a grid, in which order rows are read does not matter. `read` may be called several times. */
export interface WantedRows {
  readonly shape: RecordTable;
  /** In the database; 0 and 1 rows alike. */
  readonly read: () => AsyncIterable<PlainRow>;
  readonly kind: RestoredKind;
  /** Rows that are not wanted stay. */
  readonly keepOthers: boolean;
  /** A number that only counts changes: it never goes back, and alone makes no difference. */
  readonly growing?: string;
}

/** The columns that the record has, checked by their kinds. Throws SnapshotContentError. */
export function plainRow(shape: RecordTable, fields: RecordFields): PlainRow {
  const row: Record<string, string | number | null> = {};
  for (const [name, kind] of shape.columns)
    // An older program's rows may lack columns that have a default since.
    if (fields.has(name))
      row[name] =
        shape.nullable.has(name) && fields.raw(name) === null ? null : plainValue(name, kind, fields);
  for (const name of shape.key)
    if (!(name in row)) throw new SnapshotContentError(fields.place, `a row of ${shape.name} has no ${name}`);
  return row;
}

function plainValue(name: string, kind: ColumnKind, fields: RecordFields): string | number {
  switch (kind) {
    case 'uuid':
      return fields.uuid(name);
    case 'bytes':
      fields.bytes(name);
      return fields.text(name);
    case 'text':
      return fields.text(name);
    case 'integer':
      return fields.integer(name);
    case 'real':
      return fields.real(name);
  }
}

export function keyOf(shape: RecordTable, row: PlainRow): string {
  return shape.key.map((name) => String(row[name])).join(' ');
}

function storedRow(queries: Queries, shape: RecordTable, row: PlainRow): StoredRow {
  const stored: StoredRow = {};
  for (const [name, kind] of shape.columns)
    if (name in row) stored[name] = storedValue(queries, kind, row[name] ?? null);
  return stored;
}

function storedValue(queries: Queries, kind: ColumnKind, value: string | number | null): unknown {
  if (value === null || typeof value === 'number') return value;
  if (kind === 'bytes') return Buffer.from(value, 'base64');
  if (kind !== 'uuid') return value;
  const id = tryParseUuid(value);
  if (id === undefined) throw new TypeError('a row holds no UUID where one was');
  return queries.uuid(id);
}

/** Counts what would change; `vanishing` gets the keys of rows that must go or make room. */
export async function compareRows(
  queries: Queries,
  wanted: WantedRows,
  tally: ChangeTally,
  vanishing?: (keys: readonly PlainRow[], why: 'change' | 'vanish') => Promise<void>,
): Promise<{ readonly toInsert: number }> {
  const { shape, kind } = wanted;
  const keys = new KeySet();
  const isEmpty = !(await hasRows(queries, shape));
  let toInsert = 0;
  for await (const chunk of chunks(wanted.read())) {
    for (const row of chunk)
      if (!keys.add(keyOf(shape, row)))
        throw new SnapshotContentError(shape.name, `the row ${keyOf(shape, row)} comes twice`);
    const there = isEmpty ? new Map<string, PlainRow>() : await rowsWithKeys(queries, shape, chunk);
    const changed: PlainRow[] = [];
    for (const row of chunk) {
      const key = keyOf(shape, row);
      const before = there.get(key);
      const change =
        before === undefined ? 'appear' : sameRow(row, before, wanted.growing) ? 'same' : 'change';
      tally.add(kind, change, idOf(shape, key, kind), nameOf(row));
      if (change !== 'same') toInsert += 1;
      if (change === 'change') changed.push(row);
    }
    if (changed.length > 0) await vanishing?.(changed, 'change');
  }
  if (isEmpty || wanted.keepOthers) return { toInsert };
  for (let after: PlainRow | undefined; ;) {
    const page = await pageOf(queries, shape, after, rowsPerStatement);
    const going = page.filter((row) => !keys.has(keyOf(shape, row)));
    for (const row of going) tally.add(kind, 'vanish', idOf(shape, keyOf(shape, row), kind), nameOf(row));
    if (going.length > 0) await vanishing?.(going, 'vanish');
    after = page.at(-1);
    if (page.length < rowsPerStatement) return { toInsert };
  }
}

/** Makes the table hold the wanted rows. Rows that go, go before others come: names that are unique may have moved. */
export async function putRows(queries: Queries, wanted: WantedRows, tally: ChangeTally): Promise<void> {
  const { shape, growing } = wanted;
  const { toInsert } = await compareRows(queries, wanted, tally, async (rows, why) => {
    if (growing !== undefined && why === 'change') return;
    await queries
      .tables<AnyTables>()
      .deleteFrom(shape.name)
      .where(() => keysIn(queries, shape, rows))
      .execute();
  });
  if (growing !== undefined) return putGrowing(queries, wanted, growing);
  if (toInsert === 0) return;
  const rows = storedRows(queries, wanted);
  const inserted = await insertMany(queries.tables<AnyTables>(), shape.name, rows, { skipExisting: true });
  if (inserted !== toInsert)
    throw new SnapshotContentError(
      shape.name,
      `${toInsert - inserted} rows have a name or place that another row has`,
    );
  if (queries.dialect === 'postgres') await raiseCounter(queries, shape);
}

/** Rows that are there get a higher number, whether or not they changed: what belongs to them may have. */
async function putGrowing(queries: Queries, wanted: WantedRows, growing: string): Promise<void> {
  const { shape } = wanted;
  const higher = sql.raw(queries.dialect === 'sqlite' ? 'max' : 'greatest');
  const number = sql`${higher}(${sql.ref(`${shape.name}.${growing}`)} + 1, ${sql.ref(`excluded.${growing}`)})`;
  const others = [...shape.columns.keys()].filter((name) => !shape.key.includes(name) && name !== growing);
  let chunk: StoredRow[] = [];
  const flush = async (): Promise<void> => {
    const values = chunk;
    chunk = [];
    if (values.length === 0) return;
    const changes = others.map((name): [string, unknown] => [name, sql.ref(`excluded.${name}`)]);
    await queries
      .tables<AnyTables>()
      .insertInto(shape.name)
      .values(values)
      .onConflict((conflict) =>
        conflict.columns([...shape.key]).doUpdateSet(Object.fromEntries([...changes, [growing, number]])),
      )
      .execute();
  };
  for await (const row of storedRows(queries, wanted)) {
    chunk.push(row);
    if (chunk.length >= rowsPerStatement) await flush();
  }
  await flush();
}

async function* storedRows(queries: Queries, wanted: WantedRows): AsyncGenerator<StoredRow> {
  let columns: string | undefined;
  for await (const row of wanted.read()) {
    const stored = storedRow(queries, wanted.shape, row);
    const names = Object.keys(stored).join(' ');
    columns ??= names;
    if (columns !== names)
      throw new SnapshotContentError(wanted.shape.name, 'its rows have not all the same columns');
    yield stored;
  }
}

/** Rows that came with their numbers leave PostgreSQL's counter behind. */
async function raiseCounter(queries: Queries, shape: RecordTable): Promise<void> {
  for (const name of shape.key) {
    if (shape.columns.get(name) !== 'integer') continue;
    const [table, column] = [sql.lit(shape.name), sql.lit(name)];
    await sql`select setval(pg_get_serial_sequence(${table}, ${column}), greatest(max(${sql.ref(name)}), 1))
      from ${sql.ref(shape.name)} where pg_get_serial_sequence(${table}, ${column}) is not null`.execute(
      queries.tables<AnyTables>(),
    );
  }
}

/** Columns that the wanted row leaves out are not looked at. */
function sameRow(wanted: PlainRow, there: PlainRow, growing: string | undefined): boolean {
  return Object.entries(wanted).every(([name, value]) => name === growing || there[name] === value);
}

export async function rowsWithKeys(
  queries: Queries,
  shape: RecordTable,
  rows: readonly PlainRow[],
): Promise<ReadonlyMap<string, PlainRow>> {
  const found = await queries
    .tables<AnyTables>()
    .selectFrom(shape.name)
    .selectAll()
    .where(() => keysIn(queries, shape, rows))
    .execute();
  return new Map(
    found.map((row) => {
      const plain = rowObject(shape, row);
      return [keyOf(shape, plain), plain];
    }),
  );
}

function keyTuple(queries: Queries, shape: RecordTable, row: PlainRow): RawBuilder<unknown> {
  const values = shape.key.map(
    (name) => sql`${storedValue(queries, shape.columns.get(name) ?? 'text', row[name] ?? null)}`,
  );
  return sql`(${sql.join(values)})`;
}

function columnTuple(shape: RecordTable): RawBuilder<unknown> {
  return sql`(${sql.join(shape.key.map((name) => sql.ref(name)))})`;
}

function keysIn(queries: Queries, shape: RecordTable, rows: readonly PlainRow[]): RawBuilder<boolean> {
  const tuples = rows.map((row) => keyTuple(queries, shape, row));
  // A row value compared with a list needs VALUES in SQLite.
  return shape.key.length === 1 || queries.dialect === 'postgres'
    ? sql<boolean>`${columnTuple(shape)} in (${sql.join(tuples)})`
    : sql<boolean>`${columnTuple(shape)} in (values ${sql.join(tuples)})`;
}

export async function hasRows(queries: Queries, shape: RecordTable): Promise<boolean> {
  return (await pageOf(queries, shape, undefined, 1)).length > 0;
}

async function pageOf(
  queries: Queries,
  shape: RecordTable,
  after: PlainRow | undefined,
  limit: number,
): Promise<readonly PlainRow[]> {
  let query = queries.tables<AnyTables>().selectFrom(shape.name).selectAll().limit(limit);
  for (const name of shape.key) query = query.orderBy(sql.ref(name));
  if (after !== undefined)
    query = query.where(() => sql<boolean>`${columnTuple(shape)} > ${keyTuple(queries, shape, after)}`);
  return (await query.execute()).map((row) => rowObject(shape, row));
}

async function* chunks(rows: AsyncIterable<PlainRow>): AsyncGenerator<readonly PlainRow[]> {
  let chunk: PlainRow[] = [];
  for await (const row of rows) {
    chunk.push(row);
    if (chunk.length < rowsPerStatement) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function idOf(shape: RecordTable, key: string, kind: RestoredKind): string {
  return kind === 'row' ? `${shape.name} ${key}` : key;
}

function nameOf(row: PlainRow): string {
  const { name, first_name: first, last_name: last } = row;
  if (typeof name === 'string') return name;
  return typeof first === 'string' && typeof last === 'string' ? `${first} ${last}` : '';
}
