/** The contract of long work: durable, leased, retried, cancellable, with progress that others can watch. */
import type { Uuid } from '@gridkeep/wire/uuid';

/** What may be stored as a job's input, progress or result. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

export interface JobProgress {
  readonly done: number;
  /** Absent while it is not known. */
  readonly total?: number;
  readonly unit: 'bytes' | 'items' | 'steps';
  /** One short sentence for a person: what is being done now. */
  readonly message?: string;
}

export interface JobRecord {
  readonly id: Uuid;
  readonly kind: string;
  /** The slug of the grid it works for; null for the whole installation. */
  readonly grid: string | null;
  readonly state: JobState;
  readonly input: Json;
  readonly progress: JobProgress | null;
  readonly result: Json;
  /** One sentence a person can act on; null unless failed or waiting for another try. */
  readonly error: string | null;
  readonly attempt: number;
  readonly attemptsMax: number;
  readonly cancelRequested: boolean;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Not before this time. */
  readonly runAt: number;
}

export interface NewJob {
  readonly kind: string;
  readonly grid?: string;
  readonly input: Json;
  /** While a job with this key waits or runs, asking again gives that one instead of a second. */
  readonly key?: string;
  /** Unix milliseconds; absent, at once. */
  readonly runAt?: number;
}

/** Thrown by a handler when another try would not help: the job fails at once. */
export class JobFinalError extends Error {
  override readonly name = 'JobFinalError';
}

/** A new job, schedule or filter that is not allowed; the message names the field. */
export class JobInputError extends Error {
  override readonly name = 'JobInputError';
}

/** Why a handler's signal was aborted; the signal's `reason`. */
export class JobAbortedError extends Error {
  override readonly name = 'JobAbortedError';
  readonly why: 'cancelled' | 'lease lost' | 'stopping';
  constructor(why: 'cancelled' | 'lease lost' | 'stopping') {
    super(`the job was interrupted: ${why}`);
    this.why = why;
  }
}

/** What a handler sees of the job it runs. */
export interface RunningJob {
  readonly id: Uuid;
  readonly grid: string | null;
  readonly attempt: number;
  /** Aborted when the job is cancelled, the lease is lost or the program stops; a handler then ends soon, with nothing half done. */
  readonly signal: AbortSignal;
  /** Cheap to call often: written at most a few times a second. */
  progress(progress: JobProgress): void;
}

/**
 * Does jobs of one kind. Must be idempotent: after a kill it runs again with the same id.
 * `Input` is parsed from what the table holds, so an old or foreign row is refused, not trusted.
 */
export interface JobHandler<Input = Json> {
  readonly kind: string;
  /** Tries in all; 1 for work that a person should look at first. */
  readonly attemptsMax: number;
  parse(input: Json): Input;
  run(input: Input, job: RunningJob): Promise<Json>;
}
