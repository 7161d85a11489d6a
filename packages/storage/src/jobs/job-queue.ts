/** Asking for jobs, looking at them, cancelling them. */
import { type Uuid, randomUuid } from '@gridkeep/wire/uuid';
import { sql } from 'kysely';
import type { Database, Queries } from '../database/database.ts';
import { ChangeSignal } from './change-signal.ts';
import { databaseNow, jobMigrations, jobRecord, type JobTables } from './job-tables.ts';
import { JobInputError, type JobRecord, type JobState, type Json, type NewJob } from './jobs.ts';

/** Bytes of a job's input or result as JSON; what is larger belongs into a blob. */
export const jobJsonBytesMax = 1_048_576;
const nameCharactersMax = 200;
const listLimitMax = 1000;
const listLimitDefault = 100;
/** How often `watch` looks for what another process did. */
const watchPauseMs = 500;
const deleteRowsMax = 500;

export interface JobFilter {
  /** A slug, or null for jobs of the whole installation. */
  readonly grid?: string | null;
  readonly kind?: string;
  readonly states?: readonly JobState[];
  /** From 1 to 1000, default 100. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

export interface JobPage {
  /** The newest first. */
  readonly jobs: readonly JobRecord[];
  /** Null on the last page. */
  readonly next: string | null;
}

export class JobQueue {
  readonly database: Database;
  /** For watchers: a job was changed through this object. */
  readonly changed = new ChangeSignal();
  /** For workers: a job may be due. */
  readonly wanted = new ChangeSignal();
  /** For jobs that run: one of them was cancelled. */
  readonly cancelled = new ChangeSignal();

  constructor(database: Database) {
    this.database = database;
  }

  /** Makes the tables. */
  async migrate(): Promise<void> {
    await this.database.migrate(jobMigrations);
  }

  /** Durable when it resolves. With a key that waits or runs already, gives that job. */
  async enqueue(job: NewJob): Promise<JobRecord> {
    const record = await this.enqueueIn(this.database, job);
    this.wanted.notify();
    return record;
  }

