/** Who may write to a SQLite file, in the order of asking: bursts of single statements share a commit, transactions are alone. */
import { DatabaseBusyError, DatabaseClosedError } from './database-errors.ts';
import type { SqliteOutcome, SqliteResult, SqliteStatement } from './sqlite-protocol.ts';
import { resultOf, sqliteError } from './sqlite-outcomes.ts';

/** Statements in one commit: bounds how long one holds the others up. */
const groupStatementsMax = 1000;
/** Writes and transactions that wait for their turn; more are refused instead of filling the memory. */
const waitingMax = 100_000;

interface Write {
  readonly statement: SqliteStatement;
  readonly resolve: (result: SqliteResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Exclusive {
  readonly work: () => Promise<void>;
  readonly reject: (error: unknown) => void;
}

export class SqliteWriteQueue {
  readonly #group: (statements: readonly SqliteStatement[]) => Promise<readonly SqliteOutcome[]>;
  #waiting: (Write | Exclusive)[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  /** `group` runs statements in one commit and gives an outcome for each. */
  constructor(group: (statements: readonly SqliteStatement[]) => Promise<readonly SqliteOutcome[]>) {
    this.#group = group;
  }

  /** Resolves when the statement is committed. */
  write(statement: SqliteStatement): Promise<SqliteResult> {
    return new Promise((resolve, reject) => this.#add({ statement, resolve, reject }));
  }

  /** Runs the work while nothing else writes. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#add({ work: () => work().then(resolve, reject), reject });
    });
  }

  /** Lets what was asked finish and refuses the rest. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  #add(item: Write | Exclusive): void {
    if (this.#closed) item.reject(new DatabaseClosedError());
    else if (this.#waiting.length >= waitingMax)
      item.reject(new DatabaseBusyError(`${waitingMax} writes wait already`));
    else {
      this.#waiting.push(item);
      this.#running ??= this.#run();
    }
  }

  async #run(): Promise<void> {
    // Others who write in this turn of the event loop get into the first commit.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const items = this.#waiting;
      this.#waiting = [];
      let start = 0;
      while (start < items.length) {
        const item = items[start];
        if (item === undefined) break;
        if ('work' in item) {
          await item.work();
          start += 1;
        } else {
          const writes = writesFrom(items, start);
          await this.#commit(writes);
          start += writes.length;
        }
      }
    }
    this.#running = undefined;
  }

  async #commit(writes: readonly Write[]): Promise<void> {
    let outcomes: readonly SqliteOutcome[];
    try {
      outcomes = await this.#group(writes.map((write) => write.statement));
    } catch (error) {
      for (const write of writes) write.reject(error);
      return;
    }
    // One failure for several statements: the transaction itself could not begin.
    const whole = outcomes.length === writes.length ? undefined : outcomes[0]?.failure;
    for (const [index, write] of writes.entries()) {
      if (whole !== undefined) {
        write.reject(sqliteError(whole));
        continue;
      }
      try {
        write.resolve(resultOf(outcomes[index], write.statement.sql));
      } catch (error) {
        write.reject(error);
      }
    }
  }
}

function writesFrom(items: readonly (Write | Exclusive)[], start: number): Write[] {
  const writes: Write[] = [];
  for (let index = start; index < items.length && writes.length < groupStatementsMax; index += 1) {
    const item = items[index];
    if (item === undefined || 'work' in item) break;
    writes.push(item);
  }
  return writes;
}
