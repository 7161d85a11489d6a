/** One job being done: keeps its lease, writes its progress, and ends it as it deserves. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeSignal } from './change-signal.ts';
import { type JobLeases, type Lease, type LeaseAnswer } from './job-leases.ts';
import { jsonText } from './job-queue.ts';
import {
  JobAbortedError,
  JobFinalError,
  JobInputError,
  type JobHandler,
  type JobProgress,
  type RunningJob,
} from './jobs.ts';

/** Progress is written at most so often. */
const progressPauseMs = 250;
/** Another process's cancel is heard of after at most so long. */
const renewPauseMsMax = 3000;
const errorCharactersMax = 500;
const messageCharactersMax = 200;
/** The pause before the second try; it doubles with every further one. */
const retryPauseMs = 5000;
const retryPauseMsMax = 3_600_000;
const endAttemptPauseMs = 500;

export interface JobRunOptions {
  readonly lease: Lease;
  readonly leases: JobLeases;
  readonly leaseMs: number;
  readonly handler: JobHandler<unknown>;
  /** Told of errors that are not the job's own, such as a database that does not answer. */
  readonly report: (error: unknown) => void;
  /** Told of every write. */
  readonly changed: ChangeSignal;
  /** Says that a job of this process was cancelled, perhaps this one. */
  readonly cancelled: ChangeSignal;
}

export class JobRun {
  readonly #options: JobRunOptions;
  readonly #abort = new AbortController();
  /** performance.now() until which the lease surely holds, counted from before it was asked for. */
  #heldUntil: number;
  #progress: JobProgress | undefined;
  #progressTimer: NodeJS.Timeout | undefined;
  readonly #renewing = new AbortController();
  #ended = false;
  #writing: Promise<void> = Promise.resolve();

  /** `claimedAt` is performance.now() from before the claim was asked for. */
  constructor(options: JobRunOptions, claimedAt: number) {
    this.#options = options;
    this.#heldUntil = claimedAt + options.leaseMs;
  }

  /** The program stops: the handler is told, and the lease is given back when it ends. */
  stop(): void {
    this.#abort.abort(new JobAbortedError('stopping'));
  }

  /** Keeps the lease no longer: it ends by itself. */
  abandon(): void {
    this.#renewing.abort();
  }

  /** Resolves when the job's row says how it ended, or the lease is lost. Never rejects. */
  async run(): Promise<void> {
    const { lease, handler } = this.#options;
    const renewing = this.#renew();
    let finish: () => Promise<boolean>;
    try {
      // Cancelled between its tries.
      if (lease.job.cancelRequested) this.#abort.abort(new JobAbortedError('cancelled'));
      this.#abort.signal.throwIfAborted();
      const input = this.#parse();
      const result = await handler.run(input, this.#running());
      const text = jsonText('result', result);
      finish = () => this.#options.leases.end(lease, 'done', text);
    } catch (error) {
      finish = this.#failure(error);
    }
    clearTimeout(this.#progressTimer);
    await this.#writeProgressNow();
    this.#ended = true;
    this.#renewing.abort();
    await renewing;
    await this.#finish(finish);
  }

  #parse(): unknown {
    const { handler, lease } = this.#options;
    try {
      return handler.parse(lease.job.input);
    } catch (error) {
      throw new JobFinalError(`its input is not valid: ${sentence(error)}`);
    }
  }

  #running(): RunningJob {
    const { job } = this.#options.lease;
    return {
      id: job.id,
      grid: job.grid,
      attempt: job.attempt,
      signal: this.#abort.signal,
      progress: (progress) => this.#setProgress(progress),
    };
  }

  #failure(error: unknown): () => Promise<boolean> {
    const { lease, leases, handler } = this.#options;
    const why =
      this.#abort.signal.reason instanceof JobAbortedError ? this.#abort.signal.reason.why : undefined;
    if (why === 'cancelled') return () => leases.end(lease, 'cancelled', null);
    if (why === 'stopping') return () => leases.giveBack(lease);
    if (why === 'lease lost') return () => Promise.resolve(false);
    const final = error instanceof JobFinalError || error instanceof JobInputError;
    const { attempt } = lease.job;
    if (final || attempt >= handler.attemptsMax) return () => leases.end(lease, 'failed', sentence(error));
    return () => leases.retry(lease, sentence(error), retryPause(attempt));
  }

  /** Tries until the row is written or the lease has surely ended; then another worker does the job again. */
  async #finish(finish: () => Promise<boolean>): Promise<void> {
    for (;;) {
      try {
        await finish();
        this.#options.changed.notify();
        return;
      } catch (error) {
        this.#options.report(error);
        if (performance.now() >= this.#heldUntil) return;
        await sleep(endAttemptPauseMs);
      }
    }
  }

  #setProgress(progress: JobProgress): void {
    if (this.#ended) return;
    this.#progress = progress;
    this.#progressTimer ??= setTimeout(() => {
      this.#progressTimer = undefined;
      void this.#writeProgressNow();
    }, progressPauseMs);
  }

  #writeProgressNow(): Promise<void> {
    const progress = this.#progress;
    this.#progress = undefined;
    if (progress === undefined) return this.#writing;
    const { message } = progress;
    const cut =
      message === undefined ? progress : { ...progress, message: message.slice(0, messageCharactersMax) };
    return this.#write(() => this.#options.leases.progress(this.#options.lease, cut));
  }

  async #renew(): Promise<void> {
    const { leaseMs, cancelled, lease, leases } = this.#options;
    const { signal } = this.#renewing;
    const pauseMs = Math.min(leaseMs / 3, renewPauseMsMax);
    for (;;) {
      await cancelled.sleep(pauseMs, signal);
      if (signal.aborted) return;
      await this.#write(() => leases.renew(lease));
    }
  }

  /** One write after the other; each renews the lease and hears of a cancel. */
  #write(write: () => Promise<LeaseAnswer>): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (this.#ended) return;
      const asked = performance.now();
      try {
        const answer = await write();
        if (answer === undefined) this.#abort.abort(new JobAbortedError('lease lost'));
        else {
          this.#heldUntil = asked + this.#options.leaseMs;
          if (answer.cancelRequested) this.#abort.abort(new JobAbortedError('cancelled'));
          this.#options.changed.notify();
        }
      } catch (error) {
        this.#options.report(error);
        if (performance.now() >= this.#heldUntil) this.#abort.abort(new JobAbortedError('lease lost'));
      }
    });
    return this.#writing;
  }
}

function retryPause(attempt: number): number {
  const pauseMs = Math.min(retryPauseMsMax, retryPauseMs * 2 ** (attempt - 1));
  return pauseMs * (0.75 + Math.random() / 2);
}

function sentence(error: unknown): string {
  const text = error instanceof Error && error.message !== '' ? error.message : String(error);
  return text.replaceAll('\0', '').slice(0, errorCharactersMax);
}
