/** What each grid answers, made when the grid is first asked and kept. */
import type { AtOnce } from '@gridkeep/grid/at-once';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { createGridWire } from '@gridkeep/grid/grid-wire';
import type { PublicServices } from '@gridkeep/grid/public-calls';
import type { Logger } from '../logging/logger.ts';
import { RouteFinder } from './route-finder.ts';

/** Bytes of ready replies that each grid keeps in memory. */
const hotReplyBytes = 32 * 1024 * 1024;

export interface OpenWire {
  readonly privateRoutes: RouteFinder;
  readonly publicRoutes: RouteFinder;
  readonly publicServices: PublicServices;
}

export interface GridWiresOptions {
  readonly servicesOf: (slug: string) => Promise<GridServices>;
  readonly isSimulatorAddress: (slug: string, address: string) => AtOnce<boolean>;
  readonly log: Logger;
}

export class GridWires {
  readonly #options: GridWiresOptions;
  readonly #wires = new Map<string, OpenWire>();

  constructor(options: GridWiresOptions) {
    this.#options = options;
  }

  /** Without a promise once the grid was asked for. */
  find(slug: string): AtOnce<OpenWire> {
    return this.#wires.get(slug) ?? this.#make(slug);
  }

  async #make(slug: string): Promise<OpenWire> {
    const { servicesOf, isSimulatorAddress, log } = this.#options;
    const services = await servicesOf(slug);
    const known = this.#wires.get(slug);
    if (known !== undefined) return known;
    const { privateRoutes, publicServices } = createGridWire(services, {
      log: log.child({ grid: slug }),
      hotReplyBytes,
      isSimulatorAddress: (address) => isSimulatorAddress(slug, address),
    });
    const wire: OpenWire = {
      privateRoutes: new RouteFinder(privateRoutes),
      publicRoutes: new RouteFinder(publicServices.routes),
      publicServices,
    };
    this.#wires.set(slug, wire);
    return wire;
  }
}
