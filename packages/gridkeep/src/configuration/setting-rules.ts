/** The rules a setting's value must keep, whichever way it came in. */
import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { logLevels, servicesAccesses } from './configuration.ts';
import type { Configuration, LogLevel, ServicesAccess, Setting } from './configuration.ts';

/** A setting is unknown or its value breaks a rule; the message names the place, the key and the rule. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** The setting's part of a configuration. `value` is text, or what TOML made of it. `place` is for the message. */
export function parseSetting(setting: Setting, value: unknown, place: string): Partial<Configuration> {
  // A secret in a URL must not come back in the message, so only harmless values are shown.
  const refuse = (rule: string): ConfigurationError => {
    const shown = setting.rule.endsWith('-url') ? 'its value' : JSON.stringify(value);
    return new ConfigurationError(`${place}: ${shown} is not allowed: ${rule}`);
  };
  switch (setting.rule) {
    case 'port': {
      const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
      if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535)
        throw refuse('a port is a whole number from 0 (any free one) to 65535');
      return { [setting.key]: port };
    }
    case 'address':
      if (typeof value !== 'string' || (isIP(value) === 0 && value !== 'localhost'))
        throw refuse('it must be an IP address of this machine, for example 127.0.0.1, 0.0.0.0 or ::');
      return { [setting.key]: value };
    case 'networks':
      return { [setting.key]: parseNetworks(value, refuse) };
    case 'services-access':
      if (!isServicesAccess(value)) throw refuse(`it must be one of ${servicesAccesses.join(', ')}`);
      return { [setting.key]: value };
    case 'http-url':
      if (!isUrl(value, ['http:', 'https:']) || new URL(value).href !== `${new URL(value).origin}/`)
        throw refuse('it must look like http://10.0.0.5:8003/, with nothing behind the port');
      return { [setting.key]: new URL(value).href };
    case 'postgres-url':
      if (!isUrl(value, ['postgres:', 'postgresql:']))
        throw refuse('it must look like postgres://user:password@host:5432/database');
      return { [setting.key]: value };
    case 's3-url':
      if (!isUrl(value, ['s3:'])) throw refuse('it must look like s3://bucket/prefix');
      return { [setting.key]: value };
    case 'path':
      if (typeof value !== 'string' || !isAbsolute(value) || value.includes('\0'))
        throw refuse('it must be the whole path of a file, for example /etc/gridkeep/vault.key');
      return { [setting.key]: value };
    case 'time-of-day':
      if (typeof value !== 'string' || !/^(?:([01]\d|2[0-3]):[0-5]\d|off)$/.test(value))
        throw refuse('it must look like 03:00, or be off');
      return { [setting.key]: value };
    case 'log-level':
      if (!isLogLevel(value)) throw refuse(`it must be one of ${logLevels.join(', ')}`);
      return { [setting.key]: value };
  }
}

function isUrl(value: unknown, protocols: readonly string[]): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const url = new URL(value);
  return protocols.includes(url.protocol) && url.hostname !== '';
}

const networksMax = 1000;

/** A text with commas, or an array of texts; each an IP address or a network such as 192.0.2.0/24. */
function parseNetworks(value: unknown, refuse: (rule: string) => ConfigurationError): readonly string[] {
  const entries: unknown[] = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [];
  if (typeof value !== 'string' && !Array.isArray(value)) throw refuse('it must be a list of networks');
  if (entries.length > networksMax) throw refuse(`it may have at most ${networksMax} networks`);
  const networks: string[] = [];
  for (const entry of entries) {
    const network = typeof entry === 'string' ? entry.trim() : entry;
    if (network === '') continue;
    if (!isNetwork(network)) throw refuse('a network is an IP address, or one with its length: 192.0.2.0/24');
    networks.push(network);
  }
  return networks;
}

function isNetwork(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const [address = '', length, ...more] = value.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128));
}

function isServicesAccess(value: unknown): value is ServicesAccess {
  return servicesAccesses.some((access) => access === value);
}

function isLogLevel(value: unknown): value is LogLevel {
  return logLevels.some((level) => level === value);
}
