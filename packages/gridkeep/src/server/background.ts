/** Starts what grids do by themselves (their services say what), and stops all of it before the grids close. */
import type { BackgroundWork } from '@gridkeep/grid/background-work';
import { asError } from '../as-error.ts';
import type { GridTenant, GridTenants } from '../installation/grid-tenants.ts';
import type { Logger } from '../logging/logger.ts';

export class Background {
  readonly #log: Logger;
  readonly #started = new Map<string, readonly BackgroundWork[]>();
  #end: (() => void) | undefined;
  #stopped = false;
  #opening: Promise<void> = Promise.resolve();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Opens all grids one after the other, so that each does its work whether or not anybody asks for it. */
  start(tenants: GridTenants): void {
    this.#end = tenants.onOpened((tenant) => this.#startIn(tenant));
    this.#opening = this.#openAll(tenants);
  }

  /** Resolves when no background work uses a database any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#end?.();
    await this.#opening;
    const works = [...this.#started.values()].flat();
    this.#started.clear();
    for (const ended of await Promise.allSettled(works.map((work) => work.stop())))
      if (ended.status === 'rejected')
        this.#log.error({ err: asError(ended.reason) }, 'background work did not stop well');
  }

  async #openAll(tenants: GridTenants): Promise<void> {
    for (const { slug } of await tenants.list()) {
      if (this.#stopped) return;
      try {
        await tenants.tenant(slug);
      } catch (error) {
        this.#log.error({ err: asError(error), grid: slug }, 'a grid does not open');
      }
    }
  }

  #startIn({ grid, services }: GridTenant): void {
    if (this.#stopped || this.#started.has(grid.slug)) return;
    this.#started.set(grid.slug, services.background);
    for (const work of services.background) work.start();
  }
}
