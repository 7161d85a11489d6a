/** Links to regions of other grids, so that they stand on this grid's map and residents can go there. */
import { zeroUuid } from '@gridkeep/wire/uuid';
import { LRUCache } from 'lru-cache';
import { portOf, tryParseGridUrl } from '../grid-url.ts';
import type { OwnAddress } from '../own-address.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';
import { RegistrationRefusedError } from '../registry/registered-region.ts';
import type { RegisteredRegion } from '../registry/registered-region.ts';
import { storableText } from '../text.ts';
import type { ForeignGrids } from './foreign-grids.ts';

const regionNameMax = 128;
const missedMs = 60_000;
/** Other grids that are being asked for regions at one time. */
const searchesMax = 8;

/** The link cannot be made; the message says why, for people. */
export class LinkRefusedError extends Error {
  override readonly name = 'LinkRefusedError';
}

export interface RegionLinksOptions {
  readonly own: OwnAddress;
  readonly foreign: ForeignGrids;
  readonly registry: Pick<RegionRegistry, 'addHyperlink'>;
}

/** Where a link leads: a gatekeeper and, unless it is the grid's gateway, a region. */
export interface LinkTarget {
  readonly gatekeeper: string;
  /** '' for the gateway. */
  readonly regionName: string;
}

function linkTarget(grid: string, name: string): LinkTarget | undefined {
  const gatekeeper = tryParseGridUrl(grid);
  return gatekeeper === undefined
    ? undefined
    : { gatekeeper, regionName: storableText(name.trim(), regionNameMax) };
}

export class RegionLinks {
  readonly #options: RegionLinksOptions;

  /** What was looked for lately and not found: a viewer repeats its search with every letter. */
  readonly #missed = new LRUCache<string, true>({ max: 1000, ttl: missedMs });
  #searches = 0;

  constructor(options: RegionLinksOptions) {
    this.#options = options;
  }

  /** A new link for somebody who looks for a region by its address; undefined when there is none to be had. */
  async find(grid: string, name: string): Promise<RegisteredRegion | undefined> {
    const { settings } = await this.#options.own.read();
    const target = settings.hypergridMapSearch ? linkTarget(grid, name) : undefined;
    if (target === undefined || this.#searches >= searchesMax) return undefined;
    const key = `${target.gatekeeper} ${target.regionName}`;
    if (this.#missed.has(key)) return undefined;
    this.#searches += 1;
    try {
      return await this.link(target);
    } catch (error) {
      if (!(error instanceof LinkRefusedError || error instanceof RegistrationRefusedError)) throw error;
      this.#missed.set(key, true);
      return undefined;
    } finally {
      this.#searches -= 1;
    }
  }

  /** Asks the other grid and puts its region on the map. Throws LinkRefusedError or RegistrationRefusedError. */
  async link({ gatekeeper, regionName }: LinkTarget): Promise<RegisteredRegion> {
    const { own, foreign, registry } = this.#options;
    const { settings, isOwn } = await own.read();
    if (!settings.hypergrid) throw new LinkRefusedError('this grid takes part in no Hypergrid');
    if (isOwn(gatekeeper)) throw new LinkRefusedError(`${gatekeeper} is this grid`);
    const region = await foreign.linkRegion(gatekeeper, regionName);
    if (region === undefined)
      throw new LinkRefusedError(
        (await foreign.isRobust(gatekeeper))
          ? `${gatekeeper} knows no ${regionName === '' ? 'gateway' : `region ${JSON.stringify(regionName)}`}`
          : `nobody answers for a grid at ${gatekeeper}`,
      );
    const url = new URL(gatekeeper);
    return registry.addHyperlink({
      id: region.id,
      name: `${gatekeeper}${regionName === '' ? '' : ` ${regionName}`}`,
      ...{ sizeX: region.sizeX, sizeY: region.sizeY, remoteHandle: region.handle },
      serverHost: url.hostname,
      httpPort: portOf(url),
      serverUri: gatekeeper,
      mapTexture: zeroUuid,
    });
  }
}
