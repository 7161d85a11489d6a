/** The program behind `gridkeep`: arguments in, exit code out. 0 done, 1 failed, 2 wrong usage. */
import { CommanderError } from 'commander';
import { usageErrorCode } from '../commands/command.ts';
import { commands } from '../commands/commands.ts';
import { jobsCancel } from '../commands/jobs-commands.ts';
import { describeError } from '../commands/describe-error.ts';
import { loadConfiguration } from '../configuration/load-configuration.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { printError, printOutcome } from './output.ts';
import { buildProgram } from './program.ts';
import type { CommonFlags } from './program.ts';
import { runCommand } from './run-command.ts';

const streams = { out: process.stdout, err: process.stderr };

export async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  let exitCode = 0;
  const configurationOf = (flags: CommonFlags): Promise<Configuration> =>
    loadConfiguration({
      environment: process.env,
      flags: flags.configuration,
      workingFolder: process.cwd(),
    });
  const program = buildProgram(
    commands,
    {
      run: async (command, input, flags) => {
        const outcome = await runCommand({
          command,
          input,
          passwordStdin: flags.passwordStdin,
          loadConfiguration: () => configurationOf(flags),
          cancelJob: async (runner, job) => {
            await runner.run(jobsCancel, { job }, { progress: () => {}, watching: () => {} });
          },
        });
        printOutcome(streams, outcome, flags.json);
        exitCode = outcome.exitCode ?? 0;
      },
      start: async (flags) => {
        const { runServer } = await import('../server/run-server.ts');
        await runServer(await configurationOf(flags), flags.json);
      },
    },
    {
      out: (text) => process.stdout.write(text),
      // With --json the one document tells the error.
      err: (text) => json || process.stderr.write(text),
    },
  );
  if (args.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return commanderExit(error, json);
    const description = describeError(error);
    printError(streams, description, json);
    if (!description.expected && error instanceof Error && !json)
      process.stderr.write(`${error.stack ?? ''}\n`);
    return description.code === usageErrorCode ? 2 : 1;
  }
}

/** commander throws for help and version too; its own exit code for wrong usage is 1. */
function commanderExit(error: CommanderError, json: boolean): number {
  if (error.exitCode === 0) return 0;
  if (json) {
    const message = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
    const text = message === '(outputHelp)' ? 'a command is missing' : message;
    printError(streams, { code: usageErrorCode, message: text }, json);
  }
  return 2;
}
