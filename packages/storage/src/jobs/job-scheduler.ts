import { BackgroundLoop } from './background-loop.ts';
import { ChangeSignal } from './change-signal.ts';
import type { JobSchedules } from './schedules.ts';

/** Another process may have made or changed a schedule, so sleep no longer than this. */
const sleepMsMax = 15_000;
const sleepMsMin = 20;

export interface JobSchedulerOptions {
  readonly schedules: JobSchedules;
  readonly report: (error: unknown) => void;
  /** Unix milliseconds; default Date.now. */
  readonly now?: () => number;
}

/** Asks for scheduled jobs when they are due. Several processes may each run one. */
export class JobScheduler {
  readonly #loop: BackgroundLoop;

  constructor({ schedules, report, now = Date.now }: JobSchedulerOptions) {
    this.#loop = new BackgroundLoop({
      step: async () => {
        await schedules.enqueueDue();
        const due = await schedules.nextDueAt();
        const pauseMs = due === undefined ? sleepMsMax : due - now();
        return Math.max(sleepMsMin, Math.min(sleepMsMax, pauseMs));
      },
      wake: new ChangeSignal(),
      report,
    });
  }

  start(): void {
    this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }
}
