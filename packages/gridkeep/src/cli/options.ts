/** Turns a command's described input into flags and arguments of commander, and what commander parsed into that input. */
import { resolve } from 'node:path';
import { Argument, InvalidArgumentError, Option } from 'commander';
import type { Command as CommanderCommand } from 'commander';
import Type from 'typebox';
import type { TSchema } from 'typebox';
import type { Command } from '../commands/command.ts';

/** `--grid` also reads better as one word for every command that works on a grid. */
export function flagOf(property: string): string {
  return property.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Adds an argument or a flag for every property of the input, but for secrets, which never stand on a command line. */
export function addInput(target: CommanderCommand, command: Command): void {
  for (const property of command.positional) {
    const schema = propertyOf(command, property);
    const name = flagOf(property);
    const dots = Type.IsArray(schema) ? '...' : '';
    const form = Type.IsOptional(schema) ? `[${name}${dots}]` : `<${name}${dots}>`;
    target.addArgument(new Argument(form, descriptionOf(schema)));
  }
  for (const [property, schema] of Object.entries(command.input.properties)) {
    if (command.positional.includes(property) || isSecret(command, property)) continue;
    target.addOption(optionOf(property, schema));
  }
  if (command.secrets.length + command.secretsOnDemand.length > 0)
    target.addOption(
      new Option('--password-stdin', 'read the password from the first line of standard input'),
    );
}

/** The input object, secrets not yet in it. */
export function collectInput(
  command: Command,
  positional: readonly unknown[],
  flags: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [property, schema] of Object.entries(command.input.properties)) {
    const at = command.positional.indexOf(property);
    const value = at >= 0 ? positional[at] : flagValue(property, flags);
    if (value === undefined || (Array.isArray(value) && value.length === 0 && Type.IsOptional(schema)))
      continue;
    input[property] = command.paths.includes(property) && typeof value === 'string' ? resolve(value) : value;
  }
  return input;
}

/** Commander takes `--no-repair` for `repair: false`, and says `repair: true` where it is not given. */
function flagValue(property: string, flags: Readonly<Record<string, unknown>>): unknown {
  const negated = /^no([A-Z])(.*)$/.exec(property);
  if (negated === null) return flags[property];
  const [, first = '', rest = ''] = negated;
  return flags[first.toLowerCase() + rest] === false ? true : undefined;
}

function isSecret(command: Command, property: string): boolean {
  return command.secrets.includes(property) || command.secretsOnDemand.includes(property);
}

function propertyOf(command: Command, property: string): TSchema {
  const schema = command.input.properties[property];
  if (schema === undefined) throw new Error(`command ${command.name} has no input ${property}`);
  return schema;
}

function optionOf(property: string, schema: TSchema): Option {
  const flag = `--${flagOf(property)}`;
  const description = descriptionOf(schema);
  if (Type.IsBoolean(schema)) return new Option(flag, description);
  const option = new Option(`${flag} <${valueName(schema)}>`, description);
  if (!Type.IsOptional(schema)) option.makeOptionMandatory();
  const choices = choicesOf(schema);
  if (choices !== undefined) return option.choices(choices);
  if (Type.IsInteger(schema) || Type.IsNumber(schema)) return option.argParser(parseNumber);
  if (Type.IsArray(schema))
    return option.argParser((value: string, before: unknown) =>
      Array.isArray(before) ? [...before, value] : [value],
    );
  return option;
}

function valueName(schema: TSchema): string {
  if (Type.IsInteger(schema) || Type.IsNumber(schema)) return 'number';
  return 'title' in schema && typeof schema.title === 'string' ? schema.title : 'text';
}

function descriptionOf(schema: TSchema): string {
  return 'description' in schema && typeof schema.description === 'string' ? schema.description : '';
}

function choicesOf(schema: TSchema): readonly string[] | undefined {
  if (!Type.IsUnion(schema)) return undefined;
  const choices = schema.anyOf.flatMap((one) =>
    Type.IsLiteral(one) && typeof one.const === 'string' ? [one.const] : [],
  );
  return choices.length === schema.anyOf.length ? choices : undefined;
}

function parseNumber(text: string): number {
  const number = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(number)) throw new InvalidArgumentError('It must be a number.');
  return number;
}
