/** A vault as the host knows it, without opening it. */
import type { TargetRow, VaultRow } from './vault-tables.ts';

/** 'kept': the password stands sealed in the host database. 'customer': only the customer has it. */
export type Custody = 'kept' | 'customer';

export interface VaultTarget {
  readonly name: string;
  /** Backups go to the first; the others are copies of it. */
  readonly first: boolean;
  /** Without credentials. */
  readonly address: string;
  readonly coldAddress: string | undefined;
  /** When copies are made: five fields, in the grid's zone. */
  readonly cron: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
}

export interface VaultRecord {
  readonly slug: string;
  /** Id of the repository. */
  readonly repository: string;
  readonly custody: Custody;
  readonly parityPercent: number;
  /** JSON; what differs from the standard retention. */
  readonly retention: string;
  /** The first first. */
  readonly targets: readonly VaultTarget[];
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly passwordShownAt: number | undefined;
  readonly eraseAskedAt: number | undefined;
  readonly erasedAt: number | undefined;
}

export function vaultOfRows(vault: VaultRow, targets: readonly TargetRow[]): VaultRecord {
  return {
    slug: vault.slug,
    repository: vault.repository,
    custody: vault.custody === 'kept' ? 'kept' : 'customer',
    parityPercent: vault.parity_percent,
    retention: vault.retention,
    targets: targets.map((target) => ({
      name: target.name,
      first: target.position === 0,
      address: target.address,
      coldAddress: target.cold_address ?? undefined,
      cron: target.cron,
      createdAt: target.created_at,
    })),
    createdAt: vault.created_at,
    passwordShownAt: vault.password_shown_at ?? undefined,
    eraseAskedAt: vault.erase_asked_at ?? undefined,
    erasedAt: vault.erased_at ?? undefined,
  };
}
