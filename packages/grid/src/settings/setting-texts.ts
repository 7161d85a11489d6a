/** Settings as texts: in the table, on the command line, in messages. */
import { settingDefinitions } from './setting-definitions.ts';
import type { SettingDefinition, SettingName, SettingValues } from './setting-definitions.ts';

const textMax = 4096;
const listMax = 1000;
const urlMax = 1024;

/** A setting does not exist or its value breaks a rule; the message says which. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

export const standardSettings: SettingValues = Object.freeze(valuesOfDefinitions());

function valuesOfDefinitions(): SettingValues {
  const values = Object.fromEntries(settingNames().map((name) => [name, settingDefinitions[name].standard]));
  if (!isComplete(values)) throw new Error('a setting has no standard');
  return values;
}

function isComplete(values: Readonly<Record<string, unknown>>): values is SettingValues {
  return settingNames().every((name) => typeof values[name] === typeof settingDefinitions[name].standard);
}

export function settingNames(): readonly SettingName[] {
  return Object.keys(settingDefinitions).filter(isSettingName);
}

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingDefinitions, name);
}

/** `welcomeMessage` as people write it: `welcome-message`. */
export function settingKey(name: SettingName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function formatSetting(name: SettingName, values: SettingValues): string {
  const value: SettingValues[SettingName] = values[name];
  return typeof value === 'object' ? value.join(', ') : String(value);
}

/** Throws SettingError. */
export function parseSetting(name: SettingName, value: string): Partial<SettingValues> {
  if (value.length > textMax)
    throw new SettingError(`${settingKey(name)} may have at most ${textMax} characters`);
  if (/[\0-\x08\x0b-\x1f\x7f]/.test(value))
    throw new SettingError(`${settingKey(name)} may not hold control characters`);
  const refuse = (rule: string) => new SettingError(`${settingKey(name)}: ${rule}`);
  const parsed = parseValue(settingDefinitions[name], value.trim());
  if (parsed instanceof Error) throw refuse(parsed.message);
  return { [name]: parsed };
}

function parseValue(
  definition: SettingDefinition,
  value: string,
): string | boolean | number | readonly string[] | Error {
  switch (definition.kind) {
    case 'text':
      return value;
    case 'url':
      return parseUrl(value);
    case 'flag':
      return value === 'true' || value === 'false' ? value === 'true' : new Error('must be true or false');
    case 'list': {
      const entries = value.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]));
      return entries.length > listMax ? new Error(`may have at most ${listMax} entries`) : entries;
    }
    case 'whole': {
      const { min, max } = definition;
      const number = /^-?\d{1,9}$/.test(value) ? Number(value) : NaN;
      return number >= min && number <= max
        ? number
        : new Error(`must be a whole number from ${min} to ${max}`);
    }
  }
}

function parseUrl(value: string): string | Error {
  if (value === '') return value;
  const url = value.length <= urlMax && URL.canParse(value) ? new URL(value) : undefined;
  const right = url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.password === '';
  return right
    ? value
    : new Error('must be an address that begins with http:// or https://, without a password');
}
