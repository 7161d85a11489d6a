/** The tables of jobs and schedules, and their rows as records. */
import { type Generated, type RawBuilder, sql } from 'kysely';
import type { DialectName, Migration, StoredUuid } from '../database/database.ts';
import { readUuid } from '../database/stored-ids.ts';
import type { Json, JobProgress, JobRecord, JobState } from './jobs.ts';

export interface JobRow {
  id: StoredUuid;
  /** Counts up in the order of asking; lists are cut by it. */
  number: number;
  kind: string;
  grid: string | null;
  state: JobState;
  input: string;
  progress: string | null;
  result: string | null;
  error: string | null;
  attempt: number;
  attempts_max: number;
  cancel_requested: number;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  run_at: number;
  unique_key: string | null;
  lease_owner: string | null;
  /** New with every claim: who does not know it may not write. */
  lease_token: StoredUuid | null;
  lease_until: number | null;
}

export interface ScheduleRow {
  name: string;
  cron: string;
  time_zone: string;
  kind: string;
  grid: string | null;
  input: string;
  next_run_at: number;
}

export interface JobTables {
  job: Omit<JobRow, 'number'> & { number: Generated<number> };
  job_schedule: ScheduleRow;
}

export const jobMigrations: readonly Migration[] = [
  {
    name: 'jobs-1',
    statements: (t) => [
      `create table job (
        number ${t.serial},
        id ${t.uuid} not null unique,
        kind ${t.text} not null,
        grid ${t.text},
        state ${t.text} not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
        input ${t.text} not null,
        progress ${t.text},
        result ${t.text},
        error ${t.text},
        attempt ${t.integer} not null,
        attempts_max ${t.integer} not null,
        cancel_requested ${t.integer} not null,
        created_at ${t.integer} not null,
        started_at ${t.integer},
        ended_at ${t.integer},
        run_at ${t.integer} not null,
        unique_key ${t.text},
        lease_owner ${t.text},
        lease_token ${t.uuid},
        lease_until ${t.integer},
        check ((state = 'running') = (lease_token is not null)),
        check ((state in ('done', 'failed', 'cancelled')) = (ended_at is not null))
      )${t.strict}`,
      `create unique index job_key on job (unique_key) where state in ('waiting', 'running')`,
      `create index job_due on job (run_at, number) where state = 'waiting'`,
      `create index job_leased on job (lease_until) where state = 'running'`,
      `create index job_ended on job (ended_at) where ended_at is not null`,
      `create index job_of_grid on job (grid, number)`,
      `create table job_schedule (
        name ${t.text} primary key,
        cron ${t.text} not null,
        time_zone ${t.text} not null,
        kind ${t.text} not null,
        grid ${t.text},
        input ${t.text} not null,
        next_run_at ${t.integer} not null
      )${t.strict}`,
      `create index job_schedule_due on job_schedule (next_run_at)`,
    ],
  },
];

/** Unix milliseconds by the database's clock: leases of several machines are measured by one clock. */
export function databaseNow(dialect: DialectName): RawBuilder<number> {
  return dialect === 'sqlite'
    ? sql<number>`cast(unixepoch('subsec') * 1000 as integer)`
    : sql<number>`floor(extract(epoch from statement_timestamp()) * 1000)::bigint`;
}

export function jobRecord(row: JobRow): JobRecord {
  return {
    id: readUuid(row.id),
    kind: row.kind,
    grid: row.grid,
    state: row.state,
    input: parseJson(row.input),
    progress: row.progress === null ? null : parseProgress(row.progress),
    result: row.result === null ? null : parseJson(row.result),
    error: row.error,
    attempt: row.attempt,
    attemptsMax: row.attempts_max,
    cancelRequested: row.cancel_requested !== 0,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    runAt: row.run_at,
  };
}

export function parseJson(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}

/** Null for what no program of ours wrote: progress is only shown. */
function parseProgress(text: string): JobProgress | null {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('done' in value) || !('unit' in value)) return null;
  const { done, unit } = value;
  if (typeof done !== 'number' || (unit !== 'bytes' && unit !== 'items' && unit !== 'steps')) return null;
  return {
    done,
    unit,
    ...('total' in value && typeof value.total === 'number' ? { total: value.total } : {}),
    ...('message' in value && typeof value.message === 'string' ? { message: value.message } : {}),
  };
}
