/** How many people and regions a grid has, as lists of grids ask for it; counted now and then, not for every caller. */
import type { AtOnce } from '../at-once.ts';

export interface GridCounts {
  readonly residents: number;
  /** Who has logged in within 30 days, visitors too. */
  readonly activeUsers: number;
  /** Cells of 256 m that are online. */
  readonly regions: number;
}

/** OpenSim/Server/Handlers/Grid/GridInfoHandlers.cs */
const lifeMs = 900_000;

export class GridStatistics {
  readonly #count: () => Promise<GridCounts>;
  readonly #now: () => number;
  #known: { readonly counts: Promise<GridCounts>; readonly until: number } | undefined;

  constructor(count: () => Promise<GridCounts>, now: () => number = () => performance.now()) {
    this.#count = count;
    this.#now = now;
  }

  read(): AtOnce<GridCounts> {
    if (this.#known !== undefined && this.#now() < this.#known.until) return this.#known.counts;
    const counts = this.#count();
    const known = { counts, until: this.#now() + lifeMs };
    this.#known = known;
    counts.catch(() => {
      if (this.#known === known) this.#known = undefined;
    });
    return counts;
  }
}
