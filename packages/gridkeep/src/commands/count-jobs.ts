import type { JobQueue } from '@gridkeep/storage/jobs/job-queue';

export interface JobCounts {
  readonly waiting: number;
  readonly running: number;
  /** In the last day. */
  readonly failedLately: number;
}

const dayMs = 86_400_000;
/** More than this is counted as this. */
const countMax = 1000;

export async function countJobs(jobs: JobQueue): Promise<JobCounts> {
  const open = await jobs.list({ states: ['waiting', 'running'], limit: countMax });
  const failed = await jobs.list({ states: ['failed'], limit: countMax });
  const since = Date.now() - dayMs;
  const running = open.jobs.filter((job) => job.state === 'running').length;
  return {
    running,
    waiting: open.jobs.length - running,
    failedLately: failed.jobs.filter((job) => (job.endedAt ?? 0) >= since).length,
  };
}
