/**
 * The pictures of the map: simulators put one for each cell of 256 m, the zooms above are composed of them. They are not
 * counted against the grid's quota: they come again by themselves. Source: OpenSim/Services/MapImageService/MapImageService.cs.
 */
import type { BlobId, BlobStore } from '@gridkeep/storage/blobs/blob-store';
import type { Database } from '@gridkeep/storage/database/database';
import { LRUCache } from 'lru-cache';
import { andThen } from '../at-once.ts';
import type { AtOnce } from '../at-once.ts';
import { RecordCache } from '../record-cache.ts';
import type { RegionRegistry } from '../registry/region-registry.ts';
import { cellMetres } from '../registry/registered-region.ts';
import { transact } from '../transactions.ts';
import { cellMax, quarters, tileAt, tileBytesMax, zoomMax } from './map-tile.ts';
import type { MapTile, TilePlace } from './map-tile.ts';
import * as store from './map-tiles-store.ts';
import type { StaleTile } from './map-tiles-store.ts';
import { composeTile, requireTileImage, TileImageError, waterTile } from './tile-images.ts';

export interface MapTilesOptions {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly registry: Pick<RegionRegistry, 'at'>;
  /** Unix milliseconds; for tests. */
  readonly now?: () => number;
}

/** A tile may not be put or taken away; the message says why. */
export class TileRefusedError extends Error {
  override readonly name = 'TileRefusedError';
}

/** Announced with `zoom,x,y` behind it. */
const topic = 'map-tile';
const rowsKept = 4000;
const hotBytesMax = 8 * 1024 * 1024;
/** A simulator puts the tiles of its regions one by one: composing waits until it is quiet. */
const settleMs = 30_000;

export class MapTiles {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #registry: Pick<RegionRegistry, 'at'>;
  readonly #now: () => number;
  /** Null where there is no tile: most of the map is water. */
  readonly #rows: RecordCache<MapTile | null>;
  readonly #hot = new LRUCache<BlobId, Uint8Array>({
    maxSize: hotBytesMax,
    maxEntrySize: tileBytesMax,
    sizeCalculation: (bytes) => Math.max(1, bytes.byteLength),
  });
  #water: Promise<Uint8Array> | undefined;

  constructor(options: MapTilesOptions) {
    const { database, blobs, registry, now = Date.now } = options;
    this.#database = database;
    this.#blobs = blobs;
    this.#registry = registry;
    this.#now = now;
    this.#rows = new RecordCache({ database, topic, entriesMax: rowsKept });
  }

  /** Null where there is none. */
  find(place: TilePlace): AtOnce<MapTile | null> {
    const found = this.#rows.load(
      keyOf(place),
      async () => (await store.findTile(this.#database, place)) ?? null,
    );
    return andThen(found, (tile) => tile ?? null);
  }

  /** The JPEG of a tile; undefined when it is gone. */
  content(tile: MapTile): AtOnce<Uint8Array | undefined> {
    return this.#hot.get(tile.blobId) ?? this.#readContent(tile.blobId);
  }

  async #readContent(id: BlobId): Promise<Uint8Array | undefined> {
    const bytes = await this.#blobs.get(id);
    if (bytes !== undefined) this.#hot.set(id, bytes);
    return bytes;
  }

  /** The JPEG of what no tile shows. */
  water(): Promise<Uint8Array> {
    this.#water ??= waterTile();
    return this.#water;
  }

  /** Puts the tile of one cell. Throws TileRefusedError. */
  async put(cellX: number, cellY: number, image: Uint8Array, simulator: string): Promise<void> {
    await this.#requireGround(cellX, cellY, simulator);
    try {
      await requireTileImage(image);
    } catch (error) {
      if (error instanceof TileImageError) throw new TileRefusedError(error.message);
      throw error;
    }
    const place = tileAt(1, cellX, cellY);
    const content = await this.#blobs.put(image);
    // Marked before, so that a crash in between costs no more than composing once for nothing.
    await store.markStale(this.#database, tileAt(2, cellX, cellY), this.#now());
    await store.writeTile(this.#database, place, content, this.#now());
    this.#database.announce(`${topic}:${keyOf(place)}`);
  }

  /** Takes the tile of one cell away; nothing happens where there is none. Throws TileRefusedError. */
  async remove(cellX: number, cellY: number, simulator: string): Promise<void> {
    await this.#requireGround(cellX, cellY, simulator);
    const place = tileAt(1, cellX, cellY);
    await store.markStale(this.#database, tileAt(2, cellX, cellY), this.#now());
    await store.deleteTile(this.#database, place);
    this.#database.announce(`${topic}:${keyOf(place)}`);
  }

  /** A simulator shows its own ground, and what nobody has: it puts the first tile before it registers. */
  async #requireGround(cellX: number, cellY: number, simulator: string): Promise<void> {
    const cells = [cellX, cellY];
    if (!cells.every((cell) => Number.isInteger(cell) && cell >= 0 && cell < cellMax))
      throw new TileRefusedError('the location is not on the map');
    const region = await this.#registry.at(cellX * cellMetres, cellY * cellMetres);
    if (region !== undefined && region.simulator !== '' && region.simulator !== simulator)
      throw new TileRefusedError(
        `region ${region.name}, which another simulator runs, is at ${cellX},${cellY}`,
      );
  }

  /** Tiles that must be composed anew and have settled, the lowest zoom first. */
  async stale(limit: number): Promise<readonly StaleTile[]> {
    return store.staleTiles(this.#database, this.#now() - settleMs, limit);
  }

  /** Composes a tile of the four below it, and marks the one above. */
  async compose(stale: StaleTile): Promise<void> {
    const images = await Promise.all(
      quarters(stale).map(async (quarter) => {
        const tile = await store.findTile(this.#database, quarter);
        return tile === undefined ? undefined : this.#blobs.get(tile.blobId);
      }),
    );
    const empty = images.every((image) => image === undefined);
    const content = empty ? undefined : await this.#blobs.put(await composeTile(images));
    const now = this.#now();
    await transact(this.#database, async (queries) => {
      await store.clearStale(queries, stale);
      const before = await store.findTile(queries, stale);
      if (before?.blobId === content?.id) return;
      if (content === undefined) await store.deleteTile(queries, stale);
      else await store.writeTile(queries, stale, content, now);
      // What is above has waited with this one already.
      if (stale.zoom < zoomMax)
        await store.markStale(queries, tileAt(stale.zoom + 1, stale.x, stale.y), now - settleMs);
      queries.announce(`${topic}:${keyOf(stale)}`);
    });
  }

  /** What tiles need of the blob store. */
  liveBlobs(): AsyncIterable<BlobId> {
    return store.blobsOfTiles(this.#database);
  }
}

function keyOf({ zoom, x, y }: TilePlace): string {
  return `${zoom},${x},${y}`;
}
