/** Who may do a job: claims, and writes that succeed only while the lease is held. */
import { type Uuid, randomUuid } from '@gridkeep/wire/uuid';
import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { databaseNow, jobRecord, type JobTables } from './job-tables.ts';
import type { JobProgress, JobRecord, JobState } from './jobs.ts';

export interface Lease {
  readonly job: JobRecord;
  readonly token: Uuid;
}

/** What a lease's holder hears with each write; undefined when the lease is lost. */
export type LeaseAnswer = { readonly cancelRequested: boolean } | undefined;

export interface JobLeasesOptions {
  readonly database: Database;
  /** Shown to people who ask why a job does not go on: host and process, for example. */
  readonly owner: string;
  readonly leaseMs: number;
  /** The kinds that are claimed, each with its tries in all. */
  readonly attemptsMax: ReadonlyMap<string, number>;
}

const abandonedError = 'the program that did this job ended in the middle of it, in its last try';

const noLease = { lease_owner: null, lease_token: null, lease_until: null } as const;

export class JobLeases {
  readonly #options: JobLeasesOptions;
  readonly #now: RawBuilder<number>;
  readonly #until: RawBuilder<number>;

  constructor(options: JobLeasesOptions) {
    this.#options = options;
    this.#now = databaseNow(options.database.dialect);
    this.#until = sql<number>`${this.#now} + ${options.leaseMs}`;
  }

  /** The job that has waited longest, now running here; undefined when none is due. */
  async claim(): Promise<Lease | undefined> {
    const { database, owner, attemptsMax } = this.#options;
    const token = randomUuid();
    const kinds = [...attemptsMax.keys()];
    if (kinds.length === 0) return undefined;
    const tries = sql.join(
      [...attemptsMax].map(([kind, count]) => sql`when ${kind} then ${sql.lit(count)}`),
      sql` `,
    );
    const row = await this.#tables()
      .updateTable('job')
      .set({
        ...noLease,
        state: 'running',
        attempt: sql<number>`attempt + 1`,
        attempts_max: sql<number>`case kind ${tries} else attempts_max end`,
        started_at: sql<number>`coalesce(started_at, ${this.#now})`,
        progress: null,
        lease_owner: owner,
        lease_token: database.uuid(token),
        lease_until: this.#until,
      })
      .where('number', '=', (due) => {
        const oldest = due
          .selectFrom('job')
          .select('number')
          .where('state', '=', 'waiting')
          .where('run_at', '<=', this.#now)
          .where('kind', 'in', kinds)
          .orderBy('run_at')
          .orderBy('number')
          .limit(1);
        // Others' claims are passed over instead of waited for. SQLite has one writer: no two claims at once.
        return database.dialect === 'postgres' ? oldest.forUpdate().skipLocked() : oldest;
      })
      .where('state', '=', 'waiting')
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? undefined : { job: jobRecord(row), token };
  }

  async renew(lease: Lease): Promise<LeaseAnswer> {
    return this.#write(lease, { lease_until: this.#until });
  }

  async progress(lease: Lease, progress: JobProgress): Promise<LeaseAnswer> {
    return this.#write(lease, { progress: JSON.stringify(progress), lease_until: this.#until });
  }

  /** Ends the job; `text` is the result as JSON when done, else the error. False when the lease is lost. */
  async end(lease: Lease, state: 'done' | 'failed' | 'cancelled', text: string | null): Promise<boolean> {
    const outcome = state === 'done' ? { result: text, error: null } : { error: text };
    return this.#leave(lease, { ...noLease, state, ended_at: this.#now, ...outcome });
  }

  /** To be tried again after a pause. */
  async retry(lease: Lease, error: string, pauseMs: number): Promise<boolean> {
    return this.#leave(lease, {
      ...noLease,
      state: 'waiting',
      error,
      run_at: sql<number>`${this.#now} + ${Math.round(pauseMs)}`,
    });
  }

  /** As if it had not been claimed: the program stops, and the job can go on elsewhere at once. */
  async giveBack(lease: Lease): Promise<boolean> {
    return this.#leave(lease, { ...noLease, state: 'waiting', attempt: sql<number>`attempt - 1` });
  }

  /**
   * Frees jobs whose worker died: their lease has ended, or `all` running ones when no other process can be working.
   * They wait again, are cancelled when that was asked for, or fail when it was their last try. Gives how many.
   */
  async reap(all: boolean): Promise<number> {
    const last = sql`attempt >= attempts_max`;
    let freed = this.#tables()
      .updateTable('job')
      .set({
        ...noLease,
        state: sql<JobState>`case when cancel_requested = 1 then 'cancelled' when ${last} then 'failed' else 'waiting' end`,
        ended_at: sql<number | null>`case when cancel_requested = 1 or ${last} then ${this.#now} end`,
        error: sql<
          string | null
        >`case when cancel_requested = 0 and ${last} then ${abandonedError} else error end`,
      })
      .where('state', '=', 'running');
    if (!all) freed = freed.where('lease_until', '<=', this.#now);
    const { numUpdatedRows } = await freed.executeTakeFirst();
    return Number(numUpdatedRows);
  }

  async #write(
    lease: Lease,
    change: { progress?: string; lease_until: RawBuilder<number> },
  ): Promise<LeaseAnswer> {
    const row = await this.#tables()
      .updateTable('job')
      .set(change)
      .where(this.#held(lease))
      .returning('cancel_requested')
      .executeTakeFirst();
    return row === undefined ? undefined : { cancelRequested: row.cancel_requested !== 0 };
  }

  async #leave(
    lease: Lease,
    change: typeof noLease & {
      state: JobState;
      ended_at?: RawBuilder<number>;
      result?: string | null;
      error?: string | null;
      run_at?: RawBuilder<number>;
      attempt?: RawBuilder<number>;
    },
  ): Promise<boolean> {
    const { numUpdatedRows } = await this.#tables()
      .updateTable('job')
      .set(change)
      .where(this.#held(lease))
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  #held({ job, token }: Lease) {
    const { database } = this.#options;
    return (row: ExpressionBuilder<JobTables, 'job'>) =>
      row.and([
        row('id', '=', database.uuid(job.id)),
        row('lease_token', '=', database.uuid(token)),
        row('state', '=', 'running'),
      ]);
  }

  #tables() {
    return this.#options.database.tables<JobTables>();
  }
}
