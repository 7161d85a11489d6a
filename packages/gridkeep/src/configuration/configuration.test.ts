import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { defaultConfiguration } from './configuration.ts';
import { loadConfiguration } from './load-configuration.ts';
import { ConfigurationError } from './setting-rules.ts';
import { maskUrl, showConfiguration } from './show-configuration.ts';

interface Sources {
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
}

const secret = 'hunter2';
const databaseUrl = `postgres://gridkeep:${secret}@db.example:5432/gridkeep`;

const accepted: readonly (readonly [string, Sources, object])[] = [
  ['nothing set', {}, {}],
  ['an empty file', { file: '' }, {}],
  ['a file', { file: 'public_port = 9002\nhost = "::"' }, { publicPort: 9002, host: '::' }],
  [
    'environment over file',
    { file: 'public_port = 1\npanel_port = 2', environment: { GRIDKEEP_PUBLIC_PORT: '3' } },
    { publicPort: 3, panelPort: 2 },
  ],
  [
    'flags over environment over file',
    {
      file: 'services_port = 1',
      environment: { GRIDKEEP_SERVICES_PORT: '2' },
      flags: { 'services-port': '0' },
    },
    { servicesPort: 0 },
  ],
  ['a secret in the environment', { environment: { GRIDKEEP_DATABASE_URL: databaseUrl } }, { databaseUrl }],
  [
    'S3',
    { environment: { GRIDKEEP_BLOBS_URL: 's3://worlds/packs?region=eu' } },
    { blobsUrl: 's3://worlds/packs?region=eu' },
  ],
  ['variables of others', { environment: { GRIDKEEP_PASSWORD: 'x', GRID: 'y' } }, {}],
  ['the log level', { flags: { 'log-level': 'debug' } }, { logLevel: 'debug' }],
  [
    'networks as a list in the file',
    { file: 'simulator_addresses = ["10.0.0.0/8", "2001:db8::/32", "::1"]' },
    { simulatorAddresses: ['10.0.0.0/8', '2001:db8::/32', '::1'] },
  ],
  [
    'networks with commas in the environment',
    { environment: { GRIDKEEP_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8,' } },
    { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] },
  ],
  [
    'vaults',
    { file: 'vault_key_file = "/etc/gridkeep/vault.key"\nbackup_time = "23:45"' },
    { vaultKeyFile: '/etc/gridkeep/vault.key', backupTime: '23:45' },
  ],
  ['no nightly backups', { environment: { GRIDKEEP_BACKUP_TIME: 'off' } }, { backupTime: 'off' }],
  [
    'passwords of vaults',
    { environment: { GRIDKEEP_VAULT_PASSWORD: 'x', GRIDKEEP_NEW_VAULT_PASSWORD: 'y' } },
    {},
  ],
  ['open services', { file: 'services_access = "open"' }, { servicesAccess: 'open' }],
  [
    'the address of the services port',
    { environment: { GRIDKEEP_SERVICES_URL: 'http://10.0.0.5:8003' } },
    { servicesUrl: 'http://10.0.0.5:8003/' },
  ],
];

const refused: readonly (readonly [string, Sources, RegExp])[] = [
  [
    'unknown key in the file',
    { file: 'publicport = 1' },
    /gridkeep\.toml: publicport is not a setting; there are: host/,
  ],
  ['a table in the file', { file: '[public_port]\nx = 1' }, /public_port.*whole number/],
  [
    'a wrong type in the file',
    { file: 'public_port = "many"' },
    /public_port: "many" is not allowed: a port/,
  ],
  ['broken TOML', { file: 'public_port = ' }, /gridkeep\.toml: not valid TOML at line 1/],
  [
    'unknown variable',
    { environment: { GRIDKEEP_PUBLIC_PROT: '1' } },
    /GRIDKEEP_PUBLIC_PROT is not a setting/,
  ],
  ['port too high', { environment: { GRIDKEEP_PANEL_PORT: '65536' } }, /GRIDKEEP_PANEL_PORT: "65536"/],
  ['port below zero', { flags: { 'panel-port': '-1' } }, /--panel-port: "-1"/],
  ['port with a fraction', { file: 'panel_port = 80.5' }, /panel_port: 80\.5/],
  ['port in another base', { environment: { GRIDKEEP_PANEL_PORT: '0x50' } }, /GRIDKEEP_PANEL_PORT/],
  ['an empty port', { environment: { GRIDKEEP_PANEL_PORT: '' } }, /GRIDKEEP_PANEL_PORT/],
  [
    'a host name',
    { environment: { GRIDKEEP_HOST: 'example.org' } },
    /GRIDKEEP_HOST: "example.org".*IP address/,
  ],
  [
    'another database',
    { environment: { GRIDKEEP_DATABASE_URL: `mysql://a:${secret}@b/c` } },
    /GRIDKEEP_DATABASE_URL: its value/,
  ],
  ['no database URL', { file: `database_url = "${secret}"` }, /database_url: its value/],
  ['no bucket', { environment: { GRIDKEEP_BLOBS_URL: 's3:///x' } }, /GRIDKEEP_BLOBS_URL/],
  [
    'a password in a flag',
    { flags: { 'database-url': databaseUrl } },
    /--database-url: a password.*GRIDKEEP_DATABASE_URL/,
  ],
  ['unknown log level', { flags: { 'log-level': 'loud' } }, /--log-level: "loud".*one of debug/],
  ['no network', { file: 'trusted_proxies = ["10.0.0.0/33"]' }, /trusted_proxies: .*a network is/],
  [
    'a network by name',
    { flags: { 'simulator-addresses': 'sim.example.org' } },
    /a network is an IP address/,
  ],
  ['networks of another type', { file: 'simulator_addresses = 1' }, /must be a list of networks/],
  ['half open services', { flags: { 'services-access': 'ajar' } }, /one of credential, open/],
  ['a services address with a path', { flags: { 'services-url': 'http://a.example/x' } }, /nothing behind/],
  ['a key file somewhere', { flags: { 'vault-key-file': 'vault.key' } }, /--vault-key-file: .*whole path/],
  ['a time that is none', { file: 'backup_time = "24:00"' }, /backup_time: .*03:00/],
  ['an empty data folder', { flags: { data: '' } }, /data folder/],
];

async function load(folder: string, sources: Sources) {
  if (sources.file !== undefined) await writeFile(join(folder, 'gridkeep.toml'), sources.file);
  return loadConfiguration({
    environment: sources.environment ?? {},
    flags: { data: folder, ...sources.flags },
    workingFolder: '/nowhere',
  });
}

for (const [name, sources, expected] of accepted)
  test(`accepted: ${name}`, async (t) => {
    const folder = await temporaryFolder(t);
    assert.deepEqual(await load(folder, sources), { ...defaultConfiguration(folder), ...expected });
  });

for (const [name, sources, message] of refused)
  test(`refused: ${name}`, async (t) => {
    const folder = await temporaryFolder(t);
    await assert.rejects(
      load(folder, sources),
      (error: unknown) =>
        error instanceof ConfigurationError && message.test(error.message) && !error.message.includes(secret),
    );
  });

test('the data folder: flag, then environment, then ./data', async () => {
  const sources = { flags: {}, environment: {}, workingFolder: '/srv' };
  assert.equal((await loadConfiguration(sources)).data, '/srv/data');
  const environment = { GRIDKEEP_DATA: 'worlds' };
  assert.equal((await loadConfiguration({ ...sources, environment })).data, '/srv/worlds');
  const flags = { data: '/else' };
  assert.equal((await loadConfiguration({ ...sources, environment, flags })).data, '/else');
});

test('secrets are masked when shown', () => {
  const shown = showConfiguration({
    ...defaultConfiguration('/data'),
    databaseUrl: `${databaseUrl}?sslmode=require&sslpassword=${secret}`,
    blobsUrl: `s3://key:${secret}@bucket/x?secret_key=${secret}&region=eu`,
  });
  assert.ok(!JSON.stringify(shown).includes(secret));
  assert.match(shown.databaseUrl ?? '', /db\.example:5432\/gridkeep\?sslmode=require/);
  assert.match(shown.blobsUrl ?? '', /bucket\/x\?secret_key=\*\*\*&region=eu/);
  assert.equal(maskUrl('postgres://db.example/x'), 'postgres://db.example/x');
});
