/** All regions of a grid in memory, by id, name and place: what simulators and logins ask for all the time. */
import type { Database } from '@gridkeep/storage/database/database';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AtOnce } from '../at-once.ts';
import { regionNameKey } from '../regions/region-tables.ts';
import { cellMetres, regionFlags } from './registered-region.ts';
import type { RegisteredRegion } from './registered-region.ts';
import { readAllRegions, readRegions } from './registry-store.ts';

/** Announced with a region's id behind it by whoever changes what stands on the map. */
export const regionTopic = 'region:';
/** How long the map is believed as a whole, so that an announcement that got lost heals by itself. */
const lifeMs = 600_000;
/** More changes than this are read as a whole map. */
const changesMax = 500;
/** Cells of a row; positions fit into 24 bits. */
const rowCells = 2 ** 24;

/** Metres; `maxX` and `maxY` belong to the rectangle, the region's edge on `minX` and `minY` does not. */
export interface MapRectangle {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

/** One state of the map; read it at once, it changes under a caller who waits. */
export class RegionIndex {
  readonly #byId = new Map<Uuid, RegisteredRegion>();
  readonly #byName = new Map<string, Map<Uuid, RegisteredRegion>>();
  readonly #byCell = new Map<number, RegisteredRegion>();
  /** The few that are more than online. */
  readonly #flagged = new Map<Uuid, RegisteredRegion>();

  constructor(regions: Iterable<RegisteredRegion>) {
    for (const region of regions) this.put(region);
  }

  put(region: RegisteredRegion): void {
    this.delete(region.id);
    this.#byId.set(region.id, region);
    const key = regionNameKey(region.name);
    const named = this.#byName.get(key);
    if (named === undefined) this.#byName.set(key, new Map([[region.id, region]]));
    else named.set(region.id, region);
    for (const cell of cellsOf(region)) this.#byCell.set(cell, region);
    if ((region.flags & ~regionFlags.online) !== 0) this.#flagged.set(region.id, region);
  }

