/** The same test on every database: what holds on one must hold on the other. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import type { Database } from '@gridkeep/storage/database/database';
import { openDatabase, type DatabaseLocation } from '@gridkeep/storage/database/open-database';
import { SqliteThreads } from '@gridkeep/storage/database/sqlite-threads';
import { startPostgres, type TestPostgres } from './postgres.ts';
import { missing } from './requirements.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The database is empty and closed after the test; `location` opens it again, also from another process. */
export type DatabaseTest = (
  test: TestContext,
  database: Database,
  location: DatabaseLocation,
) => Promise<void>;

/** One server and one set of threads for all tests of a process, started by the first that needs them. */
class Servers {
  #postgres: Promise<TestPostgres> | undefined;
  readonly threads = new SqliteThreads();

  postgres(): Promise<TestPostgres> {
    return (this.#postgres ??= startPostgres());
  }

  async stop(): Promise<void> {
    await this.threads.close();
    await (await this.#postgres)?.stop();
  }
}

const servers = new Servers();
after(() => servers.stop());

/** The throw-away PostgreSQL that this process's tests share. Ask `missing('postgres')` first. */
export function sharedPostgres(): Promise<TestPostgres> {
  return servers.postgres();
}

/** A place without a database yet. */
export async function freshLocation(
  test: TestContext,
  dialect: 'sqlite' | 'postgres',
): Promise<DatabaseLocation> {
  if (dialect === 'sqlite') return { dialect, file: join(await temporaryFolder(test), 'records.db') };
  const { url } = await servers.postgres();
  return { dialect, url, schema: `test_${randomBytes(8).toString('hex')}` };
}

/** Registers 'name (sqlite)' and 'name (postgres)'; the second is skipped where PostgreSQL is missing. */
export function forEachDatabase(name: string, work: DatabaseTest): void {
  testOn(['sqlite', 'postgres'], name, work);
}

/** For what several processes do on one database: a SQLite file belongs to one. */
export function onPostgres(name: string, work: DatabaseTest): void {
  testOn(['postgres'], name, work);
}

function testOn(dialects: readonly ('sqlite' | 'postgres')[], name: string, work: DatabaseTest): void {
  for (const dialect of dialects) {
    const skip = dialect === 'postgres' ? missing('postgres') : false;
    test(`${name} (${dialect})`, { skip }, async (context) => {
      const location = await freshLocation(context, dialect);
      const database = await openDatabase(location, servers.threads);
      try {
        await work(context, database, location);
      } finally {
        await database.close();
      }
    });
  }
}
