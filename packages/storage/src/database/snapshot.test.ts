import assert from 'node:assert/strict';
import { forEachDatabase } from '@gridkeep/testing/databases';
import type { Database } from './database.ts';

interface Tables {
  note: { id: number; text: string };
}

async function makeNotes(database: Database, count: number): Promise<void> {
  await database.migrate([
    {
      name: 'notes-1',
      statements: (types) => [
        `CREATE TABLE note (id ${types.integer} PRIMARY KEY, text ${types.text} NOT NULL)${types.strict}`,
      ],
    },
  ]);
  const rows = Array.from({ length: count }, (_, id) => ({ id, text: 'before' }));
  await database.tables<Tables>().insertInto('note').values(rows).execute();
}

forEachDatabase('a snapshot sees one moment, while others write', async (_, database) => {
  await makeNotes(database, 1000);
  await database.snapshot(async (queries) => {
    const first = await queries.tables<Tables>().selectFrom('note').selectAll().where('id', '=', 1).execute();
    assert.equal(first[0]?.text, 'before');
    await database.tables<Tables>().updateTable('note').set({ text: 'after' }).execute();
    await database.transaction((inner) =>
      inner.tables<Tables>().deleteFrom('note').where('id', '<', 500).execute(),
    );
    let count = 0;
    for await (const row of queries.tables<Tables>().selectFrom('note').selectAll().stream(100)) {
      assert.equal(row.text, 'before');
      count += 1;
    }
    assert.equal(count, 1000);
  });
  const left = await database.tables<Tables>().selectFrom('note').selectAll().execute();
  assert.equal(left.length, 500);
  assert.equal(left[0]?.text, 'after');
});

forEachDatabase('a snapshot refuses writes and ends with its work', async (_, database) => {
  await makeNotes(database, 1);
  await assert.rejects(database.snapshot((queries) => queries.tables<Tables>().deleteFrom('note').execute()));
  const kept = await database.snapshot((queries) => Promise.resolve(queries));
  await assert.rejects(async () => {
    await kept.tables<Tables>().selectFrom('note').selectAll().execute();
  });
  await assert.rejects(
    database.snapshot(() => Promise.reject(new Error('the work failed'))),
    /the work failed/,
  );
  assert.equal((await database.tables<Tables>().selectFrom('note').selectAll().execute()).length, 1);
});
