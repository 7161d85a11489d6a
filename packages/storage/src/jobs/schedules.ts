/** Jobs asked for again and again by a clock on the wall of some time zone. */
import { Cron } from 'croner';
import { sql } from 'kysely';
import type { JobQueue } from './job-queue.ts';
import { jsonText } from './job-queue.ts';
import { type JobTables, parseJson, type ScheduleRow } from './job-tables.ts';
import { JobInputError, type JobRecord, type Json } from './jobs.ts';

const nameCharactersMax = 150;
const cronCharactersMax = 100;
const dueSchedulesMax = 100;

export interface NewSchedule {
  /** Unique in the database, for example 'backup of plaza'. */
  readonly name: string;
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** IANA name, for example 'Europe/Vienna'. */
  readonly timeZone: string;
  readonly kind: string;
  readonly grid?: string;
  readonly input: Json;
}

export interface ScheduleRecord {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly kind: string;
  readonly grid: string | null;
  readonly input: Json;
  /** Unix milliseconds. */
  readonly nextRunAt: number;
}

/**
 * The first time after `after` (Unix milliseconds). A time of day that the clocks skip runs when they have jumped, one
 * that comes twice runs once; "every hour" and the like run every hour. A JobInputError for a bad pattern or zone.
 */
export function nextRun(cron: string, timeZone: string, after: number): number {
  if (cron.length > cronCharactersMax) throw new JobInputError('cron is too long');
  let next: Date | null;
  try {
    next = new Cron(cron, { mode: '5-part', timezone: timeZone, paused: true }).nextRun(new Date(after));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new JobInputError(`cron or timeZone is not valid: ${detail}`);
  }
  if (next === null) throw new JobInputError('cron names a time that never comes');
  return next.getTime();
}

export class JobSchedules {
  readonly #queue: JobQueue;
  readonly #now: () => number;

  /** `now` gives Unix milliseconds; default Date.now. */
  constructor(queue: JobQueue, now: () => number = Date.now) {
    this.#queue = queue;
    this.#now = now;
  }

  /** Makes or changes a schedule; its next time stays unless pattern or zone change. */
  async set(schedule: NewSchedule): Promise<ScheduleRecord> {
    const { name, cron, timeZone, kind, grid = null } = schedule;
    if (name === '' || name.length > nameCharactersMax)
      throw new JobInputError(`name must have 1 to ${nameCharactersMax} characters`);
    if (kind === '' || kind.length > nameCharactersMax)
      throw new JobInputError(`kind must have 1 to ${nameCharactersMax} characters`);
    const input = jsonText('input', schedule.input);
    const next = nextRun(cron, timeZone, this.#now());
    const row = await this.#tables()
      .insertInto('job_schedule')
      .values({ name, cron, time_zone: timeZone, kind, grid, input, next_run_at: next })
      .onConflict((conflict) =>
        conflict.column('name').doUpdateSet({
          cron,
          time_zone: timeZone,
          kind,
          grid,
          input,
          next_run_at: sql<number>`case when job_schedule.cron = excluded.cron and job_schedule.time_zone = excluded.time_zone
            then job_schedule.next_run_at else excluded.next_run_at end`,
        }),
      )
      .returningAll()
      .executeTakeFirstOrThrow();
    return scheduleRecord(row);
  }

  /** False when there was none. */
  async remove(name: string): Promise<boolean> {
    const { numDeletedRows } = await this.#tables()
      .deleteFrom('job_schedule')
      .where('name', '=', name)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  async list(): Promise<readonly ScheduleRecord[]> {
    const rows = await this.#tables().selectFrom('job_schedule').selectAll().orderBy('name').execute();
    return rows.map(scheduleRecord);
  }

  /** When the next one is due; undefined when there is none. */
  async nextDueAt(): Promise<number | undefined> {
    const row = await this.#tables()
      .selectFrom('job_schedule')
      .select('next_run_at')
      .orderBy('next_run_at')
      .limit(1)
      .executeTakeFirst();
    return row?.next_run_at;
  }

  /**
   * Asks for the jobs of all schedules that are due, each once however many times were missed, and not while the one
   * before still waits or runs. Any number of processes may call it at once: one of them asks for each job.
   */
  async enqueueDue(): Promise<readonly JobRecord[]> {
    const jobs: JobRecord[] = [];
    const due = await this.#tables()
      .selectFrom('job_schedule')
      .selectAll()
      .where('next_run_at', '<=', this.#now())
      .orderBy('next_run_at')
      .limit(dueSchedulesMax)
      .execute();
    const errors: unknown[] = [];
    for (const row of due) {
      try {
        const job = await this.#enqueue(row);
        if (job !== undefined) jobs.push(job);
      } catch (error) {
        // One bad schedule does not stop the others.
        errors.push(error);
      }
    }
    if (jobs.length > 0) this.#queue.wanted.notify();
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} schedules could not be run`);
    return jobs;
  }

  /** Moving the schedule on and asking for the job are one transaction: never one without the other. */
  #enqueue(row: ScheduleRow): Promise<JobRecord | undefined> {
    // With a clock behind that of the process which set the time, this run must not be due again.
    const next = nextRun(row.cron, row.time_zone, Math.max(this.#now(), row.next_run_at));
    return this.#queue.database.transaction(
      async (queries) => {
        const moved = await queries
          .tables<JobTables>()
          .updateTable('job_schedule')
          .set({ next_run_at: next })
          .where('name', '=', row.name)
          .where('next_run_at', '=', row.next_run_at)
          .executeTakeFirst();
        if (moved.numUpdatedRows === 0n) return undefined;
        return this.#queue.enqueueIn(queries, {
          kind: row.kind,
          input: parseJson(row.input),
          key: `schedule ${row.name}`,
          ...(row.grid === null ? {} : { grid: row.grid }),
        });
      },
      { retries: 5 },
    );
  }

  #tables() {
    return this.#queue.database.tables<JobTables>();
  }
}

function scheduleRecord(row: ScheduleRow): ScheduleRecord {
  const { name, cron, kind, grid } = row;
  return {
    name,
    cron,
    timeZone: row.time_zone,
    kind,
    grid,
    input: parseJson(row.input),
    nextRunAt: row.next_run_at,
  };
}
