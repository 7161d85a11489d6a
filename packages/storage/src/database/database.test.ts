/** What a Database promises, on both databases. */
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { randomUuid, tryParseUuid, type Uuid } from '@gridkeep/wire/uuid';
import fc from 'fast-check';
import { sql } from 'kysely';
import { type BlobId, parseBlobId } from '../blobs/blob-store.ts';
import type { Database, Queries } from './database.ts';
import {
  DatabaseClosedError,
  ForeignKeyViolationError,
  InvalidValueError,
  QueryError,
  TransactionStateError,
  UniqueViolationError,
} from './database-errors.ts';
import { openDatabase } from './open-database.ts';
import { readBlobId, readUuid, storedBlobId } from './stored-ids.ts';
import { itemMigrations, type ItemTables } from './test-support/items.ts';

function addItem(queries: Queries, id: Uuid, name: string, size = 1) {
  return queries
    .tables<ItemTables>()
    .insertInto('item')
    .values({ id: queries.uuid(id), folder: null, name, size, weight: null, hash: null })
    .execute();
}

async function itemNames(queries: Queries): Promise<string[]> {
  const rows = await queries.tables<ItemTables>().selectFrom('item').select('name').orderBy('name').execute();
  return rows.map((row) => row.name);
}

async function countItems(database: Database): Promise<number> {
  const { count } = await database
    .tables<ItemTables>()
    .selectFrom('item')
    .select((item) => item.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

forEachDatabase('gives back every value it was given', async (_, database) => {
  await database.migrate(itemMigrations);
  const uuid = fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((bytes) => Buffer.from(bytes).toString('hex'))
    .map((hex) => tryParseUuid(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')));
  const item = fc.record({
    id: uuid,
    name: fc.string({ unit: 'grapheme' }).filter((name) => name !== 'forbidden' && !name.includes('\0')),
    size: fc.maxSafeInteger(),
    weight: fc.option(fc.double({ noNaN: true })),
    hash: fc.option(fc.uint8Array({ maxLength: 200 })),
  });
  await fc.assert(
    fc.asyncProperty(item, async ({ id = randomUuid(), ...values }) => {
      const tables = database.tables<ItemTables>();
      const stored = database.uuid(id);
      await tables.deleteFrom('item').where('id', '=', stored).execute();
      await tables
        .insertInto('item')
        .values({ id: stored, folder: null, ...values })
        .execute();
      const row = await tables
        .selectFrom('item')
        .selectAll()
        .where('id', '=', stored)
        .executeTakeFirstOrThrow();
      assert.equal(readUuid(row.id), id);
      assert.equal(row.name, values.name);
      assert.equal(row.size, values.size);
      assert.ok(
        row.weight === values.weight || Object.is(Math.abs(row.weight ?? NaN), values.weight === 0 ? 0 : NaN),
      );
      assert.deepEqual(
        row.hash === null ? null : [...row.hash],
        values.hash === null ? null : [...values.hash],
      );
    }),
    { numRuns: 100 },
  );
});

forEachDatabase(
  'hands out sums and counts as numbers, and no integer that a number rounds',
  async (_, database) => {
    await database.migrate(itemMigrations);
    const tables = database.tables<ItemTables>();
    await addItem(database, randomUuid(), 'a', 2 ** 40);
    await addItem(database, randomUuid(), 'b', 2 ** 40);
    const { sum } = await tables
      .selectFrom('item')
      .select((item) => item.fn.sum<number>('size').as('sum'))
      .executeTakeFirstOrThrow();
    assert.equal(sum, 2 ** 41);
    const large = {
      id: database.uuid(randomUuid()),
      folder: null,
      name: 'c',
      size: 2n ** 60n + 1n,
      weight: null,
      hash: null,
    };
    await tables.insertInto('item').values(large).execute();
    await assert.rejects(
      tables.selectFrom('item').select('size').where('name', '=', 'c').execute(),
      RangeError,
    );
  },
);

forEachDatabase('keeps blob ids as 32 bytes', async (_, database) => {
  await database.migrate(itemMigrations);
  const hash: BlobId = parseBlobId('0f'.repeat(32));
  await addItem(database, randomUuid(), 'a');
  const tables = database.tables<ItemTables>();
  await tables
    .updateTable('item')
    .set({ hash: storedBlobId(hash) })
    .execute();
  const row = await tables
    .selectFrom('item')
    .select('hash')
    .where('hash', '=', storedBlobId(hash))
    .executeTakeFirstOrThrow();
  assert.equal(row.hash?.length, 32);
  assert.equal(readBlobId(row.hash), hash);
  assert.throws(() => readBlobId(new Uint8Array(31)), RangeError);
  assert.throws(() => readUuid(new Uint8Array(15)), RangeError);
});

forEachDatabase('refuses parameters that the two databases would take differently', async (_, database) => {
  await database.migrate(itemMigrations);
  await assert.rejects(addItem(database, randomUuid(), 'a', Number.NaN), /parameter 4 is NaN/);
  await assert.rejects(addItem(database, randomUuid(), 'a\0b'), /parameter 3 is text with a NUL/);
  await assert.rejects(
    sql`select ${true}`.execute(database.tables<ItemTables>()),
    /parameter 1 is of type boolean/,
  );
  assert.equal(await countItems(database), 0);
});

forEachDatabase('tells which rule a write broke', async (_, database) => {
  await database.migrate(itemMigrations);
  const tables = database.tables<ItemTables>();
  const id = randomUuid();
  await addItem(database, id, 'secret-name');
  await assert.rejects(addItem(database, id, 'secret-name'), (error) => {
    assert.ok(error instanceof UniqueViolationError);
    assert.equal(error.table, 'item');
    assert.deepEqual(error.columns, ['id']);
    assert.ok(!error.message.includes('secret-name'));
    return true;
  });
  await tables
    .insertInto('folder')
    .values({ id: database.uuid(randomUuid()), name: 'f' })
    .execute();
  await assert.rejects(
    tables
      .insertInto('folder')
      .values({ id: database.uuid(randomUuid()), name: 'f' })
      .execute(),
    (error) => error instanceof UniqueViolationError && error.columns[0] === 'name',
  );
  const orphan = tables.updateTable('item').set({ folder: database.uuid(randomUuid()) });
  await assert.rejects(orphan.execute(), ForeignKeyViolationError);
  await assert.rejects(addItem(database, randomUuid(), 'forbidden'), InvalidValueError);
  await assert.rejects(sql`selec 1`.execute(tables), QueryError);
  await assert.rejects(sql`commit`.execute(tables), QueryError);
});

forEachDatabase('lets each of many concurrent writes succeed or fail alone', async (_, database) => {
  await database.migrate(itemMigrations);
  const taken = randomUuid();
  await addItem(database, taken, 'first');
  const tables = database.tables<ItemTables>();
  const writes = Array.from({ length: 300 }, (_unused, index) => {
    if (index % 100 === 50) return addItem(database, taken, 'again');
    // Found broken only at the commit, on which the others must not depend.
    if (index % 100 === 70)
      return tables
        .insertInto('item')
        .values({
          id: database.uuid(randomUuid()),
          folder: database.uuid(randomUuid()),
          name: 'orphan',
          size: 1,
          weight: null,
          hash: null,
        })
        .execute();
    return addItem(database, randomUuid(), `item ${index}`);
  });
  const outcomes = await Promise.allSettled(writes);
  const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [index] : []));
  assert.deepEqual(failed, [50, 70, 150, 170, 250, 270]);
  assert.equal(await countItems(database), 1 + 294);
});

forEachDatabase('reads what was written before', async (_, database) => {
  await database.migrate(itemMigrations);
  for (let index = 0; index < 50; index += 1) {
    await addItem(database, randomUuid(), `item ${index}`);
    assert.equal(await countItems(database), index + 1);
  }
});

forEachDatabase('keeps all of a transaction or nothing', async (_, database) => {
  await database.migrate(itemMigrations);
  const result = await database.transaction(async (queries) => {
    await addItem(queries, randomUuid(), 'a');
    await addItem(queries, randomUuid(), 'b');
    assert.deepEqual(await itemNames(queries), ['a', 'b'], 'it sees its own writes');
    assert.deepEqual(await itemNames(database), [], 'others do not');
    return 7;
  });
  assert.equal(result, 7);
  const thrown = new Error('no');
  await assert.rejects(
    database.transaction(async (queries) => {
      await addItem(queries, randomUuid(), 'c');
      throw thrown;
    }),
    thrown,
  );
  assert.deepEqual(await itemNames(database), ['a', 'b']);
});

forEachDatabase('ends a transaction with its first failure, caught or not', async (_, database) => {
  await database.migrate(itemMigrations);
  const id = randomUuid();
  await assert.rejects(
    database.transaction(async (queries) => {
      await addItem(queries, id, 'a');
      await assert.rejects(addItem(queries, id, 'b'), UniqueViolationError);
      await assert.rejects(addItem(queries, randomUuid(), 'c'), TransactionStateError);
    }),
    TransactionStateError,
  );
  assert.deepEqual(await itemNames(database), []);
  await assert.rejects(
    database.transaction(async (queries) => {
      await addItem(queries, id, 'a');
      void addItem(queries, id, 'nobody waits for this').catch(() => undefined);
      await nextTurn();
    }),
    TransactionStateError,
  );
  assert.deepEqual(await itemNames(database), []);
});

forEachDatabase(
  'refuses a transaction that is over, and writes past one that is open',
  async (_, database) => {
    await database.migrate(itemMigrations);
    const late = await database.transaction((queries) => Promise.resolve(queries));
    await assert.rejects(addItem(late, randomUuid(), 'late'), TransactionStateError);
    await database.transaction(async () => {
      await assert.rejects(addItem(database, randomUuid(), 'past'), TransactionStateError);
      await assert.rejects(
        database.transaction(() => Promise.resolve()),
        TransactionStateError,
      );
    });
    await assert.rejects(
      database
        .tables<ItemTables>()
        .transaction()
        .execute(() => Promise.resolve()),
      TransactionStateError,
    );
    await addItem(database, randomUuid(), 'after');
    assert.deepEqual(await itemNames(database), ['after']);
  },
);

forEachDatabase('loses no update between transactions that collide', async (_, database, location) => {
  await database.migrate(itemMigrations);
  const id = randomUuid();
  await addItem(database, id, 'counter', 0);
  const other = await openDatabase(location);
  const increment = (on: Database) =>
    on.transaction(
      async (queries) => {
        const items = queries.tables<ItemTables>();
        const { size } = await items
          .selectFrom('item')
          .select('size')
          .where('id', '=', queries.uuid(id))
          .executeTakeFirstOrThrow();
        await items
          .updateTable('item')
          .set({ size: Number(size) + 1 })
          .where('id', '=', queries.uuid(id))
          .execute();
      },
      { retries: 100 },
    );
  await Promise.all([database, other].flatMap((on) => Array.from({ length: 10 }, () => increment(on))));
  await other.close();
  const row = await database.tables<ItemTables>().selectFrom('item').select('size').executeTakeFirstOrThrow();
  assert.equal(row.size, 20);
});

forEachDatabase('streams rows in pieces, from one snapshot, and may stop early', async (_, database) => {
  await database.migrate(itemMigrations);
  const names = Array.from({ length: 25 }, (_unused, index) => `item ${String(index).padStart(2, '0')}`);
  for (const name of names) await addItem(database, randomUuid(), name);
  const query = database
    .tables<ItemTables>()
    .selectFrom('item')
    .select('name')
    .where('size', '=', 1)
    .orderBy('name');
  const seen: string[] = [];
  for await (const row of query.stream(10)) {
    seen.push(row.name);
    if (seen.length === 1) await addItem(database, randomUuid(), 'item 99');
    if (seen.length === 5) assert.equal(await countItems(database), 26, 'a stream holds up nobody');
  }
  assert.deepEqual(seen, names);
  for await (const row of query.stream(10)) {
    assert.equal(row.name, 'item 00');
    break;
  }
  await database.transaction(async (queries) => {
    await addItem(queries, randomUuid(), 'item 98');
    let count = 0;
    const inside = queries.tables<ItemTables>().selectFrom('item').select('name');
    for await (const row of inside.stream(10)) count += row.name.length > 0 ? 1 : 0;
    assert.equal(count, 27);
  });
  const broken = sql<{ name: string }>`select name from nowhere`.compile(database.tables<ItemTables>());
  await assert.rejects(database.tables<ItemTables>().executeQuery(broken), QueryError);
});

forEachDatabase('refuses everything when closed', async (_, database, location) => {
  const other = await openDatabase(location);
  await other.migrate(itemMigrations);
  const last = addItem(other, randomUuid(), 'last');
  await nextTurn();
  await Promise.all([last, other.close()]);
  await assert.rejects(addItem(other, randomUuid(), 'late'), DatabaseClosedError);
  await assert.rejects(countItems(other), DatabaseClosedError);
  await assert.rejects(
    other.transaction(() => Promise.resolve()),
    DatabaseClosedError,
  );
  await other.close();
  assert.equal(await countItems(database), 1);
});
