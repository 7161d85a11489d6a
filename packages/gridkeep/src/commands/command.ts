/**
 * A command is one function with a described input. The command line parses its words into that input; the function then
 * runs in the server that owns the data folder, or in the command line's own process when no server runs: the same code.
 */
import type { JobProgress } from '@gridkeep/storage/jobs/jobs';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { Static, TObject } from 'typebox';
import Value from 'typebox/value';
import type { Installation } from '../installation/installation.ts';

/** What a command tells while it works. */
export interface Report {
  progress(progress: JobProgress): void;
  /** The command waits for this job now; who watches may cancel it. */
  watching(job: Uuid): void;
}

export interface Outcome {
  /** The one JSON document of --json. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The same for people, without a final line end. */
  readonly text: string;
  /** 1 where the command worked but what it found is bad news; default 0. */
  readonly exitCode?: 0 | 1;
}

/** Ends a command with one sentence for a person and a code for programs. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The words were wrong, not the work: exit code 2. */
export const usageErrorCode = 'usage';
/** The same command with `yes: true` would go on. */
export const confirmationNeededCode = 'confirmation-needed';
/** The same command with `vaultPassword`, or `newVaultPassword`, would go on. */
export const vaultPasswordNeededCode = 'vault-password-needed';
export const newVaultPasswordNeededCode = 'new-vault-password-needed';

interface CommandShape {
  /** The words that call it, for example 'grid create'. */
  readonly name: string;
  readonly summary: string;
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** Its properties become flags, except those listed as `positional`. */
  readonly input: TObject;
  /** In the order of the command line; the last may be an array. */
  readonly positional: readonly string[];
  /** File paths: made absolute before they travel. */
  readonly paths: readonly string[];
  /** Never flags: read from a prompt, standard input or the environment. */
  readonly secrets: readonly string[];
  /** Secrets too, but only asked for when the command says that it needs them. */
  readonly secretsOnDemand: readonly string[];
}

/** Works on the data folder. */
export interface InstallationCommand extends CommandShape {
  readonly place: 'installation';
  /** May be the first thing that happens in an empty data folder. */
  readonly makesFolder: boolean;
  run(installation: Installation, input: unknown, report: Report): Promise<Outcome>;
}

/** Needs only its input and files: always runs in the command line's process. */
export interface LocalCommand extends CommandShape {
  readonly place: 'local';
  run(input: unknown, report: Report): Promise<Outcome>;
}

export type Command = InstallationCommand | LocalCommand;

interface Definition<Input extends TObject> {
  readonly name: string;
  readonly summary: string;
  readonly examples: readonly string[];
  readonly input: Input;
  readonly positional?: readonly (keyof Static<Input> & string)[];
  readonly paths?: readonly (keyof Static<Input> & string)[];
  readonly secrets?: readonly (keyof Static<Input> & string)[];
  readonly secretsOnDemand?: readonly (keyof Static<Input> & string)[];
}

interface InstallationDefinition<Input extends TObject> extends Definition<Input> {
  readonly makesFolder?: boolean;
  run(installation: Installation, input: Static<Input>, report: Report): Promise<Outcome>;
}

interface LocalDefinition<Input extends TObject> extends Definition<Input> {
  run(input: Static<Input>, report: Report): Promise<Outcome>;
}

export function installationCommand<Input extends TObject>(
  definition: InstallationDefinition<Input>,
): InstallationCommand {
  return {
    ...shapeOf(definition),
    place: 'installation',
    makesFolder: definition.makesFolder ?? false,
    run: async (installation, input, report) =>
      definition.run(installation, parseInput(definition.input, input), report),
  };
}

export function localCommand<Input extends TObject>(definition: LocalDefinition<Input>): LocalCommand {
  return {
    ...shapeOf(definition),
    place: 'local',
    run: async (input, report) => definition.run(parseInput(definition.input, input), report),
  };
}

function shapeOf<Input extends TObject>(definition: Definition<Input>): CommandShape {
  return {
    name: definition.name,
    summary: definition.summary,
    examples: definition.examples,
    input: definition.input,
    positional: definition.positional ?? [],
    paths: definition.paths ?? [],
    secrets: definition.secrets ?? [],
    secretsOnDemand: definition.secretsOnDemand ?? [],
  };
}

/** Throws a CommandError `usage` that names the field and the rule. */
export function parseInput<Input extends TObject>(schema: Input, input: unknown): Static<Input> {
  if (Value.Check(schema, input)) return input;
  const first = Value.Errors(schema, input)[0];
  const field = first?.instancePath.slice(1) ?? '';
  throw new CommandError(
    usageErrorCode,
    `${field === '' ? 'input' : field}: ${first?.message ?? 'is not allowed'}`,
  );
}
