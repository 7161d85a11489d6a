/** What commands on vaults share: their input, how a locked vault is opened, how its times are shown. */
import type { Grid } from '@gridkeep/hosting/tenants/grid';
import { localMinute } from '@gridkeep/hosting/vaults/choose-snapshot';
import type { VaultRecord } from '@gridkeep/hosting/vaults/vault-record';
import type { OpenVault } from '@gridkeep/hosting/vaults/vaults';
import Type from 'typebox';
import type { GridTenant } from '../installation/grid-tenants.ts';
import type { Installation } from '../installation/installation.ts';
import { CommandError, vaultPasswordNeededCode } from './command.ts';
import { gridInput, tenantOf } from './grid-input.ts';

/** Part of the input of every command that opens a grid's vault. */
export const vaultInput = {
  ...gridInput,
  vaultPassword: Type.Optional(Type.String({ description: 'only where the customer holds it' })),
};

export const vaultSecrets: 'vaultPassword'[] = ['vaultPassword'];

export const atInput = Type.Optional(
  Type.String({
    description:
      'a day (2026-11-22), a minute (2026-11-22T15:00) or the beginning of a snapshot (default: the newest)',
    title: 'day',
  }),
);

/** Of what is in a backup. */
export const pathInput = Type.Optional(
  Type.String({
    description:
      'for example "inventories/Ada Lovelace/My Inventory/Clothing", "regions/Big Bay/objects", assets/2026/11/22 (default: everything)',
  }),
);

interface VaultWish {
  readonly grid?: string;
  readonly vaultPassword?: string;
}

/** The grid whose vault can be opened now. Throws a CommandError that asks for the password when it is locked. */
export async function unlockedTenant(installation: Installation, input: VaultWish): Promise<GridTenant> {
  const tenant = await tenantOf(installation.tenants, input.grid);
  const record = await installation.vaults.get(tenant.grid.slug);
  await unlock(installation, record, input.vaultPassword);
  return tenant;
}

/** The same; a grid without a vault gets one. */
export async function tenantWithVault(installation: Installation, input: VaultWish): Promise<GridTenant> {
  const tenant = await tenantOf(installation.tenants, input.grid);
  const record = await installation.vaults.ensure(tenant.grid);
  await unlock(installation, record, input.vaultPassword);
  return tenant;
}

export async function unlock(
  { vaults }: Installation,
  record: VaultRecord,
  password: string | undefined,
): Promise<void> {
  if (record.erasedAt !== undefined || vaults.isUnlocked(record)) return;
  if (password === undefined)
    throw new CommandError(
      vaultPasswordNeededCode,
      `the customer holds the password of the vault of grid "${record.slug}"`,
    );
  await vaults.unlock(record.slug, password);
}

export async function withOpenVault<T>(
  { vaults }: Installation,
  slug: string,
  work: (open: OpenVault) => Promise<T>,
): Promise<T> {
  const open = await vaults.open(slug);
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

/** '2026-11-22 15:00' in the grid's zone; '-' for none. */
export function gridTime(grid: Grid, ms: number | undefined): string {
  return ms === undefined ? '-' : localMinute(ms, grid.timeZone);
}

export function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

/** The command ends with its process; nothing else interrupts it. */
export function noSignal(): AbortSignal {
  return new AbortController().signal;
}
