import {
  settingKey,
  settingNames,
  standardSettings,
  formatSetting,
} from '@gridkeep/grid/settings/setting-texts';
import { settingDefinitions } from '@gridkeep/grid/settings/setting-definitions';
import type { SettingName } from '@gridkeep/grid/settings/setting-definitions';
import type { Grid } from '@gridkeep/hosting/tenants/grid';
import type { GridChange } from '@gridkeep/hosting/tenants/grid-directory';
import Type from 'typebox';
import type { GridTenant, GridTenants } from '../installation/grid-tenants.ts';
import { CommandError, installationCommand, usageErrorCode } from './command.ts';
import { formatFields, formatTable } from './format.ts';
import { gridInput, tenantOf } from './grid-input.ts';
import { gigabyte } from './grid-data.ts';

/** What the host knows of a grid, beside the settings that are the grid's own. */
interface HostKey {
  readonly key: string;
  readonly about: string;
  readonly standard: (grid: Grid) => string;
  readonly show: (grid: Grid) => string;
  readonly change: (value: string) => GridChange;
}

const hostKeys: readonly HostKey[] = [
  {
    key: 'name',
    about: 'name shown to people',
    standard: (grid) => grid.slug,
    show: (grid) => grid.name,
    change: (name) => ({ name }),
  },
  {
    key: 'hostnames',
    about: 'names by which viewers and other grids reach it, the first being the one it tells others',
    standard: () => '',
    show: (grid) => grid.hostnames.join(', '),
    change: (value) => ({
      hostnames: value.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()])),
    }),
  },
  {
    key: 'quota-gb',
    about: 'gigabytes of distinct content it may keep',
    standard: () => '100',
    show: (grid) => String(grid.quotaBytes / gigabyte),
    change: (value) => ({ quotaBytes: parseQuota(value) }),
  },
  {
    key: 'time-zone',
    about: 'whose clock its schedules follow',
    standard: () => 'UTC',
    show: (grid) => grid.timeZone,
    change: (timeZone) => ({ timeZone }),
  },
];

const identityNotice =
  'residents and regions have this address in other grids: friendships, groups, landmarks and names of creators that were ' +
  'made under the old one no longer lead here. Keep the old address reaching this grid, and list it in gatekeeper-aliases. ' +
  'Simulators need the new address in their configuration, and a new start.';
const identityKeys: ReadonlySet<string> = new Set(['hostnames', 'public-url']);

export const gridSet = installationCommand({
  name: 'grid set',
  summary: 'Change a setting of a grid; servers that run follow at once',
  examples: [
    'gridkeep grid set welcome-message "Welcome home, <USERNAME>!"',
    'gridkeep grid set hostnames grid.example.org,old.example.org --grid seaside',
    'gridkeep grid set min-login-level --standard',
  ],
  input: Type.Object(
    {
      key: Type.String({ description: 'one of those that "gridkeep grid settings" lists' }),
      value: Type.Optional(
        Type.String({ description: 'true or false, a number, a text, or a list with commas' }),
      ),
      standard: Type.Optional(Type.Boolean({ description: 'back to the standard value' })),
      ...gridInput,
    },
    { additionalProperties: false },
  ),
  positional: ['key', 'value'],
  run: async ({ tenants }, input) => {
    const { key, value, standard = false } = input;
    if ((value === undefined) !== standard)
      throw new CommandError(usageErrorCode, 'a value is needed, or --standard instead of it');
    const tenant = await tenantOf(tenants, input.grid);
    const address = await tenant.services.publicAddress.read();
    const hostKey = hostKeys.find((one) => one.key === key);
    const shown =
      hostKey === undefined
        ? await setOwn(tenant, key, value)
        : await setHost(tenants, tenant, hostKey, value ?? hostKey.standard(tenant.grid));
    const now = await tenant.services.publicAddress.read();
    const warnings = [
      ...(identityKeys.has(key) && now !== address ? [`${address} is now ${now}: ${identityNotice}`] : []),
      ...publicUrlWarnings(tenant.grid, now, (await tenants.list()).length),
    ];
    return {
      data: { grid: tenant.grid.slug, key, value: shown, publicUrl: now, warnings },
      text: [
        formatFields([
          ['grid', tenant.grid.slug],
          [key, shown === '' ? 'empty' : shown],
        ]),
        ...warnings.map((line) => `warning: ${line}`),
      ].join('\n'),
    };
  },
});

/** With several grids, the name in the address decides which of them answers. */
function publicUrlWarnings(grid: Grid, publicUrl: string, grids: number): readonly string[] {
  const { hostname } = new URL(publicUrl);
  return grids > 1 && !grid.hostnames.includes(hostname.toLowerCase())
    ? [`${publicUrl} does not lead to this grid: ${hostname} is none of its hostnames`]
    : [];
}

async function setHost(
  tenants: GridTenants,
  { grid }: GridTenant,
  key: HostKey,
  value: string,
): Promise<string> {
  return key.show(await tenants.update(grid.slug, key.change(value)));
}

async function setOwn({ services }: GridTenant, key: string, value: string | undefined): Promise<string> {
  const name = parseOwnKey(key);
  const values = await services.settings.write(name, value ?? formatSetting(name, standardSettings));
  return formatSetting(name, values);
}

function parseOwnKey(key: string): SettingName {
  const name = settingNames().find((one) => settingKey(one) === key);
  if (name !== undefined) return name;
  const all = [...hostKeys.map((one) => one.key), ...settingNames().map(settingKey)];
  throw new CommandError(
    usageErrorCode,
    `${JSON.stringify(key.slice(0, 80))} is no setting; there are: ${all.join(', ')}`,
  );
}

function parseQuota(value: string): number {
  const gigabytes = /^\d{1,9}(\.\d{1,9})?$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (Number.isNaN(gigabytes)) throw new CommandError(usageErrorCode, 'quota-gb is a number of gigabytes');
  return Math.round(gigabytes * gigabyte);
}

export const gridSettings = installationCommand({
  name: 'grid settings',
  summary: 'List the settings of a grid, what they are, and what they mean',
  examples: ['gridkeep grid settings', 'gridkeep grid settings --grid seaside --json'],
  input: Type.Object({ ...gridInput }, { additionalProperties: false }),
  run: async ({ tenants }, input) => {
    const { grid, services } = await tenantOf(tenants, input.grid);
    const values = await services.settings.read();
    const rows = [
      ...hostKeys.map((one) => ({
        ...{ key: one.key, about: one.about },
        ...{ value: one.show(grid), standard: one.standard(grid) },
      })),
      ...settingNames().map((name) => ({
        ...{ key: settingKey(name), about: settingDefinitions[name].about },
        ...{ value: formatSetting(name, values), standard: formatSetting(name, standardSettings) },
      })),
    ];
    return {
      data: { grid: grid.slug, settings: rows },
      text: formatTable(
        ['SETTING', 'VALUE', 'STANDARD', 'MEANING'],
        rows.map((row) => [
          row.key,
          shortened(row.value),
          row.value === row.standard ? '' : shortened(row.standard),
          row.about,
        ]),
        '',
      ),
    };
  },
});

const columnMax = 40;

function shortened(value: string): string {
  const shown = value === '' ? '-' : value;
  return shown.length > columnMax ? `${shown.slice(0, columnMax - 1)}…` : shown;
}
