/** One command from the command line to its end: secrets asked for, progress shown, interrupts and confirmations handled. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { CommandError, confirmationNeededCode, usageErrorCode } from '../commands/command.ts';
import type { Command, Outcome, Report } from '../commands/command.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { CommandRunner } from './command-runner.ts';
import { createProgressView } from './progress-view.ts';
import type { ProgressView } from './progress-view.ts';
import { askSecret, canAsk, confirm, readFirstLine } from './prompt.ts';

const passwordEnvironment = 'GRIDKEEP_PASSWORD';
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
  const input = { ...options.input, ...(await readSecrets(command, options.passwordStdin)) };
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
    try {
      return await runner.run(command, input, report);
    } catch (error) {
      if (!(error instanceof CommandError) || error.code !== confirmationNeededCode) throw error;
      view.stop();
      if (!canAsk()) throw new CommandError(error.code, `${error.message}; --yes confirms it`);
      if (!(await confirm(`${error.message}. Go on?`)))
        throw new CommandError('declined', 'nothing was changed');
      return await runner.run(command, { ...input, yes: true }, report);
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

async function readSecrets(command: Command, fromStdin: boolean): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {};
  for (const name of command.secrets) secrets[name] = await readSecret(fromStdin);
  return secrets;
}

async function readSecret(fromStdin: boolean): Promise<string> {
  if (fromStdin) return readFirstLine(process.stdin);
  const given = process.env[passwordEnvironment];
  if (given !== undefined) return given;
  if (!canAsk())
    throw new CommandError(
      usageErrorCode,
      `a password is needed: --password-stdin reads it from standard input, ${passwordEnvironment} from the environment`,
    );
  const first = await askSecret('Password: ');
  if ((await askSecret('The same again: ')) !== first)
    throw new CommandError('mismatch', 'the two passwords differ');
  return first;
}
