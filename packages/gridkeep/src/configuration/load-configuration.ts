/** Puts a configuration together: defaults, then gridkeep.toml in the data folder, then the environment, then flags. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { configurationFile, dataEnvironment, defaultConfiguration, settings } from './configuration.ts';
import type { Configuration } from './configuration.ts';
import { ConfigurationError, parseSetting } from './setting-rules.ts';

export interface ConfigurationSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By the flag's name without dashes; `data` among them. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** What a relative data folder is relative to. */
  readonly workingFolder: string;
}

const prefix = 'GRIDKEEP_';
/** Variables with our prefix that are no settings: passwords for one command, and what the tests need. */
const otherVariables = [
  'GRIDKEEP_PASSWORD',
  'GRIDKEEP_VAULT_PASSWORD',
  'GRIDKEEP_NEW_VAULT_PASSWORD',
  'GRIDKEEP_FIXTURES',
  'GRIDKEEP_REQUIRE_ALL',
  'GRIDKEEP_KILL_ROUNDS',
];
const testPrefix = 'GRIDKEEP_TEST_';

/** Throws a ConfigurationError that names the first unknown key or bad value. */
export async function loadConfiguration(sources: ConfigurationSources): Promise<Configuration> {
  const { environment, flags } = sources;
  refuseUnknownVariables(environment);
  const data = flags['data'] ?? environment[dataEnvironment] ?? 'data';
  if (data === '') throw new ConfigurationError('the data folder has an empty name');
  let configuration = defaultConfiguration(resolve(sources.workingFolder, data));
  configuration = { ...configuration, ...(await readFile(join(configuration.data, configurationFile))) };
  for (const setting of settings) {
    const value = environment[setting.environment];
    if (value !== undefined)
      configuration = { ...configuration, ...parseSetting(setting, value, setting.environment) };
  }
  for (const setting of settings) {
    const value = flags[setting.flag];
    if (value === undefined) continue;
    configuration = { ...configuration, ...parseSetting(setting, value, `--${setting.flag}`) };
    if (setting.rule.endsWith('-url') && new URL(value).password !== '')
      throw new ConfigurationError(
        `--${setting.flag}: a password on a command line can be seen by every user of the machine; use ${setting.environment}`,
      );
  }
  return configuration;
}

function refuseUnknownVariables(environment: ConfigurationSources['environment']): void {
  const known = new Set([...settings.map((one) => one.environment), dataEnvironment, ...otherVariables]);
  for (const name of Object.keys(environment).sort())
    if (name.startsWith(prefix) && !name.startsWith(testPrefix) && !known.has(name))
      throw new ConfigurationError(
        `environment: ${name} is not a setting; there are: ${[dataEnvironment, ...settings.map((one) => one.environment)].join(', ')}`,
      );
}

async function readFile(path: string): Promise<Partial<Configuration>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return {};
    throw new ConfigurationError(`${path}: ${error instanceof Error ? error.message : 'cannot be read'}`);
  }
  // Loaded only where there is a file, since most installations have none.
  const { parse, TomlError } = await import('smol-toml');
  let table: Record<string, unknown>;
  try {
    table = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The library's message quotes the faulty lines, which may hold a password.
    throw new ConfigurationError(`${path}: not valid TOML at line ${error.line}, column ${error.column}`);
  }
  let found: Partial<Configuration> = {};
  for (const [key, value] of Object.entries(table)) {
    const setting = settings.find((one) => one.fileKey === key);
    if (setting === undefined)
      throw new ConfigurationError(
        `${path}: ${key} is not a setting; there are: ${settings.map((one) => one.fileKey).join(', ')}`,
      );
    found = { ...found, ...parseSetting(setting, value, `${path}: ${key}`) };
  }
  return found;
}
