/** The grids of this installation: their list, their simulators, and each grid's own database, opened on first use. */
import type { Database, Migration } from '@gridkeep/storage/database/database';
import { GridDirectory, gridDirectoryMigrations } from './grid-directory.ts';
import type { NewGrid } from './grid-directory.ts';
import { TenantError } from './grid.ts';
import type { Grid, GridSlug } from './grid.ts';
import { simulatorMigrations, Simulators } from './simulators.ts';

export const hostMigrations: readonly Migration[] = [...gridDirectoryMigrations, ...simulatorMigrations];

/** A grid that is open: no query through it can see another grid. */
export interface Tenant<Services> {
  readonly grid: Grid;
  readonly database: Database;
  readonly services: Services;
}

export interface TenantsOptions<Services> {
  /** Where the list of grids stands. `Tenants.open` migrates it; `Tenants.close` leaves it to its owner. */
  readonly host: Database;
  /** Opens (makes, when it is not there) the database of one grid. */
  readonly openDatabase: (slug: GridSlug) => Promise<Database>;
  /** Makes the services of one grid, migrations included. */
  readonly createServices: (grid: Grid, database: Database) => Promise<Services>;
}

export class Tenants<Services> {
  readonly simulators: Simulators;
  readonly #options: TenantsOptions<Services>;
  readonly #directory: GridDirectory;
  readonly #open = new Map<string, Promise<Tenant<Services>>>();
  #closed = false;

  private constructor(options: TenantsOptions<Services>) {
    this.#options = options;
    this.#directory = new GridDirectory(options.host);
    this.simulators = new Simulators(options.host);
  }

  static async open<Services>(options: TenantsOptions<Services>): Promise<Tenants<Services>> {
    await options.host.migrate(hostMigrations);
    return new Tenants(options);
  }

  /** Makes a grid and opens it. After a crash in between, the next `tenant` call finishes the work. */
  async create(wanted: NewGrid): Promise<Tenant<Services>> {
    const grid = await this.#directory.create(wanted);
    return this.tenant(grid.slug);
  }

  /** All grids, oldest first. */
  list(): Promise<readonly Grid[]> {
    return this.#directory.list();
  }

  /** The open grid. Throws a TenantError `not-found` that lists the slugs there are. */
  tenant(slug: string): Promise<Tenant<Services>> {
    if (this.#closed) return Promise.reject(new Error('the grids are closed'));
    const known = this.#open.get(slug);
    if (known !== undefined) return known;
    const opening = this.#openTenant(slug);
    this.#open.set(slug, opening);
    // A failure is not kept: the next caller tries again.
    opening.catch(() => this.#open.delete(slug));
    return opening;
  }

  /** Closes every open grid. */
  async close(): Promise<void> {
    this.#closed = true;
    const opened = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    for (const one of opened) if (one.status === 'fulfilled') await one.value.database.close();
  }

  async #openTenant(slug: string): Promise<Tenant<Services>> {
    const grid = await this.#directory.find(slug);
    if (grid === undefined) {
      const slugs = (await this.list()).map((one) => one.slug);
      const known = slugs.length === 0 ? 'there is none yet' : `there are: ${slugs.join(', ')}`;
      throw new TenantError('not-found', `no grid ${JSON.stringify(slug.slice(0, 80))}; ${known}`);
    }
    const database = await this.#options.openDatabase(grid.slug);
    try {
      return { grid, database, services: await this.#options.createServices(grid, database) };
    } catch (error) {
      await database.close();
      throw error;
    }
  }
}
