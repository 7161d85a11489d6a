/** One command from the command line to its end: secrets asked for, progress shown, interrupts and confirmations handled. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { CommandError, confirmationNeededCode } from '../commands/command.ts';
import type { Command, Outcome, Report } from '../commands/command.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { CommandRunner } from './command-runner.ts';
import { createProgressView } from './progress-view.ts';
import type { ProgressView } from './progress-view.ts';
import { canAsk, confirm } from './prompt.ts';
import { Secrets } from './secrets.ts';

/** What shells report for a program that Ctrl-C ended. */
const interruptedExitCode = 130;
/** One Ctrl-C reaches us twice when npx, which passes it on, runs in the same terminal; in milliseconds. */
const sameSignalMs = 1_000;

export interface RunOptions {
  readonly command: Command;
  readonly input: Record<string, unknown>;
  readonly passwordStdin: boolean;
  readonly loadConfiguration: () => Promise<Configuration>;
  /** Cancels a job, through whatever runs the command. */
  readonly cancelJob: (runner: CommandRunner, job: Uuid) => Promise<void>;
}

export async function runCommand(options: RunOptions): Promise<Outcome> {
  const { command } = options;
  const secrets = new Secrets(command, options.passwordStdin);
  const input = { ...options.input, ...(await secrets.always()) };
  const view = createProgressView(process.stderr);
  if (command.place === 'local') {
    try {
      return await command.run(input, { progress: (progress) => view.show(progress), watching: () => {} });
    } finally {
      view.stop();
    }
  }
  const runner = new CommandRunner(await options.loadConfiguration());
  const interrupts = new Interrupts(view, (job) => options.cancelJob(runner, job));
  const report: Report = {
    progress: (progress) => interrupts.showUnlessAsking(progress),
    watching: (job) => {
      interrupts.watch(job);
      // Who stops watching finds it again by this.
      process.stderr.write(`job ${job}\n`);
    },
  };
  try {
    let given: Record<string, unknown> = input;
    for (;;)
      try {
        return await runner.run(command, given, report);
      } catch (error) {
        view.stop();
        given = { ...given, ...(await secrets.demanded(error)) };
        if (!(error instanceof CommandError) || error.code !== confirmationNeededCode) continue;
        if (given['yes'] === true) throw error;
        if (!canAsk()) throw new CommandError(error.code, `${error.message}; --yes confirms it`);
        if (!(await confirm(`${error.message}. Go on?`)))
          throw new CommandError('declined', 'nothing was changed');
        given = { ...given, yes: true };
      }
  } finally {
    view.stop();
    interrupts.end();
    await runner.close();
  }
}

/** Ctrl-C ends a command at once, but for a watched job, which it offers to cancel. */
class Interrupts {
  readonly #view: ProgressView;
  readonly #cancel: (job: Uuid) => Promise<void>;
  readonly #listener = (): void => this.#interrupted();
  #job: Uuid | undefined;
  #asking = false;
  #interruptedAt = -Infinity;

  constructor(view: ProgressView, cancel: (job: Uuid) => Promise<void>) {
    this.#view = view;
    this.#cancel = cancel;
    process.on('SIGINT', this.#listener);
  }

  watch(job: Uuid): void {
    this.#job = job;
  }

  showUnlessAsking(progress: Parameters<ProgressView['show']>[0]): void {
    if (!this.#asking) this.#view.show(progress);
  }

  end(): void {
    process.off('SIGINT', this.#listener);
  }

  #interrupted(): void {
    const now = performance.now();
    if (now - this.#interruptedAt < sameSignalMs) return;
    if (this.#job === undefined || this.#asking) process.exit(interruptedExitCode);
    this.#interruptedAt = now;
    this.#asking = true;
    this.#view.stop();
    this.#offer(this.#job).then(
      () => (this.#asking = false),
      (error: unknown) => {
        process.stderr.write(`cannot cancel: ${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(interruptedExitCode);
      },
    );
  }

  async #offer(job: Uuid): Promise<void> {
    if (!canAsk() || (await confirm(`Cancel job ${job}?`))) await this.#cancel(job);
  }
}
