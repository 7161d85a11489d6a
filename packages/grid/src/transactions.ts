/** A service's writes: inside the caller's transaction when there is one, else in one of its own. */
import type { Database, Queries } from '@gridkeep/storage/database/database';

/** How often a transaction that collided with another is done again. */
const retries = 8;

/** Runs `work` in a transaction of its own; it may run more than once, so it must touch nothing but the database. */
export async function transact<T>(database: Database, work: (queries: Queries) => Promise<T>): Promise<T> {
  return database.transaction(work, { retries });
}

/** Runs `work` within the given transaction, or as `transact` when there is none. */
export async function within<T>(
  database: Database,
  transaction: Queries | undefined,
  work: (queries: Queries) => Promise<T>,
): Promise<T> {
  return transaction === undefined ? transact(database, work) : work(transaction);
}
