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
import type { Grid, GridSlug } from './grid.ts';

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
  /** In the order in which the operator named them. */
  readonly position: number;
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
  {
    name: 'grids-2',
    statements: (types) => [`ALTER TABLE hostnames ADD COLUMN position ${types.integer} NOT NULL DEFAULT 0`],
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

/** What may change about a grid; its slug may not, since it names files and schemas. */
export interface GridChange {
  readonly name?: string;
  /** All of them, the first being the one that addresses are made of. */
  readonly hostnames?: readonly string[];
  readonly quotaBytes?: number;
  readonly timeZone?: string;
}

/** Announced in the transaction that makes or changes a grid. */
const topic = 'grids';

export class GridDirectory {
  readonly #database: Database;
  readonly #stopListening: () => void;
  /** The list as last read; undefined: it may have changed. */
  #known: readonly Grid[] | undefined;
  /** Every grid as last read, for who cannot wait. */
  #latest: ReadonlyMap<string, Grid> = new Map();
  #changes = 0;

  constructor(database: Database) {
    this.#database = database;
    this.#stopListening = database.onChange((changed) => {
      if (changed !== undefined && changed !== topic) return;
      this.#changes += 1;
      this.#known = undefined;
      // Read at once, so that `latest` follows soon; who asks for the list hears of a failure.
      this.read().catch(() => {});
    });
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
    await this.add(grid);
    return grid;
  }

  /** Puts a grid on the list as it is, with what `also` writes. Throws a TenantError when slug or host names are taken. */
  async add(grid: Grid, also: (queries: Queries) => Promise<void> = () => Promise.resolve()): Promise<void> {
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
        await tables.insertInto('hostnames').values(hostnameRows(grid)).execute();
      await also(queries);
      queries.announce(topic);
    }, creationRetries);
  }

  /** Throws a TenantError as `add` would now. */
  async requireFree(grid: Grid): Promise<void> {
    await refuseTaken(this.#database, grid);
  }

  /** The grid as it is then. Throws a TenantError when a value is not allowed, or a host name is taken. */
  async update(slug: GridSlug, change: GridChange): Promise<Grid> {
    const { name, hostnames, quotaBytes, timeZone } = change;
    const checked = {
      ...(name === undefined ? {} : { name: checkGridName(name) }),
      ...(hostnames === undefined ? {} : { hostnames: checkHostnames(hostnames) }),
      ...(quotaBytes === undefined ? {} : { quotaBytes: checkQuota(quotaBytes) }),
      ...(timeZone === undefined ? {} : { timeZone: checkTimeZone(timeZone) }),
    };
    await this.#database.transaction(async (queries) => {
      const before = await findGrid(queries, slug);
      if (before === undefined) throw new TenantError('not-found', `no grid "${slug}"`);
      const grid: Grid = { ...before, ...checked };
      await refuseTakenHostnames(queries, grid);
      const tables = queries.tables<Tables>();
      await tables
        .updateTable('grids')
        .set({ name: grid.name, quota_bytes: grid.quotaBytes, time_zone: grid.timeZone })
        .where('slug', '=', slug)
        .execute();
      await tables.deleteFrom('hostnames').where('slug', '=', slug).execute();
      if (grid.hostnames.length > 0)
        await tables.insertInto('hostnames').values(hostnameRows(grid)).execute();
      queries.announce(topic);
    }, creationRetries);
    const grid = (await this.read()).find((one) => one.slug === slug);
    if (grid === undefined) throw new TenantError('not-found', `no grid "${slug}"`);
    return grid;
  }

  /** All grids, oldest first; from memory, which follows changes by any process. */
  list(): readonly Grid[] | Promise<readonly Grid[]> {
    return (this.#database.hearsOthers ? this.#known : undefined) ?? this.read();
  }

  /** The grid as it was last read. */
  latest(slug: string): Grid | undefined {
    return this.#latest.get(slug);
  }

  /** Hears of no further change. */
  close(): void {
    this.#stopListening();
  }

  /** All grids, oldest first, from the database. */
  async read(): Promise<readonly Grid[]> {
    const changes = this.#changes;
    const tables = this.#database.tables<Tables>();
    const rows = await tables.selectFrom('grids').selectAll().orderBy('created_at').orderBy('slug').execute();
    const names = await tables
      .selectFrom('hostnames')
      .selectAll()
      .orderBy('position')
      .orderBy('hostname')
      .execute();
    const bySlug = Map.groupBy(names, (row) => row.slug);
    const grids = rows.map((row) => gridOfRow(row, bySlug.get(row.slug) ?? []));
    if (changes !== this.#changes) return grids;
    this.#known = grids;
    this.#latest = new Map(grids.map((grid) => [grid.slug, grid]));
    return grids;
  }
}

async function findGrid(queries: Queries, slug: string): Promise<Grid | undefined> {
  const tables = queries.tables<Tables>();
  const row = await tables.selectFrom('grids').selectAll().where('slug', '=', slug).executeTakeFirst();
  if (row === undefined) return undefined;
  const names = await tables
    .selectFrom('hostnames')
    .selectAll()
    .where('slug', '=', slug)
    .orderBy('position')
    .orderBy('hostname')
    .execute();
  return gridOfRow(row, names);
}

function hostnameRows(grid: Grid): HostnameRow[] {
  return grid.hostnames.map((hostname, position) => ({ hostname, slug: grid.slug, position }));
}

async function refuseTaken(queries: Queries, grid: Grid): Promise<void> {
  const tables = queries.tables<Tables>();
  const same = await tables
    .selectFrom('grids')
    .select('slug')
    .where('slug', '=', grid.slug)
    .executeTakeFirst();
  if (same !== undefined) throw new TenantError('exists', `a grid "${grid.slug}" exists already`);
  await refuseTakenHostnames(queries, grid);
}

async function refuseTakenHostnames(queries: Queries, grid: Grid): Promise<void> {
  if (grid.hostnames.length === 0) return;
  const taken = await queries
    .tables<Tables>()
    .selectFrom('hostnames')
    .select(['hostname', 'slug'])
    .where('hostname', 'in', grid.hostnames)
    .where('slug', '!=', grid.slug)
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
