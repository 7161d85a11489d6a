/**
 * Figures of a SQLite Database on this machine: `node measure.ts FOLDER`. Each is put beside a bare synchronous node:sqlite
 * doing the same in the same run, since absolute figures differ from machine to machine.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { randomUuid, uuidToBytes } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import { insertMany } from '../insert-many.ts';
import { openSqlite } from '../sqlite-database.ts';
import { SqliteThreads } from '../sqlite-threads.ts';
import { itemMigrations, type ItemTables } from './items.ts';

const rowsMax = 100_000;
const folder = process.argv[2];
if (folder === undefined) throw new Error('name an empty folder');
mkdirSync(folder, { recursive: true });

const perSecond = (count: number, ms: number) => `${Math.round((count / ms) * 1000)} per s`;

function show(name: string, figure: string): void {
  console.log(`${name.padEnd(58)} ${figure}`);
}

/** Runs `count` calls, so many at a time, and gives the milliseconds. */
async function timed(
  count: number,
  atOnce: number,
  call: (index: number) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  let next = 0;
  const run = async () => {
    while (next < count) {
      next += 1;
      await call(next - 1);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, run));
  return performance.now() - started;
}

const threads = new SqliteThreads();
let started = performance.now();
const database = await openSqlite({ file: join(folder, 'measure.db'), threads });
show('first database open, thread included', `${Math.round(performance.now() - started)} ms`);
started = performance.now();
const more = await Promise.all(
  Array.from({ length: 20 }, (_, index) => openSqlite({ file: join(folder, `${index}.db`), threads })),
);
show('twenty more', `${Math.round(performance.now() - started)} ms`);
await Promise.all(more.map((each) => each.close()));

await database.migrate(itemMigrations);
const items = database.tables<ItemTables>();
const rows = Array.from({ length: rowsMax }, (_, size) => ({
  id: uuidToBytes(randomUuid()),
  folder: null,
  name: `item ${size}`,
  size,
  weight: null,
  hash: randomBytes(32),
}));
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
started = performance.now();
await database.transaction((queries) => insertMany(queries.tables<ItemTables>(), 'item', rows));
show('insertMany in a transaction', perSecond(rowsMax, performance.now() - started));
delay.disable();
show(
  '  event-loop delay p50 / p99',
  `${(delay.percentile(50) / 1e6).toFixed(1)} / ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
);

const bare = new DatabaseSync(join(folder, 'measure.db'));
const statement = bare.prepare('select * from item where id = ?');
started = performance.now();
for (let index = 0; index < 50_000; index += 1) statement.get(rows[index]?.id ?? null);
show('point read, bare node:sqlite on the main thread', perSecond(50_000, performance.now() - started));
for (const [atOnce, count] of [
  [1, 5000],
  [16, 30_000],
  [256, 50_000],
] as const) {
  const before = performance.eventLoopUtilization();
  const ms = await timed(count, atOnce, (index) =>
    items
      .selectFrom('item')
      .selectAll()
      .where('id', '=', rows[index]?.id ?? new Uint8Array())
      .executeTakeFirst(),
  );
  const active = performance.eventLoopUtilization(before).active;
  show(
    `point read, ${atOnce} at a time`,
    `${perSecond(count, ms)}, main thread busy ${((active / count) * 1000).toFixed(0)} us each`,
  );
}

const bareInsert = bare.prepare("insert into item values (?, null, 'x', 1, null, null)");
bare.exec('pragma synchronous = full');
started = performance.now();
for (let index = 0; index < 300; index += 1) bareInsert.run(randomBytes(16));
show('durable insert, bare node:sqlite on the main thread', perSecond(300, performance.now() - started));
bare.close();
for (const [atOnce, count] of [
  [1, 300],
  [16, 5000],
  [256, 20_000],
] as const) {
  const ms = await timed(count, atOnce, () =>
    items
      .insertInto('item')
      .values({ id: randomBytes(16), folder: null, name: 'x', size: 1, weight: null, hash: null })
      .execute(),
  );
  show(`durable insert, ${atOnce} at a time`, perSecond(count, ms));
}

const slow = sql`select count(*) from (with recursive c(n) as (select 1 union all select n + 1 from c where n < 15000000) select n from c)`;
let isDone = false;
let reads = 0;
let latencyMsMax = 0;
delay.reset();
delay.enable();
started = performance.now();
const running = slow.execute(items).then(() => (isDone = true));
while (!isDone) {
  const asked = performance.now();
  await items
    .selectFrom('item')
    .select('name')
    .where('id', '=', rows[reads % rowsMax]?.id ?? new Uint8Array())
    .executeTakeFirst();
  latencyMsMax = Math.max(latencyMsMax, performance.now() - asked);
  reads += 1;
}
await running;
delay.disable();
show('a slow query runs for', `${((performance.now() - started) / 1000).toFixed(1)} s`);
show(
  '  event-loop delay mean / p99 / max (the timer ticks each ms)',
  [delay.mean, delay.percentile(99), delay.max].map((ns) => (ns / 1e6).toFixed(1)).join(' / ') + ' ms',
);
show('  point reads meanwhile, one at a time', `${reads}, the slowest ${latencyMsMax.toFixed(1)} ms`);
await database.close();
await threads.close();