  delete(id: Uuid): void {
    const region = this.#byId.get(id);
    if (region === undefined) return;
    this.#byId.delete(id);
    this.#flagged.delete(id);
    const key = regionNameKey(region.name);
    const named = this.#byName.get(key);
    named?.delete(id);
    if (named?.size === 0) this.#byName.delete(key);
    for (const cell of cellsOf(region)) if (this.#byCell.get(cell)?.id === id) this.#byCell.delete(cell);
  }

  find(id: Uuid): RegisteredRegion | undefined {
    return this.#byId.get(id);
  }

  /** Of several the one that was registered first. */
  named(name: string): RegisteredRegion | undefined {
    const named = [...(this.#byName.get(regionNameKey(name))?.values() ?? [])];
    return named.sort((a, b) => a.registeredAt - b.registeredAt)[0];
  }

  /** With the keys of their names, for a search in them. */
  *namedWith(part: string): Generator<readonly [key: string, region: RegisteredRegion]> {
    for (const [key, regions] of this.#byName)
      if (key.includes(part)) for (const region of regions.values()) yield [key, region];
  }

  /** Those that have all of the flags. */
  withFlags(flags: number): RegisteredRegion[] {
    const candidates = (flags & ~regionFlags.online) === 0 ? this.#byId : this.#flagged;
    return [...candidates.values()].filter((region) => (region.flags & flags) === flags);
  }

  /** Metres. */
  at(x: number, y: number): RegisteredRegion | undefined {
    return this.#byCell.get(cellNumber(Math.floor(x / cellMetres), Math.floor(y / cellMetres)));
  }

  all(): Iterable<RegisteredRegion> {
    return this.#byId.values();
  }

  /** As MySQLRegionData.Get of a rectangle; in the order of ids. */
  within({ minX, minY, maxX, maxY }: MapRectangle): readonly RegisteredRegion[] {
    const columns = Math.max(0, Math.floor((maxX - minX) / cellMetres) + 2);
    const rows = Math.max(0, Math.floor((maxY - minY) / cellMetres) + 2);
    const found =
      columns * rows < this.#byId.size
        ? this.#inCells({ minX, minY, maxX, maxY })
        : new Set(this.#byId.values());
    return [...found]
      .filter(
        (region) =>
          region.x <= maxX &&
          region.x + region.sizeX > minX &&
          region.y <= maxY &&
          region.y + region.sizeY > minY,
      )
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #inCells({ minX, minY, maxX, maxY }: MapRectangle): Set<RegisteredRegion> {
    const found = new Set<RegisteredRegion>();
    for (let x = Math.max(0, Math.floor(minX / cellMetres)); x <= Math.floor(maxX / cellMetres); x += 1)
      for (let y = Math.max(0, Math.floor(minY / cellMetres)); y <= Math.floor(maxY / cellMetres); y += 1) {
        const region = this.#byCell.get(cellNumber(x, y));
        if (region !== undefined) found.add(region);
      }
    return found;
  }
}

function cellNumber(x: number, y: number): number {
  return x * rowCells + y;
}

function* cellsOf(region: RegisteredRegion): Generator<number> {
  const left = Math.floor(region.x / cellMetres);
  const bottom = Math.floor(region.y / cellMetres);
  for (let x = left; x * cellMetres < region.x + region.sizeX; x += 1)
    for (let y = bottom; y * cellMetres < region.y + region.sizeY; y += 1) yield cellNumber(x, y);
}

/** Keeps the index of a grid's regions right: whatever is announced is read again before the next answer. */
export class RegionMap {
  readonly #database: Database;
  readonly #now: () => number;
  #index: RegionIndex | undefined;
  #readAt = 0;
  #changed = new Set<Uuid>();
  #reading: Promise<RegionIndex> | undefined;

  constructor(database: Database, now: () => number = () => performance.now()) {
    this.#database = database;
    this.#now = now;
    database.onChange((topic) => {
      if (topic === undefined) this.#index = undefined;
      else if (topic.startsWith(regionTopic)) this.#noteChange(topic.slice(regionTopic.length));
    });
  }

  /** Without a promise while nothing has changed. */
  read(): AtOnce<RegionIndex> {
    const fresh = this.#fresh();
    if (fresh !== undefined && this.#reading === undefined) return fresh;
    return this.#readAfter(this.#reading);
  }

  #fresh(): RegionIndex | undefined {
    const believed = this.#database.hearsOthers && this.#now() - this.#readAt < lifeMs;
    return believed && this.#changed.size === 0 ? this.#index : undefined;
  }

  #noteChange(text: string): void {
    // Without an index the whole map is read next.
    if (this.#index === undefined) return;
    const id = tryParseUuid(text);
    if (id !== undefined) this.#changed.add(id);
    if (id === undefined || this.#changed.size > changesMax) this.#index = undefined;
  }

  /** A read that is under way may be from before the change that the caller must see. */
  async #readAfter(running: Promise<RegionIndex> | undefined): Promise<RegionIndex> {
    if (running !== undefined) {
      await running.catch(() => undefined);
      // Begun after the caller asked: it sees what the caller must see.
      if (this.#reading !== undefined && this.#reading !== running) return this.#reading;
      const fresh = this.#fresh();
      if (fresh !== undefined) return fresh;
    }
    const reading = this.#refresh();
    this.#reading = reading;
    try {
      return await reading;
    } finally {
      if (this.#reading === reading) this.#reading = undefined;
    }
  }

  async #refresh(): Promise<RegionIndex> {
    const kept = this.#index;
    const changed = this.#changed;
    this.#changed = new Set();
    const whole = kept === undefined || !this.#database.hearsOthers || this.#now() - this.#readAt >= lifeMs;
    try {
      if (!whole) {
        const ids = [...changed];
        const found = await readRegions(this.#database, ids);
        for (const id of ids) kept.delete(id);
        for (const region of found) kept.put(region);
        return kept;
      }
      const readAt = this.#now();
      // Taken as the index already now, so that a word of missed announcements meanwhile takes it away again.
      const index = new RegionIndex([]);
      this.#index = index;
      for (const region of await readAllRegions(this.#database)) index.put(region);
      this.#readAt = readAt;
      return index;
    } catch (error) {
      this.#index = undefined;
      throw error;
    }
  }
}
