/** Long work is a job: asked for, done by this process's worker or the server's, and watched to its end. */
import type { JobRecord, NewJob } from '@gridkeep/storage/jobs/jobs';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import type { Installation } from '../installation/installation.ts';
import { CommandError } from './command.ts';
import type { Report } from './command.ts';

/** The job's result. Throws a CommandError when it failed, was cancelled, or the program stops before its end. */
export async function runJob<Schema extends TSchema>(
  installation: Installation,
  report: Report,
  resultSchema: Schema,
  job: NewJob,
): Promise<Static<Schema>> {
  const { id } = await installation.jobs.enqueue(job);
  const { result } = await watchJob(installation, report, id);
  if (Value.Check(resultSchema, result)) return result;
  throw new CommandError('failed', `job ${id} ended with a result that this version does not know`);
}

/** The job once it is done; errors as `runJob`. */
export async function watchJob({ jobs, worker }: Installation, report: Report, id: Uuid): Promise<JobRecord> {
  let last: JobRecord | undefined;
  for await (const record of jobs.watch(id, worker.stopping)) {
    if (last === undefined) {
      report.watching(id);
      worker.ensure(record.kind);
    }
    last = record;
    if (record.state === 'waiting' && record.error !== null)
      report.progress({ done: 0, unit: 'steps', message: `waits for another try, since: ${record.error}` });
    else if (record.progress !== null) report.progress(record.progress);
  }
  if (last === undefined)
    throw new CommandError('not-found', `there is no job ${id}: see "gridkeep jobs list"`);
  switch (last.state) {
    case 'done':
      return last;
    case 'failed':
      throw new CommandError('job-failed', last.error ?? `job ${id} failed`);
    case 'cancelled':
      throw new CommandError('cancelled', `job ${id} was cancelled; nothing of it was kept`);
    case 'waiting':
    case 'running':
      throw new CommandError(
        'stopping',
        `the program stops; job ${id} goes on after the next "gridkeep start"`,
      );
  }
}
