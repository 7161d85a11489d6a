import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { Migration, StoredUuid } from './database.ts';
import { readUuid } from './stored-ids.ts';

interface Tables {
  item: { id: StoredUuid; name: string; size: number; hash: Uint8Array | null };
}
const migrations: readonly Migration[] = [
  {
    name: 'item-1',
    statements: (t) => [
      `create table item (id ${t.uuid} primary key, name ${t.text} not null, size ${t.integer} not null, hash ${t.bytes})${t.strict}`,
    ],
  },
];
forEachDatabase('stores a row and reads it back', async (_, database) => {
  assert.deepEqual(await database.migrate(migrations), ['item-1']);
  assert.deepEqual(await database.migrate(migrations), []);
  const id = randomUuid();
  const items = database.tables<Tables>();
  await items
    .insertInto('item')
    .values({ id: database.uuid(id), name: 'a', size: 2 ** 40, hash: Uint8Array.of(1, 2) })
    .execute();
  const row = await items
    .selectFrom('item')
    .selectAll()
    .where('id', '=', database.uuid(id))
    .executeTakeFirstOrThrow();
  assert.equal(readUuid(row.id), id);
  assert.equal(row.size, 2 ** 40);
  assert.deepEqual([...(row.hash ?? [])], [1, 2]);
});
test('x', () => {});
