/** What the host database keeps about vaults: where they are, who holds their password, what was done with them. */
import type { Migration } from '@gridkeep/storage/database/database';
import type { Generated } from 'kysely';

export interface VaultRow {
  readonly slug: string;
  /** Id of the repository; the same at every target. */
  readonly repository: string;
  readonly custody: string;
  /** The password under the key file; null where the customer holds it, and after an erasure. */
  readonly password: Uint8Array | null;
  /** Percent of the data that parity takes; 0: none. */
  readonly parity_percent: number;
  /** Retention as JSON, as far as it differs from the standard one. */
  readonly retention: string;
  readonly created_at: number;
  /** When a person has last been shown the kept password; null: never. */
  readonly password_shown_at: number | null;
  readonly erase_asked_at: number | null;
  readonly erased_at: number | null;
}

export interface TargetRow {
  readonly slug: string;
  readonly name: string;
  /** 0: where backups go; the others are copies of it. */
  readonly position: number;
  /** Without credentials. */
  readonly address: string;
  /** Where packs of data are, when that is another place. */
  readonly cold_address: string | null;
  /** Credentials of both addresses as JSON under the key file. */
  readonly credentials: Uint8Array | null;
  /** When copies are made: five fields, in the grid's zone. */
  readonly cron: string;
  readonly created_at: number;
}

export interface RunRow {
  readonly id: Generated<number>;
  readonly slug: string;
  readonly kind: string;
  /** Name of the target; '' where that says nothing. */
  readonly target: string;
  readonly started_at: number;
  readonly ended_at: number;
  readonly ok: number;
  /** One sentence. */
  readonly summary: string;
  /** JSON. */
  readonly report: string;
}

export interface EventRow {
  readonly id: Generated<number>;
  readonly slug: string;
  readonly at: number;
  readonly kind: string;
  readonly summary: string;
  /** JSON. */
  readonly detail: string;
}

export interface VaultTables {
  readonly vaults: VaultRow;
  readonly vault_targets: TargetRow;
  readonly vault_runs: RunRow;
  readonly vault_events: EventRow;
}

export const vaultMigrations: readonly Migration[] = [
  {
    name: 'vaults-1',
    statements: (types) => [
      `CREATE TABLE vaults (
        slug ${types.text} NOT NULL PRIMARY KEY REFERENCES grids (slug),
        repository ${types.text} NOT NULL,
        custody ${types.text} NOT NULL,
        password ${types.bytes},
        parity_percent ${types.integer} NOT NULL,
        retention ${types.text} NOT NULL,
        created_at ${types.integer} NOT NULL,
        password_shown_at ${types.integer},
        erase_asked_at ${types.integer},
        erased_at ${types.integer}
      )${types.strict}`,
      `CREATE TABLE vault_targets (
        slug ${types.text} NOT NULL REFERENCES vaults (slug),
        name ${types.text} NOT NULL,
        position ${types.integer} NOT NULL,
        address ${types.text} NOT NULL,
        cold_address ${types.text},
        credentials ${types.bytes},
        cron ${types.text} NOT NULL,
        created_at ${types.integer} NOT NULL,
        PRIMARY KEY (slug, name)
      )${types.strict}`,
      `CREATE TABLE vault_runs (
        id ${types.serial},
        slug ${types.text} NOT NULL,
        kind ${types.text} NOT NULL,
        target ${types.text} NOT NULL,
        started_at ${types.integer} NOT NULL,
        ended_at ${types.integer} NOT NULL,
        ok ${types.integer} NOT NULL,
        summary ${types.text} NOT NULL,
        report ${types.text} NOT NULL
      )${types.strict}`,
      'CREATE INDEX vault_runs_latest ON vault_runs (slug, kind, target, id)',
      `CREATE TABLE vault_events (
        id ${types.serial},
        slug ${types.text} NOT NULL,
        at ${types.integer} NOT NULL,
        kind ${types.text} NOT NULL,
        summary ${types.text} NOT NULL,
        detail ${types.text} NOT NULL
      )${types.strict}`,
      'CREATE INDEX vault_events_slug ON vault_events (slug, id)',
    ],
  },
];
