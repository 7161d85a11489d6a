/** The wire forms of each grid's services, made when the grid is first asked and kept. */
import { AssetsRobust } from '@gridkeep/grid/assets/assets-robust';
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { RobustHandler } from '@gridkeep/grid/robust-http';
import type { Logger } from '../logging/logger.ts';

/** Bytes of ready replies that each grid keeps in memory. */
const hotReplyBytes = 32 * 1024 * 1024;

export class GridHandlers {
  readonly #servicesOf: (slug: string) => Promise<GridServices>;
  readonly #log: Logger;
  readonly #handlers = new Map<string, RobustHandler>();

  constructor(servicesOf: (slug: string) => Promise<GridServices>, log: Logger) {
    this.#servicesOf = servicesOf;
    this.#log = log;
  }

  /** Without a promise once the grid was asked for. */
  find(slug: string): RobustHandler | Promise<RobustHandler> {
    return this.#handlers.get(slug) ?? this.#make(slug);
  }

  async #make(slug: string): Promise<RobustHandler> {
    const { assets } = await this.#servicesOf(slug);
    const known = this.#handlers.get(slug);
    if (known !== undefined) return known;
    const { handle } = new AssetsRobust({
      assets,
      hotReplyBytes,
      onRefused: (error, source) =>
        this.#log.warn({ grid: slug, simulator: source, reason: error.message }, 'asset refused'),
    });
    this.#handlers.set(slug, handle);
    return handle;
  }
}
