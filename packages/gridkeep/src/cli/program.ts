/** The command line as commander sees it: groups, flags, help with examples; what is chosen is handed on. */
import { Command as CommanderCommand } from 'commander';
import type { Command } from '../commands/command.ts';
import { gridkeepVersion } from '../gridkeep-version.ts';
import { dataEnvironment, settings } from '../configuration/configuration.ts';
import type { SettingKey } from '../configuration/configuration.ts';
import { addInput, collectInput } from './options.ts';

/** What every command line may say besides the command's own input. */
export interface CommonFlags {
  readonly json: boolean;
  /** Flags of the configuration by name without dashes. */
  readonly configuration: Readonly<Record<string, string | undefined>>;
}

export interface Choice {
  readonly run: (
    command: Command,
    input: Record<string, unknown>,
    flags: CommonFlags & { readonly passwordStdin: boolean },
  ) => Promise<void>;
  readonly start: (flags: CommonFlags) => Promise<void>;
}

export interface ProgramOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const groups: Readonly<Record<string, string>> = {
  grid: 'grids of this installation',
  resident: 'residents of a grid',
  region: 'regions of a grid, and their archives (OAR)',
  inventory: "residents' inventories, and their archives (IAR)",
  archive: 'OAR and IAR files, without any grid',
  blobs: 'the store that keeps all content',
  backup: 'backups of a grid: made, looked into, compared, restored, proven',
  'backup certificate': 'the signed statement of what is in a vault',
  vault: 'where backups are, and who can read them',
  'vault targets': 'the places of a vault',
  jobs: 'long work',
  simulator: 'credentials of region simulators',
};

/** Settings that decide where an installation's records, content and keys are, so every command takes them. */
const everywhere: ReadonlySet<SettingKey> = new Set<SettingKey>(['databaseUrl', 'blobsUrl', 'vaultKeyFile']);

export function buildProgram(
  commands: readonly Command[],
  choice: Choice,
  output: ProgramOutput,
): CommanderCommand {
  const program = new CommanderCommand('gridkeep')
    .description('Runs OpenSimulator grids: content kept once, checked, and given back.')
    .version(gridkeepVersion)
    .exitOverride()
    .configureOutput({ writeOut: output.out, writeErr: output.err })
    .configureHelp({ showGlobalOptions: true })
    .option('--data <folder>', `the data folder (environment ${dataEnvironment}, default ./data)`)
    .option('--json', 'print one JSON document');
  for (const setting of settings)
    if (everywhere.has(setting.key))
      program.option(`--${setting.flag} <${setting.rule === 'path' ? 'file' : 'url'}>`, setting.description);
  addStart(program, choice);
  for (const command of commands) addCommand(program, command, choice);
  program.addHelpText(
    'after',
    examplesText([
      'gridkeep start',
      'gridkeep status',
      'gridkeep resident create "Ada Lovelace"',
      'gridkeep region load "Big Bay" big-bay.oar',
    ]),
  );
  return program;
}

function addStart(program: CommanderCommand, choice: Choice): void {
  const start = program
    .command('start')
    .description('Run the server until it is told to stop (SIGTERM or Ctrl-C)')
    .addHelpText(
      'after',
      examplesText([
        'gridkeep start',
        'gridkeep start --data /srv/grids --host 0.0.0.0',
        'gridkeep start --panel-port 0',
      ]),
    );
  for (const setting of settings)
    if (!everywhere.has(setting.key)) start.option(`--${setting.flag} <value>`, setting.description);
  start.action(() => choice.start(commonFlags(start)));
}

function addCommand(program: CommanderCommand, command: Command, choice: Choice): void {
  const words = command.name.split(' ');
  const last = words.pop() ?? command.name;
  let parent = program;
  let path = '';
  for (const word of words) {
    path = path === '' ? word : `${path} ${word}`;
    const known = parent.commands.find((one) => one.name() === word);
    parent = known ?? parent.command(word).description(groups[path] ?? '');
  }
  const leaf = parent
    .command(last)
    .description(command.summary)
    .addHelpText('after', examplesText(command.examples));
  addInput(leaf, command);
  leaf.action(() => {
    const flags: Record<string, unknown> = leaf.opts();
    const input = collectInput(command, leaf.processedArgs, flags);
    return choice.run(command, input, {
      ...commonFlags(leaf),
      passwordStdin: flags['passwordStdin'] === true,
    });
  });
}

function commonFlags(leaf: CommanderCommand): CommonFlags {
  const all: Record<string, unknown> = leaf.optsWithGlobals();
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return {
    json: all['json'] === true,
    configuration: {
      data: text(all['data']),
      ...Object.fromEntries(settings.map((setting) => [setting.flag, text(all[setting.key])])),
    },
  };
}

function examplesText(examples: readonly string[]): string {
  return `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`;
}
