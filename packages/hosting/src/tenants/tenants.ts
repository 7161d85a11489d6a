/** The grids of this installation: their list, their simulators, and each grid's own database, opened on first use. */
import type { Database, Migration } from '@gridkeep/storage/database/database';
import type { SimulatorRecord } from '../backup-layout/grid-document.ts';
import { GridDirectory, gridDirectoryMigrations } from './grid-directory.ts';
import type { GridChange, NewGrid } from './grid-directory.ts';
import { TenantError } from './grid.ts';
import type { Grid, GridSlug } from './grid.ts';
import { simulatorAddressMigrations, SimulatorAddresses } from './simulator-addresses.ts';
import { simulatorMigrations, Simulators } from './simulators.ts';

export const hostMigrations: readonly Migration[] = [
  ...gridDirectoryMigrations,
  ...simulatorMigrations,
  ...simulatorAddressMigrations,
];

/** A grid that is open: no query through it can see another grid. */
export interface Tenant<Services> {
  /** As it is now, also when another process changed it. */
  readonly grid: Grid;
  readonly database: Database;
  readonly services: Services;
}

export interface TenantsOptions<Services> {
  /** Where the list of grids stands. `Tenants.open` migrates it; `Tenants.close` leaves it to its owner. */
  readonly host: Database;
  /** Opens (makes, when it is not there) the database of one grid. */
  readonly openDatabase: (slug: GridSlug) => Promise<Database>;
  /** Makes the services of one grid, migrations included; `grid` tells the grid as it is now. */
  readonly createServices: (grid: () => Grid, database: Database) => Promise<Services>;
  /** Told when it could not be written down from where a simulator asked. */
  readonly onError?: (error: unknown) => void;
}

export class Tenants<Services> {
  readonly simulators: Simulators;
  readonly simulatorAddresses: SimulatorAddresses;
  readonly #options: TenantsOptions<Services>;
  readonly #directory: GridDirectory;
  readonly #open = new Map<string, Promise<Tenant<Services>>>();
  readonly #openedListeners = new Set<(tenant: Tenant<Services>) => void>();
  #closed = false;

  private constructor(options: TenantsOptions<Services>) {
    this.#options = options;
    this.#directory = new GridDirectory(options.host);
    this.simulators = new Simulators(options.host);
    const { onError } = options;
    this.simulatorAddresses = new SimulatorAddresses(options.host, onError === undefined ? {} : { onError });
  }

  static async open<Services>(options: TenantsOptions<Services>): Promise<Tenants<Services>> {
    await options.host.migrate(hostMigrations);
    const tenants = new Tenants(options);
    await tenants.#directory.read();
    return tenants;
  }

  /** Makes a grid and opens it. After a crash in between, the next `tenant` call finishes the work. */
  async create(wanted: NewGrid): Promise<Tenant<Services>> {
    const grid = await this.#directory.create(wanted);
    return this.tenant(grid.slug);
  }

  /**
   * Takes in a grid that comes from elsewhere, under its own id: `fill` puts everything into its database, and then, in one
   * step, it is on the list with its simulators. Killed before, there is no such grid. Throws a TenantError when a name is taken.
   */
  async adopt(
    grid: Grid,
    simulators: readonly SimulatorRecord[],
    fill: (services: Services, database: Database) => Promise<void>,
  ): Promise<Tenant<Services>> {
    await this.#directory.requireFree(grid);
    const database = await this.#options.openDatabase(grid.slug);
    try {
      await fill(await this.#options.createServices(() => grid, database), database);
    } finally {
      await database.close();
    }
    await this.#directory.add(grid, (queries) => this.simulators.adopt(queries, grid.slug, simulators));
    return this.tenant(grid.slug);
  }

  /** What stays the same is left out. Who serves the grid, in this process or another, notices at once. */
  async update(slug: string, change: GridChange): Promise<Grid> {
    const { grid } = await this.tenant(slug);
    return this.#directory.update(grid.slug, change);
  }

  /** All grids, oldest first; without a promise while they are in memory. */
  list(): readonly Grid[] | Promise<readonly Grid[]> {
    return this.#directory.list();
  }

  /** All grids from the database itself: fails when that is gone. */
  async readAll(): Promise<readonly Grid[]> {
    return this.#directory.read();
  }

  /** Ends the credential of a simulator, and what counted on its address. */
  async revokeSimulator(grid: GridSlug, name: string): Promise<void> {
    await this.simulators.revoke(grid, name);
    await this.simulatorAddresses.forget(grid, name);
  }

  /** The open grid. Throws a TenantError `not-found` that lists the slugs there are. */
  tenant(slug: string): Promise<Tenant<Services>> {
    if (this.#closed) return Promise.reject(new Error('the grids are closed'));
    const known = this.#open.get(slug);
    if (known !== undefined) return known;
    const opening = this.#openTenant(slug);
    this.#open.set(slug, opening);
    opening.then(
      (tenant) => {
        for (const listener of this.#openedListeners) listener(tenant);
      },
      // A failure is not kept: the next caller tries again.
      () => this.#open.delete(slug),
    );
    return opening;
  }

  /** Calls back for every grid that is open, and for each that opens from now on. Returns an end. */
  onOpened(listener: (tenant: Tenant<Services>) => void): () => void {
    this.#openedListeners.add(listener);
    for (const opening of this.#open.values())
      // One that does not open is reported to whoever asked for it.
      opening.then(listener, () => {});
    return () => this.#openedListeners.delete(listener);
  }

  /** Closes every open grid. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#directory.close();
    this.simulators.close();
    await this.simulatorAddresses.close();
    const opened = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    for (const one of opened) if (one.status === 'fulfilled') await one.value.database.close();
  }

  async #openTenant(slug: string): Promise<Tenant<Services>> {
    const grids = await this.#directory.read();
    const found = grids.find((one) => one.slug === slug);
    if (found === undefined) {
      const slugs = grids.map((one) => one.slug);
      const known = slugs.length === 0 ? 'there is none yet' : `there are: ${slugs.join(', ')}`;
      throw new TenantError('not-found', `no grid ${JSON.stringify(slug.slice(0, 80))}; ${known}`);
    }
    const current = (): Grid => this.#directory.latest(slug) ?? found;
    const database = await this.#options.openDatabase(found.slug);
    try {
      const services = await this.#options.createServices(current, database);
      return {
        ...{ database, services },
        get grid() {
          return current();
        },
      };
    } catch (error) {
      await database.close();
      throw error;
    }
  }
}
