/** What can be configured: one table of settings serves the file, the environment, the flags and the printed form. */
import { resolve } from 'node:path';

export interface Configuration {
  /** Absolute path. */
  readonly data: string;
  /** The address that the three ports are bound to. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly publicPort: number;
  readonly servicesPort: number;
  readonly panelPort: number;
  /** Networks (CIDR) that may use the services port at all; empty: no limit beside the credential. */
  readonly simulatorAddresses: readonly string[];
  /** `open`: requests without a credential count as simulators', for networks that nobody else can reach. */
  readonly servicesAccess: ServicesAccess;
  /** Address under which simulators reach the services port; absent: a grid's host name and the port. */
  readonly servicesUrl?: string;
  /** Networks (CIDR) of reverse proxies before the public port, whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** postgres://…; absent: SQLite files in the data folder. */
  readonly databaseUrl?: string;
  /** s3://…; absent: packs in the data folder. */
  readonly blobsUrl?: string;
  /** File under which passwords of vaults are kept; absent: vault.key in the data folder. */
  readonly vaultKeyFile?: string;
  /** When grids are backed up every night, in the zone of each; `off` for never. */
  readonly backupTime: string;
  readonly logLevel: LogLevel;
}

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export const servicesAccesses = ['credential', 'open'] as const;
export type ServicesAccess = (typeof servicesAccesses)[number];

export type SettingKey = keyof Omit<Configuration, 'data'>;

export interface Setting {
  readonly key: SettingKey;
  /** In gridkeep.toml. */
  readonly fileKey: string;
  readonly environment: string;
  /** Long flag of the command line. */
  readonly flag: string;
  readonly rule:
    | 'port'
    | 'address'
    | 'networks'
    | 'services-access'
    | 'http-url'
    | 'postgres-url'
    | 's3-url'
    | 'path'
    | 'time-of-day'
    | 'log-level';
  readonly description: string;
}

export const settings: readonly Setting[] = [
  setting('host', 'address', 'address that the three ports are bound to (default 127.0.0.1)'),
  setting('publicPort', 'port', 'port for viewers and foreign grids (default 8002)'),
  setting('servicesPort', 'port', 'port for region simulators (default 8003)'),
  setting('panelPort', 'port', 'port of panel and API (default 8080)'),
  setting(
    'simulatorAddresses',
    'networks',
    'networks that may use the services port, such as 10.0.0.0/8, ::1',
  ),
  setting('servicesAccess', 'services-access', 'credential (default), or open: for closed networks only'),
  setting('servicesUrl', 'http-url', 'address of the services port as simulators see it'),
  setting('trustedProxies', 'networks', 'networks of reverse proxies whose X-Forwarded-For is believed'),
  setting('databaseUrl', 'postgres-url', 'postgres://… instead of SQLite in the data folder'),
  setting('blobsUrl', 's3-url', 's3://bucket/prefix?endpoint=… instead of packs in the data folder'),
  setting(
    'vaultKeyFile',
    'path',
    'file that opens what is kept of vaults (default vault.key in the data folder)',
  ),
  setting(
    'backupTime',
    'time-of-day',
    "when grids are backed up, in each grid's zone, or off (default 03:00)",
  ),
  setting('logLevel', 'log-level', `least level that is logged: ${logLevels.join(', ')} (default info)`),
];

export const dataEnvironment = 'GRIDKEEP_DATA';
export const configurationFile = 'gridkeep.toml';

export function defaultConfiguration(data: string): Configuration {
  return {
    data: resolve(data),
    host: '127.0.0.1',
    publicPort: 8002,
    servicesPort: 8003,
    panelPort: 8080,
    simulatorAddresses: [],
    servicesAccess: 'credential',
    trustedProxies: [],
    backupTime: '03:00',
    logLevel: 'info',
  };
}

function setting(key: SettingKey, rule: Setting['rule'], description: string): Setting {
  const words = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return {
    key,
    fileKey: words,
    environment: `GRIDKEEP_${words.toUpperCase()}`,
    flag: words.replaceAll('_', '-'),
    rule,
    description,
  };
}
