/** A service's writes: inside the caller's transaction when there is one, else in one of its own. */
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { isRetryable } from '@gridkeep/storage/database/database-errors';

/** How often a transaction that lost against a concurrent one is tried again. */
const attemptsMax = 8;
const firstPauseMs = 5;

/** Runs `work` in a transaction of its own, repeated when the database says that it collided with another. */
export async function transact<T>(database: Database, work: (queries: Queries) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.transaction(work);
    } catch (error) {
      if (attempt >= attemptsMax || !isRetryable(error)) throw error;
      const pause = firstPauseMs * 2 ** attempt * (0.5 + Math.random());
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Runs `work` within the given transaction, or as `transact` when there is none. */
export async function within<T>(
  database: Database,
  transaction: Queries | undefined,
  work: (queries: Queries) => Promise<T>,
): Promise<T> {
  return transaction === undefined ? transact(database, work) : work(transaction);
}
