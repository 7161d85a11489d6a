/** Small recurring work of a grid, such as clearing what nobody asks for any more; one process does each task at a time. */
import type { Database } from '@gridkeep/storage/database/database';
import { BackgroundLoop } from '@gridkeep/storage/jobs/background-loop';
import { ChangeSignal } from '@gridkeep/storage/jobs/change-signal';
import type { BackgroundWork } from '../background-work.ts';
import type { ServiceLog } from '../service-log.ts';
import { claimTask, taskIsDue } from './upkeep-store.ts';

export interface UpkeepTask {
  /** Unique in a grid, and never changed: it says in the database when the task is due. */
  readonly name: string;
  readonly everyMs: number;
  /** Must bear being broken off at any statement: it is done again when it is due again. */
  readonly run: () => Promise<void>;
}

export interface UpkeepOptions {
  readonly database: Database;
  readonly log: ServiceLog;
  readonly tasks: readonly UpkeepTask[];
  /** Unix milliseconds; for tests. */
  readonly now?: () => number;
}

/** How often it is looked whether something is due, in milliseconds. */
const lookMs = 60_000;

export class Upkeep implements BackgroundWork {
  readonly name = 'upkeep';
  readonly #options: UpkeepOptions;
  readonly #loop: BackgroundLoop;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#loop = new BackgroundLoop({
      step: async () => {
        await this.runDue();
        return lookMs;
      },
      wake: new ChangeSignal(),
      report: (error) => options.log.error({ err: error }, 'upkeep could not be looked at'),
    });
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  /** Does what is due and not begun by another process. A task that fails is reported and waits for its next turn. */
  async runDue(): Promise<void> {
    const { database, log, tasks, now = Date.now } = this.#options;
    for (const { name, everyMs, run } of tasks) {
      // Mostly nothing is due, and then nothing is written.
      if (!(await taskIsDue(database, name, now()))) continue;
      if (!(await claimTask(database, name, now(), now() + everyMs))) continue;
      try {
        await run();
      } catch (error) {
        log.error({ err: error, task: name }, 'a task of upkeep failed');
      }
    }
  }
}