  /** As part of a transaction: the job exists when that commits. Call `wanted.notify()` then to have it start at once. */
  async enqueueIn(queries: Queries, job: NewJob): Promise<JobRecord> {
    checkName('kind', job.kind);
    if (job.grid !== undefined) checkName('grid', job.grid);
    if (job.key !== undefined) checkName('key', job.key);
    if (job.runAt !== undefined && !Number.isSafeInteger(job.runAt))
      throw new JobInputError('runAt must be whole Unix milliseconds');
    const input = jsonText('input', job.input);
    const now = databaseNow(queries.dialect);
    const tables = queries.tables<JobTables>();
    for (;;) {
      const inserted = await tables
        .insertInto('job')
        .values({
          id: queries.uuid(randomUuid()),
          kind: job.kind,
          grid: job.grid ?? null,
          state: 'waiting',
          input,
          progress: null,
          result: null,
          error: null,
          attempt: 0,
          attempts_max: 1,
          cancel_requested: 0,
          created_at: now,
          started_at: null,
          ended_at: null,
          run_at: job.runAt ?? now,
          unique_key: job.key ?? null,
          lease_owner: null,
          lease_token: null,
          lease_until: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      if (inserted !== undefined) return jobRecord(inserted);
      const existing = await tables
        .selectFrom('job')
        .selectAll()
        .where('unique_key', '=', job.key ?? null)
        .where('state', 'in', ['waiting', 'running'])
        .executeTakeFirst();
      if (existing !== undefined) return jobRecord(existing);
      // It has ended between the two statements.
    }
  }

  async get(id: Uuid): Promise<JobRecord | undefined> {
    const row = await this.#tables()
      .selectFrom('job')
      .selectAll()
      .where('id', '=', this.database.uuid(id))
      .executeTakeFirst();
    return row === undefined ? undefined : jobRecord(row);
  }

  async list(filter: JobFilter = {}): Promise<JobPage> {
    const { grid, kind, states, limit = listLimitDefault, cursor } = filter;
    if (!Number.isInteger(limit) || limit < 1 || limit > listLimitMax)
      throw new JobInputError(`limit must be from 1 to ${listLimitMax}`);
    let query = this.#tables()
      .selectFrom('job')
      .selectAll()
      .orderBy('number', 'desc')
      .limit(limit + 1);
    if (grid === null) query = query.where('grid', 'is', null);
    else if (grid !== undefined) query = query.where('grid', '=', grid);
    if (kind !== undefined) query = query.where('kind', '=', kind);
    if (states !== undefined) query = query.where('state', 'in', states);
    if (cursor !== undefined) query = query.where('number', '<', parseCursor(cursor));
    const rows = await query.execute();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      jobs: page.map(jobRecord),
      next: rows.length > limit && last !== undefined ? String(last.number) : null,
    };
  }

  /** A waiting job is cancelled at once, a running one gets the signal; the record after it, undefined when it had ended. */
  async cancel(id: Uuid): Promise<JobRecord | undefined> {
    const now = databaseNow(this.database.dialect);
    const row = await this.#tables()
      .updateTable('job')
      .set({
        cancel_requested: 1,
        state: sql<JobState>`case when state = 'waiting' then 'cancelled' else state end`,
        ended_at: sql<number | null>`case when state = 'waiting' then ${now} end`,
      })
      .where('id', '=', this.database.uuid(id))
      .where('state', 'in', ['waiting', 'running'])
      .returningAll()
      .executeTakeFirst();
    this.cancelled.notify();
    this.changed.notify();
    return row === undefined ? undefined : jobRecord(row);
  }

  /** The job as it is now, then after each change, until it has ended; nothing when there is no such job. */
  async *watch(id: Uuid, signal?: AbortSignal): AsyncGenerator<JobRecord, void, undefined> {
    let shown = '';
    while (signal?.aborted !== true) {
      // Before the look, so that a change during it is not slept through.
      const changed = this.changed.sleep(watchPauseMs, signal);
      const record = await this.get(id);
      if (record === undefined) return;
      const text = JSON.stringify(record);
      if (text !== shown) {
        shown = text;
        yield record;
      }
      if (record.endedAt !== null) return;
      await changed;
    }
  }

  /** Deletes jobs that ended at least so long ago; gives how many. */
  async deleteEnded(ageMs: number): Promise<number> {
    let deleted = 0;
    for (;;) {
      const tables = this.#tables();
      const { numDeletedRows } = await tables
        .deleteFrom('job')
        .where('number', 'in', (old) =>
          old
            .selectFrom('job')
            .select('number')
            .where('ended_at', '<=', sql<number>`${databaseNow(this.database.dialect)} - ${ageMs}`)
            .limit(deleteRowsMax),
        )
        .executeTakeFirst();
      deleted += Number(numDeletedRows);
      if (numDeletedRows < deleteRowsMax) return deleted;
    }
  }

  #tables() {
    return this.database.tables<JobTables>();
  }
}

function parseCursor(text: string): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(number)) throw new JobInputError('cursor is not one that list gave');
  return number;
}

function checkName(field: string, text: string): void {
  if (text === '' || text.length > nameCharactersMax)
    throw new JobInputError(`${field} must have 1 to ${nameCharactersMax} characters`);
}

/** The JSON text of a value, at most `jobJsonBytesMax` bytes. */
export function jsonText(field: string, value: Json): string {
  const text: unknown = JSON.stringify(value);
  if (typeof text !== 'string') throw new JobInputError(`${field} is not JSON`);
  if (Buffer.byteLength(text) > jobJsonBytesMax)
    throw new JobInputError(`${field} is larger than ${jobJsonBytesMax} bytes`);
  return text;
}
