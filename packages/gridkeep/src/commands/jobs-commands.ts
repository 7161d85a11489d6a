import type { JobRecord } from '@gridkeep/storage/jobs/jobs';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import Type from 'typebox';
import { CommandError, installationCommand, usageErrorCode } from './command.ts';
import { describeProgress, formatTable, formatTime } from './format.ts';
import { gridInput } from './grid-input.ts';
import { watchJob } from './run-job.ts';

const stateInput = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('running'),
  Type.Literal('done'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
]);
const listLimitMax = 1000;
const jobInput = Type.String({ description: 'id of the job' });

export const jobsList = installationCommand({
  name: 'jobs list',
  summary: 'List long work, the newest first',
  examples: ['gridkeep jobs list', 'gridkeep jobs list --state failed --limit 10'],
  input: Type.Object(
    {
      state: Type.Optional({ ...stateInput, description: 'only jobs in this state' }),
      limit: Type.Optional(
        Type.Integer({ description: 'how many at most (default 50)', minimum: 1, maximum: listLimitMax }),
      ),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  run: async ({ jobs, tenants }, input) => {
    const grid = input.grid === undefined ? undefined : (await tenants.tenant(input.grid)).grid.slug;
    const page = await jobs.list({
      limit: input.limit ?? 50,
      ...(grid === undefined ? {} : { grid }),
      ...(input.state === undefined ? {} : { states: [input.state] }),
    });
    return {
      data: { jobs: page.jobs.map(jobData) },
      text: formatTable(
        ['JOB', 'KIND', 'GRID', 'STATE', 'ASKED FOR', 'NEWS'],
        page.jobs.map((job) => [
          job.id,
          job.kind,
          job.grid ?? '',
          job.state,
          formatTime(job.createdAt),
          job.error ?? (job.progress === null ? '' : describeProgress(job.progress)),
        ]),
        'There are no such jobs.',
      ),
    };
  },
});

export const jobsWatch = installationCommand({
  name: 'jobs watch',
  summary: 'Follow a job to its end; without a server it is done here',
  examples: ['gridkeep jobs watch 4f0c1bd2-6f0e-4c6b-9a0e-1d4f7c1f2a55'],
  input: Type.Object({ job: jobInput }, { additionalProperties: false }),
  positional: ['job'],
  run: async (installation, input, report) => {
    const job = await watchJob(installation, report, parseJobId(input.job));
    return { data: { job: jobData(job) }, text: `Job ${job.id} is done.` };
  },
});

export const jobsCancel = installationCommand({
  name: 'jobs cancel',
  summary: 'Cancel a job that waits or runs',
  examples: ['gridkeep jobs cancel 4f0c1bd2-6f0e-4c6b-9a0e-1d4f7c1f2a55'],
  input: Type.Object({ job: jobInput }, { additionalProperties: false }),
  positional: ['job'],
  run: async ({ jobs }, input) => {
    const id = parseJobId(input.job);
    const job = await jobs.cancel(id);
    if (job !== undefined)
      return {
        data: { job: jobData(job) },
        text: job.state === 'cancelled' ? `Job ${id} is cancelled.` : `Job ${id} is being cancelled.`,
      };
    const ended = await jobs.get(id);
    throw ended === undefined
      ? new CommandError('not-found', `there is no job ${id}: see "gridkeep jobs list"`)
      : new CommandError('ended', `job ${id} has ended already: ${ended.state}`);
  },
});

function parseJobId(text: string): Uuid {
  const id = tryParseUuid(text);
  if (id === undefined)
    throw new CommandError(
      usageErrorCode,
      `${JSON.stringify(text)} is no job's id: see "gridkeep jobs list"`,
    );
  return id;
}

function jobData(job: JobRecord): Readonly<Record<string, unknown>> {
  const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return {
    ...job,
    createdAt: time(job.createdAt),
    startedAt: time(job.startedAt),
    endedAt: time(job.endedAt),
    runAt: time(job.runAt),
  };
}
