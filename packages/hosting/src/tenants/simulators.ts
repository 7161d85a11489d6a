/**
 * The credentials of region simulators. Each belongs to one grid; OpenSimulator sends it as HTTP Basic.
 * Secrets are 32 random bytes, so a plain SHA-256 of them is enough: there is nothing to guess.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database, Migration, Queries } from '@gridkeep/storage/database/database';
import type { SimulatorRecord } from '../backup-layout/grid-document.ts';
import { parseGridSlug, TenantError } from './grid.ts';
import type { GridSlug } from './grid.ts';

interface Tables {
  readonly simulators: {
    readonly name: string;
    readonly slug: string;
    readonly secret_hash: Uint8Array;
    readonly created_at: number;
  };
}

export const simulatorMigrations: readonly Migration[] = [
  {
    name: 'simulators-1',
    statements: (types) => [
      `CREATE TABLE simulators (
        name ${types.text} NOT NULL PRIMARY KEY,
        slug ${types.text} NOT NULL REFERENCES grids (slug),
        secret_hash ${types.bytes} NOT NULL,
        created_at ${types.integer} NOT NULL
      )${types.strict}`,
    ],
  },
];

export interface Simulator {
  readonly name: string;
  readonly grid: GridSlug;
  /** Unix milliseconds. */
  readonly createdAt: number;
}

export interface NewCredential {
  readonly simulator: Simulator;
  /** Shown once: only its hash is kept. */
  readonly secret: string;
}

/** Announced when a credential ends. */
const topic = 'simulators';
const secretBytes = 32;
export const simulatorNameLengthMax = 64;
const noHash = new Uint8Array(32);

export class Simulators {
  readonly #database: Database;
  readonly #listeners = new Set<() => void>();
  readonly #stopListening: () => void;

  constructor(database: Database) {
    this.#database = database;
    this.#stopListening = database.onChange((changed) => {
      if (changed !== undefined && changed !== topic) return;
      for (const listener of this.#listeners) listener();
    });
  }

  /** Throws a TenantError for a bad name or one that is taken; names are unique across all grids, since they are the login. */
  async add(grid: GridSlug, name: string): Promise<NewCredential> {
    checkName(name);
    const secret = randomBytes(secretBytes).toString('base64url');
    const simulator: Simulator = { name, grid, createdAt: Date.now() };
    await this.#database.transaction(
      async (queries) => {
        const tables = queries.tables<Tables>();
        const taken = await tables
          .selectFrom('simulators')
          .select('name')
          .where('name', '=', name)
          .executeTakeFirst();
        if (taken !== undefined) throw new TenantError('exists', `a simulator "${name}" exists already`);
        await tables
          .insertInto('simulators')
          .values({ name, slug: grid, secret_hash: hashOf(secret), created_at: simulator.createdAt })
          .execute();
      },
      { retries: 3 },
    );
    return { simulator, secret };
  }

  /**
   * Takes in credentials of a grid that comes from elsewhere, in the given transaction. Throws a TenantError for a name that is
   * taken.
   */
  async adopt(queries: Queries, grid: GridSlug, records: readonly SimulatorRecord[]): Promise<void> {
    const tables = queries.tables<Tables>();
    for (const { name, secretHash, createdAt } of records) {
      checkName(name);
      const taken = await tables
        .selectFrom('simulators')
        .select('name')
        .where('name', '=', name)
        .executeTakeFirst();
      if (taken !== undefined) throw new TenantError('exists', `a simulator "${name}" exists already`);
      const secret_hash = Buffer.from(secretHash, 'base64');
      await tables
        .insertInto('simulators')
        .values({ name, slug: grid, secret_hash, created_at: createdAt })
        .execute();
    }
  }

  async list(grid: GridSlug): Promise<readonly Simulator[]> {
    const rows = await this.#database
      .tables<Tables>()
      .selectFrom('simulators')
      .select(['name', 'slug', 'created_at'])
      .where('slug', '=', grid)
      .orderBy('name')
      .execute();
    return rows.map((row) => ({ name: row.name, grid: parseGridSlug(row.slug), createdAt: row.created_at }));
  }

  /** With the hashes of their secrets: for backups of the grid. In the order of names. */
  async records(grid: GridSlug): Promise<readonly SimulatorRecord[]> {
    const rows = await this.#database
      .tables<Tables>()
      .selectFrom('simulators')
      .selectAll()
      .where('slug', '=', grid)
      .orderBy('name')
      .execute();
    return rows.map((row) => ({
      name: row.name,
      secretHash: Buffer.from(row.secret_hash).toString('base64'),
      createdAt: row.created_at,
    }));
  }

  /** Throws a TenantError when the grid has no such simulator. */
  async revoke(grid: GridSlug, name: string): Promise<void> {
    const result = await this.#database
      .tables<Tables>()
      .deleteFrom('simulators')
      .where('name', '=', name)
      .where('slug', '=', grid)
      .executeTakeFirst();
    if (result.numDeletedRows === 0n)
      throw new TenantError('not-found', `grid "${grid}" has no simulator "${name}"`);
    this.#database.announce(topic);
  }

  /** The simulator, or undefined; takes the same comparisons for an unknown name as for a wrong secret. */
  async authenticate(name: string, secret: string): Promise<Simulator | undefined> {
    const row = await this.#database
      .tables<Tables>()
      .selectFrom('simulators')
      .selectAll()
      .where('name', '=', name)
      .executeTakeFirst();
    const matches = timingSafeEqual(hashOf(secret), row?.secret_hash ?? noHash);
    if (row === undefined || !matches) return undefined;
    return { name: row.name, grid: parseGridSlug(row.slug), createdAt: row.created_at };
  }

  /**
   * Calls back whenever a credential may have stopped being valid, in whichever process; whoever caches answers forgets
   * them then.
   */
  onRevoked(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Hears of no further change. */
  close(): void {
    this.#stopListening();
    this.#listeners.clear();
  }
}

function checkName(name: string): void {
  // Simulators split the decoded pair at ':', and blanks or accents do not survive their configuration files.
  if (name.length > simulatorNameLengthMax || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    throw new TenantError(
      'bad-value',
      `a simulator's name has up to ${simulatorNameLengthMax} letters, digits, dots, hyphens and underscores`,
    );
}

function hashOf(secret: string): Uint8Array {
  return createHash('sha256').update(secret, 'utf8').digest();
}
