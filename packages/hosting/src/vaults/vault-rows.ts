/** Reads vaults and their targets from the host database. */
import type { Queries } from '@gridkeep/storage/database/database';
import { VaultError } from './vault-error.ts';
import { vaultOfRows } from './vault-record.ts';
import type { VaultRecord } from './vault-record.ts';
import type { TargetRow, VaultTables } from './vault-tables.ts';

export async function findVault(queries: Queries, slug: string): Promise<VaultRecord | undefined> {
  const row = await queries
    .tables<VaultTables>()
    .selectFrom('vaults')
    .selectAll()
    .where('slug', '=', slug)
    .executeTakeFirst();
  return row === undefined ? undefined : vaultOfRows(row, await targetRows(queries, slug));
}

export function targetRows(queries: Queries, slug: string): Promise<readonly TargetRow[]> {
  return queries
    .tables<VaultTables>()
    .selectFrom('vault_targets')
    .selectAll()
    .where('slug', '=', slug)
    .orderBy('position')
    .execute();
}

/** The first when no name is given. Throws a VaultError `no-target`. */
export async function targetRow(
  queries: Queries,
  slug: string,
  name: string | undefined,
): Promise<TargetRow> {
  const rows = await targetRows(queries, slug);
  const found = name === undefined ? rows[0] : rows.find((row) => row.name === name);
  if (found === undefined)
    throw new VaultError(
      'no-target',
      `the vault of grid "${slug}" has no target ${name === undefined ? 'at all' : JSON.stringify(name)}; there are: ${rows.map((row) => row.name).join(', ')}`,
    );
  return found;
}
