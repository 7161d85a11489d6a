/** Claims jobs and has their handlers do them, some at a time, until it is stopped. */
import { BackgroundLoop } from './background-loop.ts';
import { JobLeases } from './job-leases.ts';
import type { JobQueue } from './job-queue.ts';
import { JobRun } from './job-run.ts';
import type { JobHandler } from './jobs.ts';

const concurrencyDefault = 2;
const leaseMsDefault = 30_000;
const leaseMsMin = 100;
const attemptsMaxMax = 100;
/** How often a worker looks for jobs that another process asked for; those of its own process wake it. */
const pollMsDefault = 1000;
const stopMsDefault = 30_000;

export interface JobWorkerOptions {
  readonly queue: JobQueue;
  readonly handlers: readonly JobHandler<unknown>[];
  /** Who has the lease, for people: host and process id, for example. */
  readonly owner: string;
  /** Jobs at a time; default 2. */
  readonly concurrency?: number;
  /** A job whose worker has died goes on elsewhere after so long; default 30 s. */
  readonly leaseMs?: number;
  readonly pollMs?: number;
  /**
   * At start, take over what is marked as running without waiting for the leases to end. Only right when no other
   * process works on this database, as with SQLite under the data folder's lock.
   */
  readonly aloneOnDatabase?: boolean;
  /** Told of errors that are not a job's own. */
  readonly report: (error: unknown) => void;
}

export class JobWorker {
  readonly #options: JobWorkerOptions;
  readonly #handlers: ReadonlyMap<string, JobHandler<unknown>>;
  readonly #leases: JobLeases;
  readonly #concurrency: number;
  readonly #leaseMs: number;
  readonly #loop: BackgroundLoop;
  readonly #runs = new Map<JobRun, Promise<void>>();
  #takeOver: boolean;
  #stopping = false;

  constructor(options: JobWorkerOptions) {
    const { queue, handlers, concurrency = concurrencyDefault, leaseMs = leaseMsDefault } = options;
    if (!Number.isInteger(concurrency) || concurrency < 1)
      throw new RangeError('concurrency must be 1 or more');
    if (!Number.isInteger(leaseMs) || leaseMs < leaseMsMin)
      throw new RangeError(`leaseMs must be ${leaseMsMin} or more`);
    this.#options = options;
    this.#handlers = byKind(handlers);
    this.#concurrency = concurrency;
    this.#leaseMs = leaseMs;
    this.#takeOver = options.aloneOnDatabase ?? false;
    this.#leases = new JobLeases({
      database: queue.database,
      owner: options.owner,
      leaseMs,
      attemptsMax: new Map(handlers.map((handler) => [handler.kind, handler.attemptsMax])),
    });
    this.#loop = new BackgroundLoop({
      step: () => this.#step(),
      wake: queue.wanted,
      report: options.report,
    });
  }

  start(): void {
    this.#loop.start();
  }

  /**
   * Claims no more, tells the handlers to stop and gives their leases back. Handlers that have not ended after
   * `timeoutMs` keep theirs, which then end by themselves. Gives how many those are.
   */
  async stop(timeoutMs = stopMsDefault): Promise<number> {
    this.#stopping = true;
    await this.#loop.stop();
    for (const run of this.#runs.keys()) run.stop();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.all(this.#runs.values()), timeout]);
    clearTimeout(timer);
    for (const run of this.#runs.keys()) run.abandon();
    return this.#runs.size;
  }

  /** Jobs being done here now. */
  get running(): number {
    return this.#runs.size;
  }

  async #step(): Promise<number> {
    const { queue, pollMs = pollMsDefault } = this.#options;
    const freed = await this.#leases.reap(this.#takeOver);
    this.#takeOver = false;
    if (freed > 0) queue.changed.notify();
    while (this.#runs.size < this.#concurrency && !this.#stopping) {
      const claimedAt = performance.now();
      const lease = await this.#leases.claim();
      if (lease === undefined) break;
      const handler = this.#handlers.get(lease.job.kind);
      if (handler === undefined) throw new Error(`claimed a job of the unknown kind ${lease.job.kind}`);
      const run = new JobRun(
        {
          lease,
          leases: this.#leases,
          leaseMs: this.#leaseMs,
          handler,
          report: this.#options.report,
          changed: queue.changed,
          cancelled: queue.cancelled,
        },
        claimedAt,
      );
      const done = run.run().finally(() => {
        this.#runs.delete(run);
        queue.wanted.notify();
      });
      this.#runs.set(run, done);
      if (this.#stopping) run.stop();
      queue.changed.notify();
    }
    return pollMs;
  }
}

function byKind(handlers: readonly JobHandler<unknown>[]): ReadonlyMap<string, JobHandler<unknown>> {
  const map = new Map<string, JobHandler<unknown>>();
  for (const handler of handlers) {
    const { kind, attemptsMax } = handler;
    if (map.has(kind)) throw new RangeError(`two handlers for the kind ${kind}`);
    if (!Number.isInteger(attemptsMax) || attemptsMax < 1 || attemptsMax > attemptsMaxMax)
      throw new RangeError(`attemptsMax of ${kind} must be from 1 to ${attemptsMaxMax}`);
    map.set(kind, handler);
  }
  return map;
}
