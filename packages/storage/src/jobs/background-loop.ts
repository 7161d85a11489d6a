import { ChangeSignal } from './change-signal.ts';

/** Pause after a step that threw. */
const errorPauseMs = 1000;

export interface BackgroundLoopOptions {
  /** One round; gives the milliseconds to sleep before the next. */
  readonly step: () => Promise<number>;
  /** Wakes the loop early. */
  readonly wake: ChangeSignal;
  /** Told of every error of a step; the loop goes on. */
  readonly report: (error: unknown) => void;
}

/** Runs a step again and again until it is stopped. */
export class BackgroundLoop {
  readonly #options: BackgroundLoopOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: BackgroundLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the step under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { step, wake, report } = this.#options;
    while (!this.#stopping.signal.aborted) {
      let pauseMs = errorPauseMs;
      try {
        pauseMs = await step();
      } catch (error) {
        report(error);
      }
      await wake.sleep(pauseMs, this.#stopping.signal);
    }
  }
}
