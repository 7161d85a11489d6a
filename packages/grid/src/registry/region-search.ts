/** Regions by what people write: a name, part of a name, or a grid's address with a name. */
import { andThen } from '../at-once.ts';
import type { AtOnce } from '../at-once.ts';
import { isSameGrid } from '../grid-url.ts';
import type { OwnAddress } from '../own-address.ts';
import { regionNameKey } from '../regions/region-tables.ts';
import type { RegionRegistry } from './region-registry.ts';
import { parseRegionUri } from './region-uri.ts';
import type { RegisteredRegion } from './registered-region.ts';

/** A new link to another grid's region; undefined when there is none to be had. */
export type MakeLink = (grid: string, name: string) => AtOnce<RegisteredRegion | undefined>;

export class RegionSearch {
  readonly #registry: RegionRegistry;
  readonly #own: Pick<OwnAddress, 'read'>;
  readonly #makeLink: MakeLink | undefined;

  constructor(registry: RegionRegistry, own: Pick<OwnAddress, 'read'>, makeLink?: MakeLink) {
    this.#registry = registry;
    this.#own = own;
    this.#makeLink = makeLink;
  }

  /** One region: of this grid, or a link to another. */
  find(text: string): AtOnce<RegisteredRegion | undefined> {
    // A region, or a link, may be called like an address.
    return andThen(this.#registry.findNamed(text), (region) => region ?? this.#findUri(text));
  }

  /** Regions whose names hold the text, or the one that an address means. */
  list(text: string, max: number): AtOnce<readonly RegisteredRegion[]> {
    const { grid, name } = parseRegionUri(text);
    if (grid === undefined) return this.#registry.named(name, max);
    return andThen(this.find(text), (region) => (region === undefined || max <= 0 ? [] : [region]));
  }

  #findUri(text: string): AtOnce<RegisteredRegion | undefined> {
    const { grid, name } = parseRegionUri(text);
    if (grid === undefined) return this.#registry.findNamed(name);
    return andThen(this.#own.read(), ({ isOwn }) => {
      if (!isOwn(grid)) return this.#findLink(grid, name);
      if (name !== '') return this.#registry.findNamed(name);
      return andThen(this.#registry.defaults(), ([first]) => first);
    });
  }

  #findLink(grid: string, name: string): AtOnce<RegisteredRegion | undefined> {
    const key = regionNameKey(name);
    return andThen(this.#registry.hyperlinks(), (links) => {
      const known = links.find((link) => {
        const uri = parseRegionUri(link.name);
        return uri.grid !== undefined && isSameGrid(uri.grid, grid) && regionNameKey(uri.name) === key;
      });
      return known ?? this.#makeLink?.(grid, name);
    });
  }
}
