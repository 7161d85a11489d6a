/** Links to regions of other grids, so that they stand on this grid's map and residents can go there. */
import { zeroUuid } from '@gridkeep/wire/uuid';
import { tryParseGridUrl } from '../grid-url.ts';
import type { OwnAddress } from '../own-address.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';
import type { RegisteredRegion } from '../registry/registered-region.ts';
import { storableText } from '../text.ts';
import type { ForeignGrids } from './foreign-grids.ts';

const regionNameMax = 128;

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

/**
 * `host:port:Region`, `host:port`, `host:Region`, or with `http://` before it; a blank may stand before the region instead
 * of a colon. Undefined for what is none of these. Source: OpenSim/Services/GridService/HypergridLinker.cs.
 */
export function parseLinkTarget(text: string): LinkTarget | undefined {
  const found = /^(https?:\/\/)?([^\s/:]+)(?::(\d{1,5}))?(?:\/?[\s:]+|\/)?(.*)$/i.exec(text.trim());
  if (found === null) return undefined;
  const [, scheme = 'http://', host = '', port, region = ''] = found;
  const gatekeeper = tryParseGridUrl(`${scheme}${host}${port === undefined ? '' : `:${port}`}/`);
  if (gatekeeper === undefined) return undefined;
  return { gatekeeper, regionName: storableText(region.trim(), regionNameMax) };
}

export class RegionLinks {
  readonly #options: RegionLinksOptions;

  constructor(options: RegionLinksOptions) {
    this.#options = options;
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
    const { hostname, port, protocol } = new URL(gatekeeper);
    return registry.addHyperlink({
      id: region.id,
      name: `${gatekeeper}${regionName === '' ? '' : ` ${regionName}`}`,
      ...{ sizeX: region.sizeX, sizeY: region.sizeY, remoteHandle: region.handle },
      serverHost: hostname,
      httpPort: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
      serverUri: gatekeeper,
      mapTexture: zeroUuid,
    });
  }
}
