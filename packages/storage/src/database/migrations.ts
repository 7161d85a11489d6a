/** Which migrations a database has seen, and running the rest. */
import { CompiledQuery } from 'kysely';
import type { ColumnTypes, Migration, Queries } from './database.ts';

interface MigrationTables {
  gridkeep_migration: { name: string; applied_at: number };
}

const nameForm = /^([a-z][a-z0-9-]{0,60})-([1-9][0-9]{0,5})$/;

/** The list itself is wrong, or the database was written by a newer program. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** Runs work in one transaction that other processes' migrations wait for. */
export type LockedTransaction = <T>(work: (queries: Queries) => Promise<T>) => Promise<T>;

/** The names that were run now. Each migration is one transaction, so a kill leaves whole ones only. */
export async function runMigrations(
  migrations: readonly Migration[],
  types: ColumnTypes,
  transaction: LockedTransaction,
): Promise<readonly string[]> {
  checkNames(migrations);
  const run: string[] = [];
  await transaction(async (queries) => {
    await execute(
      queries,
      `create table if not exists gridkeep_migration (name ${types.text} primary key, applied_at ${types.integer} not null)${types.strict}`,
    );
    refuseUnknown(migrations, await appliedNames(queries));
  });
  for (const migration of migrations) {
    const isNew = await transaction(async (queries) => {
      const applied = await appliedNames(queries);
      if (applied.has(migration.name)) return false;
      for (const statement of migration.statements(types)) await execute(queries, statement);
      await queries
        .tables<MigrationTables>()
        .insertInto('gridkeep_migration')
        .values({ name: migration.name, applied_at: Date.now() })
        .execute();
      return true;
    });
    if (isNew) run.push(migration.name);
  }
  return run;
}

async function execute(queries: Queries, sql: string): Promise<void> {
  await queries.tables<MigrationTables>().executeQuery(CompiledQuery.raw(sql));
}

async function appliedNames(queries: Queries): Promise<ReadonlySet<string>> {
  const rows = await queries
    .tables<MigrationTables>()
    .selectFrom('gridkeep_migration')
    .select('name')
    .execute();
  return new Set(rows.map((row) => row.name));
}

function serviceOf(name: string): string {
  const service = nameForm.exec(name)?.[1];
  if (service === undefined)
    throw new MigrationError(`migration ${JSON.stringify(name)} is not named <service>-<number>`);
  return service;
}

function checkNames(migrations: readonly Migration[]): void {
  const counts = new Map<string, number>();
  for (const { name } of migrations) {
    const service = serviceOf(name);
    const number = (counts.get(service) ?? 0) + 1;
    if (name !== `${service}-${number}`)
      throw new MigrationError(`migration ${name} stands where ${service}-${number} belongs`);
    counts.set(service, number);
  }
}

/** Services that the list does not speak of are left alone: each may bring its own list. */
function refuseUnknown(migrations: readonly Migration[], applied: ReadonlySet<string>): void {
  const known = new Set(migrations.map((migration) => migration.name));
  const services = new Set(migrations.map((migration) => serviceOf(migration.name)));
  const unknown = [...applied].filter((name) => !known.has(name) && services.has(serviceOf(name)));
  if (unknown.length > 0)
    throw new MigrationError(
      `the database was written by a newer program: it has ${unknown.sort().join(', ')}, which this one does not know`,
    );
}
