import { AsyncLocalStorage } from 'node:async_hooks';
import { TransactionStateError } from './database-errors.ts';

/**
 * Knows whether the code that asks runs inside a transaction's work. A write that goes past the transaction would wait
 * for its end for ever on SQLite, and escape it on PostgreSQL: on both it is refused instead.
 */
export class TransactionScope {
  readonly #storage = new AsyncLocalStorage<{ open: boolean }>();

  async run<T>(work: () => Promise<T>): Promise<T> {
    const scope = { open: true };
    try {
      return await this.#storage.run(scope, work);
    } finally {
      scope.open = false;
    }
  }

  assertOutside(): void {
    if (this.#storage.getStore()?.open === true)
      throw new TransactionStateError('inside a transaction, write through the queries handed to its work');
  }
}
