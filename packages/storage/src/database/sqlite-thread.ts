/** One worker thread that serves many database files. */
import type { Worker } from 'node:worker_threads';
import { DatabaseClosedError, DatabaseUnavailableError } from './database-errors.ts';
import type {
  ConnectionRole,
  NumberedReply,
  NumberedRequest,
  SqliteOutcome,
  SqliteRequest,
} from './sqlite-protocol.ts';
import { startThread } from './start-thread.ts';

export interface DatabaseFile {
  /** Given by the program; the same in all threads. */
  readonly number: number;
  readonly file: string;
  readonly busyTimeoutMs: number;
}

interface Waiting {
  readonly resolve: (outcomes: readonly SqliteOutcome[]) => void;
  readonly reject: (error: Error) => void;
}

/** Starts with its first request. When the thread dies, what it was doing fails, and the next request starts it anew. */
export class SqliteThread {
  readonly #role: ConnectionRole;
  #worker: Worker | undefined;
  #closed = false;
  /** Grows when the thread dies: a transaction does not outlive the thread it began in. */
  #incarnation = 0;
  #openDatabases = new Set<number>();
  #opening = new Map<number, Promise<readonly SqliteOutcome[]>>();
  #waiting = new Map<number, Waiting>();
  #unsent: NumberedRequest[] = [];
  #nextNumber = 0;

  constructor(role: ConnectionRole) {
    this.#role = role;
  }

  /** Requests that have no reply yet. */
  get load(): number {
    return this.#waiting.size;
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  has(database: DatabaseFile): boolean {
    return this.#openDatabases.has(database.number);
  }

  /** One outcome per statement. Rejects only when the thread died or was closed. Requests are answered in their order. */
  request(database: DatabaseFile, request: SqliteRequest): Promise<readonly SqliteOutcome[]> {
    if (this.#closed) return Promise.reject(new DatabaseClosedError());
    if (this.has(database)) return this.#send(request);
    return this.#open(database).then((outcomes) =>
      outcomes[0]?.failure === undefined ? this.#send(request) : outcomes,
    );
  }

  /** Closes the connection to one file, when this thread has one. */
  async forget(database: DatabaseFile): Promise<void> {
    await this.#opening.get(database.number);
    if (this.#closed || !this.#openDatabases.delete(database.number)) return;
    await this.#send({ do: 'close', database: database.number });
  }

  /** Waits for what was asked, then ends the thread. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    const closes = [...this.#openDatabases].map((database) => this.#send({ do: 'close', database }));
    await Promise.allSettled(closes);
    this.#worker = undefined;
    await worker.terminate();
  }

  #open(database: DatabaseFile): Promise<readonly SqliteOutcome[]> {
    const { number, file, busyTimeoutMs } = database;
    const underWay = this.#opening.get(number);
    if (underWay !== undefined) return underWay;
    const opening = this.#send({
      do: 'open',
      database: number,
      file,
      role: this.#role,
      busyTimeoutMs,
    })
      .then((outcomes) => {
        if (outcomes[0]?.failure === undefined) this.#openDatabases.add(number);
        return outcomes;
      })
      .finally(() => this.#opening.delete(number));
    this.#opening.set(number, opening);
    return opening;
  }

  /** What is asked in one turn of the event loop crosses in one message. */
  #send(request: SqliteRequest): Promise<readonly SqliteOutcome[]> {
    const worker = (this.#worker ??= this.#start());
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    if (this.#waiting.size === 0) worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      this.#unsent.push([number, request]);
      if (this.#unsent.length === 1) queueMicrotask(() => this.#flush());
    });
  }

  #flush(): void {
    const requests = this.#unsent;
    this.#unsent = [];
    this.#worker?.postMessage(requests);
  }

  #start(): Worker {
    const worker = startThread(new URL('./sqlite-thread-main.ts', import.meta.url), `sqlite-${this.#role}`);
    worker.unref();
    worker.on('message', (replies: readonly NumberedReply[]) => this.#receive(worker, replies));
    worker.on('error', (error) => this.#died(worker, error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => this.#died(worker, 'its thread has ended'));
    return worker;
  }

  #receive(worker: Worker, replies: readonly NumberedReply[]): void {
    for (const [number, outcomes] of replies) {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      waiting?.resolve(outcomes);
    }
    // An idle thread does not keep a program alive that forgot to close it.
    if (this.#waiting.size === 0) worker.unref();
  }

  #died(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#incarnation += 1;
    this.#openDatabases.clear();
    this.#unsent = [];
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new DatabaseUnavailableError(reason));
  }
}
