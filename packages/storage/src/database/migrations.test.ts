import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { sql } from 'kysely';
import type { Migration, Queries } from './database.ts';
import { QueryError } from './database-errors.ts';
import { MigrationError } from './migrations.ts';
import { openDatabase } from './open-database.ts';

function migration(name: string, ...statements: string[]): Migration {
  return { name, statements: () => statements };
}

const first = migration('thing-1', 'create table thing (a integer)');
const second = migration(
  'thing-2',
  'alter table thing add column b integer',
  'insert into thing values (1, 2)',
);

async function rowsOf(queries: Queries): Promise<unknown> {
  return (await sql`select * from thing`.execute(queries.tables<unknown>())).rows;
}

forEachDatabase('runs each migration once and in order', async (_, database, location) => {
  assert.deepEqual(await database.migrate([first]), ['thing-1']);
  assert.deepEqual(await rowsOf(database), []);
  assert.deepEqual(await database.migrate([first, second]), ['thing-2']);
  assert.deepEqual(await database.migrate([first, second]), []);
  assert.deepEqual(
    await rowsOf(database),
    [{ a: 1, b: 2 }],
    'a statement prepared before sees the new column',
  );
  const again = await openDatabase(location);
  assert.deepEqual(
    await again.migrate([first, second, migration('other-1', 'create table other (a integer)')]),
    ['other-1'],
  );
  await again.close();
});

forEachDatabase(
  'runs each migration once when several processes start together',
  async (_, database, location) => {
    const others = await Promise.all([1, 2, 3].map(() => openDatabase(location)));
    const runs = await Promise.all([database, ...others].map((each) => each.migrate([first, second])));
    assert.deepEqual(runs.flat().sort(), ['thing-1', 'thing-2']);
    assert.deepEqual(await rowsOf(database), [{ a: 1, b: 2 }]);
    await Promise.all(others.map((each) => each.close()));
  },
);

forEachDatabase('keeps nothing of a migration that fails', async (_, database) => {
  const broken = migration('thing-2', 'insert into thing values (7)', 'insert into nowhere values (1)');
  await assert.rejects(database.migrate([first, broken]), QueryError);
  assert.deepEqual(await rowsOf(database), []);
  assert.deepEqual(await database.migrate([first, second]), ['thing-2']);
});

forEachDatabase('refuses a database that a newer program wrote', async (_, database) => {
  await database.migrate([first, second]);
  await assert.rejects(database.migrate([first]), (error) => {
    assert.ok(error instanceof MigrationError);
    assert.match(error.message, /newer program: it has thing-2/);
    return true;
  });
  assert.deepEqual(await database.migrate([migration('other-1', 'create table other (a integer)')]), [
    'other-1',
  ]);
});

forEachDatabase('refuses a list that is out of order or badly named', async (_, database) => {
  await assert.rejects(database.migrate([second]), /thing-2 stands where thing-1 belongs/);
  await assert.rejects(database.migrate([first, first]), /thing-1 stands where thing-2 belongs/);
  await assert.rejects(database.migrate([migration('Thing 1')]), MigrationError);
});
