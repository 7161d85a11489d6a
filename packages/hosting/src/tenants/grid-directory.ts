/** The list of grids in the host database. A grid exists when its row is committed; its own database follows on first use. */
import type { Database, Migration, Queries, StoredUuid } from '@gridkeep/storage/database/database';
import { readUuid } from '@gridkeep/storage/database/stored-ids';
import { randomUuid } from '@gridkeep/wire/uuid';
import {
  checkGridName,
  checkHostnames,
  checkQuota,
  checkTimeZone,
  parseGridSlug,
  quotaBytesDefault,
  TenantError,
} from './grid.ts';
import type { Grid } from './grid.ts';

interface GridRow {
  readonly id: StoredUuid;
  readonly slug: string;
  readonly name: string;
  readonly created_at: number;
  readonly quota_bytes: number;
  readonly time_zone: string;
}

interface HostnameRow {
  readonly hostname: string;
  readonly slug: string;
}

interface Tables {
  readonly grids: GridRow;
  readonly hostnames: HostnameRow;
}

export const gridDirectoryMigrations: readonly Migration[] = [
  {
    name: 'grids-1',
    statements: (types) => [
      `CREATE TABLE grids (
        id ${types.uuid} NOT NULL PRIMARY KEY,
        slug ${types.text} NOT NULL UNIQUE,
        name ${types.text} NOT NULL,
        created_at ${types.integer} NOT NULL,
        quota_bytes ${types.integer} NOT NULL,
        time_zone ${types.text} NOT NULL
      )${types.strict}`,
      `CREATE TABLE hostnames (
        hostname ${types.text} NOT NULL PRIMARY KEY,
        slug ${types.text} NOT NULL REFERENCES grids (slug)
      )${types.strict}`,
      'CREATE INDEX hostnames_slug ON hostnames (slug)',
    ],
  },
];

/** Of two that ask for the same name at once, the second looks again and is told that it is taken. */
const creationRetries = { retries: 3 } as const;

export interface NewGrid {
  readonly slug: string;
  /** Default: the slug. */
  readonly name?: string;
  readonly hostnames?: readonly string[];
  /** Bytes; default 100 GB. */
  readonly quotaBytes?: number;
  /** Default UTC. */
  readonly timeZone?: string;
}

export class GridDirectory {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Throws a TenantError when a value is not allowed, or the slug or a host name is taken. */
  async create(wanted: NewGrid): Promise<Grid> {
    const grid: Grid = {
      id: randomUuid(),
      slug: parseGridSlug(wanted.slug),
      name: checkGridName(wanted.name ?? wanted.slug),
      hostnames: checkHostnames(wanted.hostnames ?? []),
      createdAt: Date.now(),
      quotaBytes: checkQuota(wanted.quotaBytes ?? quotaBytesDefault),
      timeZone: checkTimeZone(wanted.timeZone ?? 'UTC'),
    };
    await this.#database.transaction(async (queries) => {
      await refuseTaken(queries, grid);
      const tables = queries.tables<Tables>();
      await tables
        .insertInto('grids')
        .values({
          id: queries.uuid(grid.id),
          slug: grid.slug,
          name: grid.name,
          created_at: grid.createdAt,
          quota_bytes: grid.quotaBytes,
          time_zone: grid.timeZone,
        })
        .execute();
      if (grid.hostnames.length > 0)
        await tables
          .insertInto('hostnames')
          .values(grid.hostnames.map((hostname) => ({ hostname, slug: grid.slug })))
          .execute();
    }, creationRetries);
    return grid;
  }

  /** All grids, oldest first. */
  async list(): Promise<readonly Grid[]> {
    const tables = this.#database.tables<Tables>();
    const rows = await tables.selectFrom('grids').selectAll().orderBy('created_at').orderBy('slug').execute();
    const names = await tables.selectFrom('hostnames').selectAll().orderBy('hostname').execute();
    const bySlug = Map.groupBy(names, (row) => row.slug);
    return rows.map((row) => gridOfRow(row, bySlug.get(row.slug) ?? []));
  }

  async find(slug: string): Promise<Grid | undefined> {
    const tables = this.#database.tables<Tables>();
    const row = await tables.selectFrom('grids').selectAll().where('slug', '=', slug).executeTakeFirst();
    if (row === undefined) return undefined;
    const names = await tables
      .selectFrom('hostnames')
      .selectAll()
      .where('slug', '=', slug)
      .orderBy('hostname')
      .execute();
    return gridOfRow(row, names);
  }
}

async function refuseTaken(queries: Queries, grid: Grid): Promise<void> {
  const tables = queries.tables<Tables>();
  const same = await tables
    .selectFrom('grids')
    .select('slug')
    .where('slug', '=', grid.slug)
    .executeTakeFirst();
  if (same !== undefined) throw new TenantError('exists', `a grid "${grid.slug}" exists already`);
  if (grid.hostnames.length === 0) return;
  const taken = await tables
    .selectFrom('hostnames')
    .select(['hostname', 'slug'])
    .where('hostname', 'in', grid.hostnames)
    .executeTakeFirst();
  if (taken !== undefined)
    throw new TenantError('exists', `host name ${taken.hostname} belongs to grid "${taken.slug}"`);
}

function gridOfRow(row: GridRow, hostnames: readonly HostnameRow[]): Grid {
  return {
    id: readUuid(row.id),
    slug: parseGridSlug(row.slug),
    name: row.name,
    hostnames: hostnames.map((entry) => entry.hostname),
    createdAt: row.created_at,
    quotaBytes: row.quota_bytes,
    timeZone: row.time_zone,
  };
}
