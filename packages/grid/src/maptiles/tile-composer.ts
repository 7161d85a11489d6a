/** Composes the tiles of the higher zooms in the background; what is left when the program ends is done after its next start. */
import type { Database } from '@gridkeep/storage/database/database';
import { BackgroundLoop } from '@gridkeep/storage/jobs/background-loop';
import { ChangeSignal } from '@gridkeep/storage/jobs/change-signal';
import type { BackgroundWork } from '../background-work.ts';
import type { ServiceLog } from '../service-log.ts';
import { claimTask } from '../upkeep/upkeep-store.ts';
import type { StaleTile } from './map-tiles-store.ts';
import type { MapTiles } from './map-tiles.ts';

export interface TileComposerOptions {
  readonly database: Database;
  readonly tiles: Pick<MapTiles, 'stale' | 'compose'>;
  readonly log: ServiceLog;
  /** Unix milliseconds; for tests. */
  readonly now?: () => number;
}

const lookMs = 15_000;
/** A round ends well before another process may begin one. */
const roundMs = 20_000;
const claimMs = 60_000;
const batch = 100;

export class TileComposer implements BackgroundWork {
  readonly name = 'map tiles';
  readonly #options: TileComposerOptions;
  readonly #now: () => number;
  readonly #loop: BackgroundLoop;
  #stopped = false;

  constructor(options: TileComposerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#loop = new BackgroundLoop({
      step: async () => this.#step(),
      wake: new ChangeSignal(),
      report: (error) => options.log.error({ err: error }, 'map tiles could not be composed'),
    });
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop.stop();
  }

  async #step(): Promise<number> {
    const { database, tiles } = this.#options;
    if ((await tiles.stale(1)).length === 0) return lookMs;
    const now = this.#now();
    if (await claimTask(database, 'map-tiles', now, now + claimMs)) await this.composeAll();
    return lookMs;
  }

  /** All zooms in their order, for at most a round; returns how many tiles were made. */
  async composeAll(): Promise<number> {
    const { tiles } = this.#options;
    const end = this.#now() + roundMs;
    const failed = new Set<string>();
    let made = 0;
    while (!this.#stopped && this.#now() < end) {
      const stale = (await tiles.stale(batch)).filter((tile) => !failed.has(keyOf(tile)));
      const [first] = stale;
      if (first === undefined) break;
      // The tiles of one zoom only: those of the next are made of them.
      for (const tile of stale.filter(({ zoom }) => zoom === first.zoom)) {
        if (this.#stopped || this.#now() >= end) break;
        if (await this.#compose(tile)) made += 1;
        else failed.add(keyOf(tile));
      }
    }
    return made;
  }

  /** One broken tile does not hold up the others; it is tried again in the next round. */
  async #compose(tile: StaleTile): Promise<boolean> {
    try {
      await this.#options.tiles.compose(tile);
      return true;
    } catch (error) {
      const { zoom, x, y } = tile;
      this.#options.log.error({ err: error, zoom, x, y }, 'a map tile could not be composed');
      return false;
    }
  }
}

function keyOf({ zoom, x, y }: StaleTile): string {
  return `${zoom},${x},${y}`;
}
