/**
 * What changed in a grid's records since its last backup. Noting begins with the first backup and costs nothing before. A
 * backup goes so: `startNoting`, `endEpoch`, then in one snapshot of the database `readChanges` and the records themselves, and
 * once the backup is durable `markBackedUp`. Killed anywhere between, the next one sees the same changes and those since.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { DatabaseBusyError } from '@gridkeep/storage/database/database-errors';
import { CompiledQuery, sql } from 'kysely';
import { changeTable, changeTriggers, triggerPrefix, type ChangeTrigger } from './change-triggers.ts';
import { ChangedRecords } from './changed-records.ts';
import * as store from './record-changes-store.ts';

/** Where changes are counted from. */
export interface BackupBase {
  readonly repository: string;
  readonly snapshot: string;
}

export interface SeenChanges {
  /** Undefined: nothing is known of what changed, so everything may have. */
  readonly base: BackupBase | undefined;
  readonly changed: ChangedRecords;
  readonly generation: number;
  readonly epoch: number;
  readonly seen: readonly store.SeenRange[];
}

/** A writer that holds a table up for longer than this many seconds keeps noting from beginning. */
const attemptsMax = 300;

/** Makes sure that changes are noted from now on. Where some were not, nothing counts as backed up any more. */
export async function startNoting(database: Database): Promise<void> {
  const wanted = changeTriggers(database.dialect);
  const present = await presentTriggers(database);
  const lacking = wanted.filter(({ name }) => !present.has(name));
  if (lacking.length === 0) return;
  if (database.dialect === 'sqlite') {
    await database.transaction(async (queries) => {
      await run(queries, changeTable.sqlite);
      await store.forgetState(queries);
      for (const name of present.keys()) await run(queries, `DROP TRIGGER IF EXISTS ${name}`);
      for (const { statements } of wanted) for (const statement of statements) await run(queries, statement);
    });
    return;
  }
  await run(database, changeTable.postgres);
  await store.forgetState(database);
  // One table at a time, so that no two locks are ever waited for together.
  for (const trigger of lacking) await makeTrigger(database, trigger);
  for (const [name, table] of present)
    if (!wanted.some((one) => one.name === name))
      await run(database, `DROP TRIGGER IF EXISTS ${name} ON ${table}`);
}

/** PostgreSQL lets a trigger be made once nobody writes to the table; whoever wants to write then waits behind this. */
async function makeTrigger(database: Database, trigger: ChangeTrigger): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await database.transaction(
        async (queries) => {
          await run(queries, `SET LOCAL lock_timeout = '1s'`);
          for (const statement of trigger.statements) await run(queries, statement);
        },
        { retries: 3 },
      );
      return;
    } catch (error) {
      if (!(error instanceof DatabaseBusyError) || attempt >= attemptsMax) throw error;
      await delay(1000);
    }
  }
}

async function presentTriggers(database: Database): Promise<ReadonlyMap<string, string>> {
  const query =
    database.dialect === 'sqlite'
      ? sql<{
          name: string;
          table: string;
        }>`select name, tbl_name as "table" from sqlite_schema where type = 'trigger'`
      : sql<{ name: string; table: string }>`select tgname as name, relname as "table" from pg_trigger
          join pg_class on pg_class.oid = tgrelid where not tgisinternal and tgenabled <> 'D'
          and relnamespace = current_schema()::regnamespace`;
  const { rows } = await query.execute(database.tables<unknown>());
  return new Map(
    rows.filter(({ name }) => name.startsWith(triggerPrefix)).map(({ name, table }) => [name, table]),
  );
}

async function run(queries: Queries, statement: string): Promise<void> {
  await queries.tables<unknown>().executeQuery(CompiledQuery.raw(statement));
}

/** More changes than these cost more to keep than the next backup saves by them. */
const notedMax = 2_000_000;

/**
 * Where no backup succeeds, PostgreSQL's log of changes would grow for ever: beyond `max` it is emptied, and the next backup
 * looks at everything. In one transaction: a backup that began before finds that its base is gone and forgets nothing, one that
 * begins after it sees all that the forgotten changes did. Returns whether it was done.
 */
export async function boundChanges(database: Database, max = notedMax): Promise<boolean> {
  // SQLite notes each topic once.
  if (database.dialect === 'sqlite' || (await store.countNoted(database)) <= max) return false;
  await database.transaction(
    async (queries) => {
      await store.forgetState(queries);
      await store.deleteNoted(queries);
    },
    { retries: 5 },
  );
  return true;
}

/** To be handed to `readChanges`: what changes from now on is noted apart. */
export async function endEpoch(database: Database): Promise<number> {
  return database.dialect === 'sqlite' ? store.nextEpoch(database) : 0;
}

/** `queries` of a snapshot. */
export async function readChanges(queries: Queries, epoch: number): Promise<SeenChanges> {
  const { generation, repository, snapshot } = await store.readState(queries);
  const changed = new ChangedRecords();
  const seen: { first: number; last: number }[] = [];
  for await (const { topic, seq } of store.readTopics(queries)) {
    changed.add(topic);
    if (queries.dialect === 'sqlite') continue;
    // Numbers are given before they are committed: one that is not here yet must stay when it comes.
    const last = seen.at(-1);
    if (last !== undefined && seq === last.last + 1) last.last = seq;
    else seen.push({ first: seq, last: seq });
  }
  const base = snapshot === '' ? undefined : { repository, snapshot };
  return { base, changed, generation, epoch, seen };
}

/**
 * Changes count from this backup on. `again`: topics that the next one looks at although they have not changed. False when
 * another backup of the grid ended meanwhile: then nothing is forgotten and changes go on counting from that one.
 */
export async function markBackedUp(
  database: Database,
  changes: SeenChanges,
  backup: BackupBase,
  again: Iterable<string> | AsyncIterable<string>,
): Promise<boolean> {
  await store.noteTopics(database, again);
  if (!(await store.replaceState(database, { generation: changes.generation, ...backup }))) return false;
  if (database.dialect === 'sqlite') await store.deleteUntil(database, changes.epoch);
  else await store.deleteSeen(database, changes.seen);
  return true;
}
