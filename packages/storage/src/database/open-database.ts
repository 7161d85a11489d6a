/** Where a database is, as a plain value that configuration can hold. */
import type { Database } from './database.ts';
import { openPostgres } from './postgres-database.ts';
import { openSqlite } from './sqlite-database.ts';
import type { SqliteThreads } from './sqlite-threads.ts';

export type DatabaseLocation =
  | { readonly dialect: 'sqlite'; readonly file: string }
  | { readonly dialect: 'postgres'; readonly url: string; readonly schema: string };

/** `threads` serve SQLite files; hand in one for all databases of a process. */
export function openDatabase(location: DatabaseLocation, threads?: SqliteThreads): Promise<Database> {
  if (location.dialect === 'postgres') return openPostgres(location);
  return openSqlite(threads === undefined ? { file: location.file } : { file: location.file, threads });
}
