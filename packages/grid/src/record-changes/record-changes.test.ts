import assert from 'node:assert/strict';
import { forEachDatabase, onPostgres } from '@gridkeep/testing/databases';
import type { Database } from '@gridkeep/storage/database/database';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { parseUuid, randomUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { gridMigrations } from '../grid-database.ts';
import { IdPrefixes } from './changed-records.ts';
import {
  boundChanges,
  endEpoch,
  markBackedUp,
  readChanges,
  type SeenChanges,
  startNoting,
} from './record-changes.ts';
import { recordTables, tablesLeftOut } from './record-tables.ts';
import { test } from 'node:test';

const backup = { repository: 'r', snapshot: 's' };

async function see(database: Database): Promise<SeenChanges> {
  await startNoting(database);
  const epoch = await endEpoch(database);
  return database.snapshot((queries) => readChanges(queries, epoch));
}

interface Tables {
  inventory_folder: {
    id: unknown;
    owner: unknown;
    parent: unknown;
    name: string;
    type: number;
    version: number;
  };
  asset: Record<string, unknown>;
  friend: Record<string, unknown>;
}

async function addFolder(database: Database, id: Uuid, owner: Uuid, parent: Uuid): Promise<void> {
  const ids = { id: database.uuid(id), owner: database.uuid(owner), parent: database.uuid(parent) };
  await database
    .tables<Tables>()
    .insertInto('inventory_folder')
    .values({ ...ids, name: 'n', type: 8, version: 1 })
    .execute();
}

async function addAsset(database: Database, id: Uuid, createdAt: number): Promise<void> {
  await database
    .tables<Tables>()
    .insertInto('asset')
    .values({
      ...{ id: database.uuid(id), blob: Buffer.alloc(32), size: 1, type: 0, name: '', description: '' },
      ...{ creator: '', flags: 0, temporary: 0, local: 0, created_at: createdAt },
    })
    .execute();
}

forEachDatabase(
  'every table has its place in a backup, and the list knows its columns',
  async (_, database) => {
    await database.migrate(gridMigrations);
    await startNoting(database);
    const query =
      database.dialect === 'sqlite'
        ? sql<{ name: string; column: string }>`select t.name, c.name as "column" from sqlite_schema t,
          pragma_table_info(t.name) c where t.type = 'table' and t.name not like 'sqlite_%' order by t.name, c.cid`
        : sql<{ name: string; column: string; type: string; nullable: string }>`select table_name as name,
          column_name as "column", data_type as type, is_nullable as nullable from information_schema.columns
          where table_schema = current_schema() order by table_name, ordinal_position`;
    const { rows } = await query.execute(database.tables<unknown>());
    const types = { uuid: 'uuid', bytes: 'bytea', text: 'text', integer: 'bigint', real: 'double precision' };
    const found = Map.groupBy(rows, (row) => row.name);
    for (const [name, columns] of found) {
      if (tablesLeftOut.has(name)) continue;
      const table = recordTables.find((one) => one.name === name);
      assert.ok(table !== undefined, `no place for table ${name}`);
      assert.deepEqual(
        [...table.columns.keys()],
        columns.map(({ column }) => column),
      );
      for (const row of columns) {
        if (!('type' in row) || !('nullable' in row)) continue;
        assert.equal(types[table.columns.get(row.column) ?? 'uuid'], row.type, `${name}.${row.column}`);
        assert.equal(table.nullable.has(row.column), row.nullable === 'YES', `${name}.${row.column}`);
      }
    }
    for (const { name } of recordTables) assert.ok(found.has(name), name);
  },
);

forEachDatabase(
  'what changes is noted from the first backup on, until one has seen it',
  async (_, database) => {
    await database.migrate(gridMigrations);
    const [owner, folder, old, parent] = [randomUuid(), randomUuid(), randomUuid(), randomUuid()];
    const first = await see(database);
    assert.equal(first.base, undefined);
    assert.equal(await markBackedUp(database, first, backup, []), true);
    assert.deepEqual((await see(database)).changed.inventories, new Map());

    const day = 20_000;
    const asset = parseUuid('abcd0000-0000-4000-8000-000000000001');
    await addAsset(database, asset, day * 86_400_000 + 5);
    await addFolder(database, folder, owner, old);
    const tables = database.tables<Tables>();
    const second = await see(database);
    assert.deepEqual(second.base, backup);
    assert.deepEqual([...second.changed.assets.keys()], [day]);
    assert.equal(second.changed.assets.get(day)?.some('abcd'), true);
    assert.equal(second.changed.assets.get(day)?.some('abce'), false);
    assert.deepEqual(second.changed.inventories, new Map([[owner, new Set([folder, old])]]));

    // What changes after the snapshot of a backup is there for the next one.
    await tables
      .updateTable('inventory_folder')
      .set({ parent: database.uuid(parent) })
      .execute();
    assert.equal(await markBackedUp(database, second, { ...backup, snapshot: 't' }, []), true);
    const third = await see(database);
    assert.deepEqual(third.base, { ...backup, snapshot: 't' });
    assert.deepEqual([...third.changed.assets.keys()], []);
    assert.deepEqual(third.changed.inventories, new Map([[owner, new Set([folder, old, parent])]]));

    // A new version of a folder changes the folder alone; what is to be looked at again stays.
    assert.equal(await markBackedUp(database, third, backup, ['region/' + owner.replaceAll('-', '')]), true);
    await tables.updateTable('inventory_folder').set({ version: 7 }).execute();
    const fourth = await see(database);
    assert.deepEqual(fourth.changed.inventories, new Map([[owner, new Set([folder])]]));
    assert.deepEqual([...fourth.changed.regions], [owner]);
    await tables.deleteFrom('inventory_folder').execute();
    const fifth = await see(database);
    assert.deepEqual(fifth.changed.inventories, new Map([[owner, new Set([folder, parent])]]));

    // Of two backups at once, the one that ends second is no base for the next.
    assert.equal(await markBackedUp(database, fifth, { ...backup, snapshot: 'five' }, []), true);
    await addFolder(database, folder, owner, old);
    assert.equal(await markBackedUp(database, fourth, { ...backup, snapshot: 'four' }, []), false);
    const sixth = await see(database);
    assert.equal(sixth.base?.snapshot, 'five');
    assert.deepEqual(sixth.changed.inventories, new Map([[owner, new Set([folder, old])]]));
  },
);

forEachDatabase('a trigger that is gone makes everything count as changed', async (_, database) => {
  await database.migrate(gridMigrations);
  await markBackedUp(database, await see(database), backup, []);
  assert.deepEqual((await see(database)).base, backup);
  const drop =
    database.dialect === 'sqlite'
      ? sql`DROP TRIGGER record_change_1_friend_insert`
      : sql`DROP TRIGGER record_change_1_friend_insert ON friend`;
  await drop.execute(database.tables<unknown>());
  assert.equal((await see(database)).base, undefined);
});

onPostgres('notes that others have not committed yet are not forgotten', async (_, database, location) => {
  await database.migrate(gridMigrations);
  await markBackedUp(database, await see(database), backup, []);
  const other = await openDatabase(location);
  const [owner, folder, second] = [randomUuid(), randomUuid(), randomUuid()];
  let seen: SeenChanges | undefined;
  await other.transaction(async (queries) => {
    // It writes first, so its note has the lower number; the backup sees only the later one.
    const ids = { id: queries.uuid(folder), owner: queries.uuid(owner), parent: queries.uuid(owner) };
    await queries
      .tables<Tables>()
      .insertInto('inventory_folder')
      .values({ ...ids, name: 'n', type: 8, version: 1 })
      .execute();
    await addFolder(database, second, second, second);
    seen = await see(database);
    assert.deepEqual([...seen.changed.inventories.keys()], [second]);
    assert.equal(await markBackedUp(database, seen, backup, []), true);
  });
  await other.close();
  assert.deepEqual([...(await see(database)).changed.inventories.keys()], [owner]);
});

test('prefixes of ids', () => {
  const prefixes = new IdPrefixes();
  assert.equal(prefixes.some(''), false);
  prefixes.add('ab01ffff');
  for (const prefix of ['', 'ab', 'ab01', 'ab0177']) assert.equal(prefixes.some(prefix), true, prefix);
  for (const prefix of ['aa', 'ac', 'ab00', 'ab02']) assert.equal(prefixes.some(prefix), false, prefix);
});

onPostgres(
  'a log of changes that no backup takes is emptied: everything counts as changed',
  async (_, database) => {
    await database.migrate(gridMigrations);
    assert.equal(await boundChanges(database, 10), false);
    assert.equal(await markBackedUp(database, await see(database), backup, []), true);
    for (let count = 0; count < 12; count += 1) await addAsset(database, randomUuid(), 0);
    assert.equal(await boundChanges(database, 100), false);
    const before = await see(database);
    assert.deepEqual(before.base, backup);
    assert.equal(await boundChanges(database, 10), true);
    assert.equal(await markBackedUp(database, before, backup, []), false);
    assert.equal((await see(database)).base, undefined);
    assert.equal(await boundChanges(database, 0), false);
  },
);
