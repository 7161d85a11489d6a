import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Queries } from './database.ts';
import { UniqueViolationError } from './database-errors.ts';
import { insertMany } from './insert-many.ts';
import { itemMigrations, type ItemTables } from './test-support/items.ts';

function* items(queries: Queries, count: number) {
  for (let size = 0; size < count; size += 1)
    yield {
      id: queries.uuid(randomUuid()),
      folder: null,
      name: `item ${size}`,
      size,
      weight: null,
      hash: null,
    };
}

async function sizes(queries: Queries): Promise<number> {
  const rows = await queries.tables<ItemTables>().selectFrom('item').select('size').execute();
  return rows.length;
}

forEachDatabase('inserts more rows than one statement takes', async (_, database) => {
  await database.migrate(itemMigrations);
  const inserted = await database.transaction((queries) =>
    insertMany(queries.tables<ItemTables>(), 'item', items(queries, 7001)),
  );
  assert.equal(inserted, 7001);
  assert.equal(await sizes(database), 7001);
  assert.equal(await insertMany(database.tables<ItemTables>(), 'item', []), 0);
});

forEachDatabase('leaves out rows that are there when asked to, and fails otherwise', async (_, database) => {
  await database.migrate(itemMigrations);
  const rows = [...items(database, 600)];
  const tables = database.tables<ItemTables>();
  assert.equal(await insertMany(tables, 'item', rows.slice(0, 400)), 400);
  await assert.rejects(
    database.transaction((queries) => insertMany(queries.tables<ItemTables>(), 'item', rows.toReversed())),
    UniqueViolationError,
  );
  assert.equal(await sizes(database), 400);
  assert.equal(await insertMany(tables, 'item', rows, { skipExisting: true }), 200);
  assert.equal(await sizes(database), 600);
});
