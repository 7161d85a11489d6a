/** The regions of a grid and what is stored of their content: objects, parcels, settings, terrain. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AccompanyingAssets } from '../accompanying/accompanying-assets.ts';
import { within } from '../transactions.ts';
import type { ContentUsage, UsedBlob } from '../usage/content-usage.ts';
import { countContent, readSettings, readTerrain, regionBlobs, regionUses } from './content-store.ts';
import { ContentChanges } from './content-changes.ts';
import type { ContentReport, ExistingObjects } from './content-changes.ts';
import { readObjects, readParcels } from './content-reader.ts';
import type {
  NewRegion,
  Region,
  RegionContent,
  RegionGround,
  RegionObject,
  RegionParcel,
  RegionSummary,
  RegionTerrain,
} from './region-records.ts';
import { checkedRegion, RegionOverlapError, RegionRefusedError, UnknownRegionError } from './region-rules.ts';
import * as store from './regions-store.ts';

export type RegionChanges = Partial<Omit<NewRegion, 'id'>>;

export interface RegionsOptions {
  readonly database: Database;
  readonly usage: ContentUsage;
  readonly accompanying: AccompanyingAssets;
}

export class Regions {
  readonly #database: Database;
  readonly #accompanying: AccompanyingAssets;
  readonly #changes: ContentChanges;

  constructor(options: RegionsOptions) {
    this.#database = options.database;
    this.#accompanying = options.accompanying;
    this.#changes = new ContentChanges(options.usage, options.accompanying);
  }

  /** Throws RegionRefusedError, as RegionOverlapError when the ground is taken. */
  async create(region: NewRegion, transaction?: Queries): Promise<Region> {
    const { id, name, locationX, locationY, sizeX, sizeY, ownerId } = checkedRegion(region);
    return within(this.#database, transaction, async (queries) => {
      const now = Date.now();
      const created: Region = {
        ...{ id, name, locationX, locationY, sizeX, sizeY, ownerId },
        ...{ createdAt: now, contentRevision: 0, loadedFrom: '', loadedAt: 0 },
      };
      if ((await store.findRegion(queries, id)) !== undefined)
        throw new RegionRefusedError(`a region with the id ${id} exists already`);
      await requirePlace(queries, created);
      await store.insertRegion(queries, created);
      return created;
    });
  }

  /** Throws UnknownRegionError or RegionRefusedError. */
  async update(id: Uuid, changes: RegionChanges, transaction?: Queries): Promise<Region> {
    return within(this.#database, transaction, async (queries) => {
      const region = checkedRegion({ ...(await requireRegion(queries, id)), ...changes });
      await requirePlace(queries, region);
      await store.replaceRegion(queries, region);
      return region;
    });
  }

  /** Takes a region away with all that is on it. Throws UnknownRegionError. */
  async delete(id: Uuid, transaction?: Queries): Promise<void> {
    await within(this.#database, transaction, async (queries) => {
      await requireRegion(queries, id);
      await this.#changes.clear(queries, id);
      await store.deleteRegion(queries, id);
    });
  }

  async find(id: Uuid, queries: Queries = this.#database): Promise<Region | undefined> {
    return store.findRegion(queries, id);
  }

  /** Case does not matter. */
  async findNamed(name: string, queries: Queries = this.#database): Promise<Region | undefined> {
    return store.findRegionNamed(queries, name.trim());
  }

  /** The region whose south-west corner is there, in units of 256 m. */
  async findAt(
    locationX: number,
    locationY: number,
    queries: Queries = this.#database,
  ): Promise<Region | undefined> {
    return store.findRegionAt(queries, locationX, locationY);
  }

  /** A region, other than itself, that covers some of the same ground. */
  async findOverlapping(
    ground: RegionGround,
    queries: Queries = this.#database,
  ): Promise<Region | undefined> {
    return store.findOverlapping(queries, ground);
  }

  /** A page in the order of names, after the last name of the page before. */
  async list(limit: number, after?: string): Promise<readonly Region[]> {
    return store.listRegions(this.#database, after, limit);
  }

  async summary(id: Uuid, queries: Queries = this.#database): Promise<RegionSummary> {
    const { objectBytes, ...counts } = await countContent(queries, id);
    const terrain = await readTerrain(queries, id);
    return {
      ...counts,
      bytes: objectBytes + (terrain?.size ?? 0),
      accompanyingAssets: await this.#accompanying.count(id, queries),
      hasTerrain: terrain !== undefined,
      hasSettings: (await readSettings(queries, id)) !== undefined,
    };
  }

  /**
   * Puts new content in place of all that is on the region, inside the caller's transaction; the blobs must be durable
   * already. Throws UnknownRegionError, RegionContentError or QuotaExceededError; then nothing may be committed.
   */
  async replaceContent(queries: Queries, id: Uuid, content: RegionContent): Promise<ContentReport> {
    return this.#changes.replace(queries, id, content);
  }

  /** Adds content to what is on the region; parcels, settings and terrain are replaced where the content has them. */
  async mergeContent(
    queries: Queries,
    id: Uuid,
    content: RegionContent,
    existing: ExistingObjects = 'skip',
  ): Promise<ContentReport> {
    return this.#changes.merge(queries, id, content, existing);
  }

  /**
   * All objects in the order of their ids, memory flat. Throws RegionChangedError as soon as the content is not any
   * more what it was at the start.
   */
  objects(id: Uuid, queries: Queries = this.#database): AsyncIterable<RegionObject> {
    return readObjects(queries, id);
  }

  /** As `objects`. */
  parcels(id: Uuid, queries: Queries = this.#database): AsyncIterable<RegionParcel> {
    return readParcels(queries, id);
  }

  async settings(
    id: Uuid,
    queries: Queries = this.#database,
  ): Promise<{ readonly document: string; readonly revision: number } | undefined> {
    return readSettings(queries, id);
  }

  async terrain(id: Uuid, queries: Queries = this.#database): Promise<RegionTerrain | undefined> {
    return readTerrain(queries, id);
  }

  /** What regions need of the blob store. */
  liveBlobs(): AsyncIterable<BlobId> {
    return regionBlobs(this.#database);
  }

  /** Every use of content by regions, for counting afresh. */
  uses(queries: Queries): AsyncIterable<UsedBlob> {
    return regionUses(queries);
  }
}

async function requireRegion(queries: Queries, id: Uuid): Promise<Region> {
  const region = await store.findRegion(queries, id);
  if (region === undefined) throw new UnknownRegionError(id);
  return region;
}

async function requirePlace(queries: Queries, region: Region): Promise<void> {
  const named = await store.findRegionNamed(queries, region.name);
  if (named !== undefined && named.id !== region.id)
    throw new RegionRefusedError(`a region named ${named.name} exists already`);
  const other = await store.findOverlapping(queries, region);
  if (other !== undefined) throw new RegionOverlapError(region, other);
}
