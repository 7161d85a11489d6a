import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { randomUuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { DatabaseBusyError, DatabaseUnavailableError, TransactionStateError } from './database-errors.ts';
import { openSqlite } from './sqlite-database.ts';
import { SqliteThreads } from './sqlite-threads.ts';
import { itemMigrations, type ItemTables } from './test-support/items.ts';

async function addItem(database: Database, name: string): Promise<void> {
  await database
    .tables<ItemTables>()
    .insertInto('item')
    .values({ id: database.uuid(randomUuid()), folder: null, name, size: 1, weight: null, hash: null })
    .execute();
}

const slowCount = (rows: number) =>
  sql`select count(*) from (with recursive c(n) as (select 1 union all select n + 1 from c where n < ${rows}) select n from c)`;

test('a slow query holds up neither the event loop nor other queries', async (context) => {
  const database = await openSqlite({ file: join(await temporaryFolder(context), 'a.db') });
  await database.migrate(itemMigrations);
  const tables = database.tables<ItemTables>();
  const turns = monitorEventLoopDelay({ resolution: 1 });
  turns.enable();
  let isSlowDone = false;
  const slow = slowCount(3_000_000)
    .execute(tables)
    .then(() => {
      isSlowDone = true;
    });
  let queries = 0;
  while (queries < 20) {
    await addItem(database, `item ${queries}`);
    await tables.selectFrom('item').select('name').limit(1).execute();
    queries += 1;
  }
  assert.ok(!isSlowDone, 'twenty small queries end before one slow one');
  await slow;
  turns.disable();
  assert.ok(turns.count > 20, `the event loop turned ${turns.count} times`);
  await database.close();
});

test('a few threads serve many files', async (context) => {
  const folder = await temporaryFolder(context);
  const threads = new SqliteThreads({ writers: 1, readers: 2 });
  const databases = await Promise.all(
    Array.from({ length: 30 }, (_, index) => openSqlite({ file: join(folder, `${index}.db`), threads })),
  );
  await Promise.all(databases.map((database) => database.migrate(itemMigrations)));
  await Promise.all(
    databases.flatMap((database, index) => [
      addItem(database, `of ${index}`),
      addItem(database, `of ${index}`),
    ]),
  );
  for (const [index, database] of databases.entries()) {
    const rows = await database.tables<ItemTables>().selectFrom('item').select('name').execute();
    assert.deepEqual(rows, [{ name: `of ${index}` }, { name: `of ${index}` }]);
  }
  // A transaction on one file leaves the others free, though they share the thread.
  const [first, second] = databases;
  assert.ok(first !== undefined && second !== undefined);
  await first.transaction(() => addItem(second, 'beside'));
  await Promise.all(databases.map((database) => database.close()));
  await threads.close();
});

test('says what is wrong with a file', async (context) => {
  const folder = await temporaryFolder(context);
  const file = join(folder, 'a.db');
  await writeFile(file, 'this is not a database, '.repeat(100));
  await assert.rejects(openSqlite({ file }), DatabaseUnavailableError);
  await assert.rejects(openSqlite({ file: join(folder, 'nowhere', 'a.db') }), DatabaseUnavailableError);
  await assert.rejects(openSqlite({ file: ':memory:' }), RangeError);
});

test('another process that holds the file makes writes busy, not wrong', async (context) => {
  const file = join(await temporaryFolder(context), 'a.db');
  const holder = await openSqlite({ file });
  await holder.migrate(itemMigrations);
  const other = await openSqlite({ file, busyTimeoutMs: 20 });
  await holder.transaction(async () => {
    // Outside the holder's scope, as another process would be.
    const outcomes = await Promise.allSettled([addItem(other, 'a'), addItem(other, 'b')]);
    for (const outcome of outcomes)
      assert.ok(outcome.status === 'rejected' && outcome.reason instanceof DatabaseBusyError);
  });
  await addItem(other, 'c');
  await Promise.all([holder.close(), other.close()]);
});

test('a vacuum runs alone, and not in a transaction', async (context) => {
  const database = await openSqlite({ file: join(await temporaryFolder(context), 'a.db') });
  await database.migrate(itemMigrations);
  await Promise.all([
    addItem(database, 'a'),
    sql`vacuum`.execute(database.tables<ItemTables>()),
    addItem(database, 'b'),
  ]);
  await assert.rejects(
    database.transaction((queries) => sql`vacuum`.execute(queries.tables<ItemTables>())),
    TransactionStateError,
  );
  await database.close();
});
