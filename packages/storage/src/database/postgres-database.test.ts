import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshLocation, sharedPostgres } from '@gridkeep/testing/databases';
import { missing } from '@gridkeep/testing/requirements';
import { sql } from 'kysely';
import { DatabaseUnavailableError, QueryError, SerializationError } from './database-errors.ts';
import { openDatabase } from './open-database.ts';
import { openPostgres } from './postgres-database.ts';

const skip = missing('postgres');

interface Tables {
  thing: { a: number };
}
const migrations = [{ name: 'thing-1', statements: () => ['create table thing (a bigint)'] }];

test('a schema does not see another', { skip }, async (context) => {
  const first = await openDatabase(await freshLocation(context, 'postgres'));
  const second = await openDatabase(await freshLocation(context, 'postgres'));
  await first.migrate(migrations);
  await assert.rejects(second.tables<Tables>().selectFrom('thing').selectAll().execute(), QueryError);
  await second.migrate(migrations);
  await first.tables<Tables>().insertInto('thing').values({ a: 1 }).execute();
  assert.deepEqual(await second.tables<Tables>().selectFrom('thing').selectAll().execute(), []);
  await Promise.all([first.close(), second.close()]);
});

test('goes on after a restart of the server', { skip }, async (context) => {
  const database = await openDatabase(await freshLocation(context, 'postgres'));
  await database.migrate(migrations);
  const things = database.tables<Tables>();
  await things.insertInto('thing').values({ a: 1 }).execute();
  const cut = assert.rejects(
    database.transaction(async (queries) => {
      await queries.tables<Tables>().insertInto('thing').values({ a: 2 }).execute();
      await (await sharedPostgres()).restart();
      await queries.tables<Tables>().insertInto('thing').values({ a: 3 }).execute();
    }),
    DatabaseUnavailableError,
  );
  await cut;
  assert.deepEqual(await things.selectFrom('thing').selectAll().execute(), [{ a: 1 }]);
  await database.close();
});

test('two transactions that read what the other writes do not both succeed', { skip }, async (context) => {
  const database = await openDatabase(await freshLocation(context, 'postgres'));
  await database.migrate(migrations);
  const waiting: (() => void)[] = [];
  const together = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 2) for (const wake of waiting) wake();
    });
  // Each adds a row only while there is none: one of them must see the other's.
  const addFirst = () =>
    database.transaction(async (queries) => {
      const things = queries.tables<Tables>();
      const rows = await things.selectFrom('thing').selectAll().execute();
      await together();
      if (rows.length === 0) await things.insertInto('thing').values({ a: 1 }).execute();
    });
  const outcomes = await Promise.allSettled([addFirst(), addFirst()]);
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(failed.length, 1);
  assert.ok(failed[0]?.reason instanceof SerializationError);
  assert.equal((await database.tables<Tables>().selectFrom('thing').selectAll().execute()).length, 1);
  await database.close();
});

test('refuses schema names that are not plain', { skip }, async () => {
  const { url } = await sharedPostgres();
  for (const schema of ['', 'A', 'a-b', 'a"b', 'pg_x', '1a', 'a'.repeat(64), 'a;drop'])
    await assert.rejects(openPostgres({ url, schema }), RangeError);
});

test('errors of a server that is not there do not tell the password', { skip }, async () => {
  const url = 'postgres://grid:hunter2@127.0.0.1:1/none';
  await assert.rejects(openPostgres({ url, schema: 'a' }), (error) => {
    assert.ok(error instanceof DatabaseUnavailableError);
    assert.ok(!`${error.message}${error.stack}`.includes('hunter2'));
    return true;
  });
});

test('also pages of a stream come from a server-side cursor with parameters', { skip }, async (context) => {
  const database = await openDatabase(await freshLocation(context, 'postgres'));
  const rows: number[] = [];
  const query = sql<{ n: number }>`(select n from generate_series(1, ${5}::bigint) as n)`;
  const series = database.tables<Tables>().selectFrom(query.as('s')).select('n');
  for await (const row of series.stream(2)) rows.push(row.n);
  assert.deepEqual(rows, [1, 2, 3, 4, 5]);
  await database.close();
});
