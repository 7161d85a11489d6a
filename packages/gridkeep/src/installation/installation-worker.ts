/** Does jobs in this process: all kinds in a server, in a command only the kind that it waits for. */
import { hostname } from 'node:os';
import type { JobQueue } from '@gridkeep/storage/jobs/job-queue';
import { JobWorker } from '@gridkeep/storage/jobs/job-worker';
import type { JobHandler } from '@gridkeep/storage/jobs/jobs';

export interface InstallationWorkerOptions {
  readonly queue: JobQueue;
  readonly handlers: readonly JobHandler<unknown>[];
  /** No other process works on the jobs' database. */
  readonly aloneOnDatabase: boolean;
  readonly report: (error: unknown) => void;
}

/** How long handlers may take to end when the program stops, in milliseconds. */
const stopMsMax = 20_000;

export class InstallationWorker {
  readonly #options: InstallationWorkerOptions;
  readonly #stopping = new AbortController();
  readonly #kinds = new Set<string>();
  #workers: JobWorker[] = [];

  constructor(options: InstallationWorkerOptions) {
    this.#options = options;
  }

  /** Aborted when no job goes on here any more. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Does every waiting job from now on. */
  start(): void {
    this.#work(this.#options.handlers);
  }

  /** Sees to it that jobs of this kind are done here. */
  ensure(kind: string): void {
    if (!this.#kinds.has(kind)) this.#work(this.#options.handlers.filter((one) => one.kind === kind));
  }

  /** Jobs end soon or give their lease back; may be called again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const workers = this.#workers;
    this.#workers = [];
    await Promise.all(workers.map((worker) => worker.stop(stopMsMax)));
  }

  #work(handlers: readonly JobHandler<unknown>[]): void {
    if (this.#stopping.signal.aborted || handlers.length === 0) return;
    for (const { kind } of handlers) this.#kinds.add(kind);
    const worker = new JobWorker({
      queue: this.#options.queue,
      handlers,
      owner: `${hostname()} ${process.pid}`,
      aloneOnDatabase: this.#options.aloneOnDatabase,
      report: this.#options.report,
    });
    this.#workers.push(worker);
    worker.start();
  }
}
