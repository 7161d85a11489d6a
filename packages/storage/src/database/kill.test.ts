/** A write that was acknowledged outlives the program, and a transaction is there whole or not at all. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { forEachDatabase } from '@gridkeep/testing/databases';
import { openDatabase } from './open-database.ts';

const program = fileURLToPath(new URL('./test-support/write-until-killed.ts', import.meta.url));
const killsMax = 4;

interface Tables {
  written: { number: number; part: number };
}

forEachDatabase('loses no acknowledged write by kill -9', async (_, database, location) => {
  await database.migrate([
    {
      name: 'written-1',
      statements: (t) => [`create table written (number ${t.integer}, part ${t.integer})`],
    },
  ]);
  for (let kill = 0; kill < killsMax; kill += 1) {
    await database.tables<Tables>().deleteFrom('written').execute();
    const child = spawn(process.execPath, [program, JSON.stringify(location)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // A different point of its work every time: kills follow an acknowledgement at random distance.
    const wanted = 10 + Math.floor(Math.random() * 150);
    let said = '';
    for await (const chunk of child.stdout) {
      said += String(chunk);
      if (!child.killed && said.split('\n').length > wanted) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    assert.equal(child.signalCode, 'SIGKILL');
    const acknowledged = Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1));
    assert.ok(acknowledged > 0);

    const again = await openDatabase(location);
    const rows = await again
      .tables<Tables>()
      .selectFrom('written')
      .select((row) => ['number', row.fn.countAll<number>().as('count')])
      .groupBy('number')
      .execute();
    await again.close();
    const counts = new Map(rows.map((row) => [row.number, row.count]));
    for (let number = 0; number <= acknowledged; number += 1)
      assert.equal(counts.get(number), number % 3 === 2 ? 10 : 1, `row ${number} of ${acknowledged}`);
    for (const [number, count] of counts)
      assert.equal(count, number % 3 === 2 ? 10 : 1, `row ${number} is whole`);
  }
});
