/** Puts content on regions. Every method works inside the given transaction. */
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AccompanyingAssets } from '../accompanying/accompanying-assets.ts';
import { chunked, rowsPerStatement } from '../chunks.ts';
import { storableText } from '../text.ts';
import type { ContentUsage } from '../usage/content-usage.ts';
import * as store from './content-store.ts';
import type { RegionContent, RegionObject } from './region-records.ts';
import { UnknownRegionError } from './region-rules.ts';
import { raiseContentRevision } from './regions-store.ts';

/** What a merge does with an object whose id is on the region already. */
export type ExistingObjects = 'skip' | 'replace';

export interface ContentReport {
  /** The content's new revision. */
  readonly revision: number;
  /** Objects that were stored. */
  readonly objects: number;
  /** Objects that were on the region already and stayed as they were. */
  readonly skipped: number;
  readonly parcels: number;
}

/** UTF-16 units of the names of objects and parcels in their columns; the documents keep the whole name. */
const nameMax = 255;
const loadedFromMax = 255;

/** An object or parcel cannot be put on the region. */
export class RegionContentError extends Error {
  override readonly name = 'RegionContentError';
}

export class ContentChanges {
  readonly #usage: ContentUsage;
  readonly #accompanying: AccompanyingAssets;

  constructor(usage: ContentUsage, accompanying: AccompanyingAssets) {
    this.#usage = usage;
    this.#accompanying = accompanying;
  }

  async replace(queries: Queries, id: Uuid, content: RegionContent): Promise<ContentReport> {
    const revision = await this.#newRevision(queries, id, content);
    await this.clear(queries, id);
    return this.#put(queries, id, content, revision, undefined);
  }

  async merge(
    queries: Queries,
    id: Uuid,
    content: RegionContent,
    existing: ExistingObjects,
  ): Promise<ContentReport> {
    const revision = await this.#newRevision(queries, id, content);
    return this.#put(queries, id, content, revision, existing);
  }

  /** Takes all content away. */
  async clear(queries: Queries, id: Uuid): Promise<void> {
    for (let after: Uuid | undefined; ;) {
      const page = await store.objectsAfter(queries, id, after, rowsPerStatement);
      await this.#usage.remove(queries, page);
      after = page.at(-1)?.id;
      if (page.length < rowsPerStatement) break;
    }
    await store.deleteAllObjects(queries, id);
    await store.deleteAllParcels(queries, id);
    await store.writeSettings(queries, id, undefined, 0);
    await this.#setTerrain(queries, id, undefined);
    await this.#accompanying.clear(queries, [id]);
  }

  async #newRevision(queries: Queries, id: Uuid, content: RegionContent): Promise<number> {
    const loadedFrom = storableText(content.loadedFrom, loadedFromMax);
    const revision = await raiseContentRevision(queries, id, loadedFrom, Date.now());
    if (revision === undefined) throw new UnknownRegionError(id);
    return revision;
  }

  async #put(
    queries: Queries,
    id: Uuid,
    content: RegionContent,
    revision: number,
    existing: ExistingObjects | undefined,
  ): Promise<ContentReport> {
    let objects = 0;
    let skipped = 0;
    for await (const chunk of chunked(content.objects)) {
      const fresh = existing === undefined ? chunk : await this.#makeRoom(queries, id, chunk, existing);
      await this.#insertObjects(queries, id, fresh);
      objects += fresh.length;
      skipped += chunk.length - fresh.length;
    }
    const parcels = content.parcels === undefined ? 0 : await putParcels(queries, id, content.parcels);
    if (content.settings !== undefined) await store.writeSettings(queries, id, content.settings, revision);
    if (content.terrain !== undefined) await this.#setTerrain(queries, id, content.terrain);
    await this.#accompanying.add(queries, id, content.accompanyingAssets);
    return { revision, objects, skipped, parcels };
  }

  async #insertObjects(queries: Queries, id: Uuid, objects: readonly RegionObject[]): Promise<void> {
    const named = objects.map((object) => ({ ...object, name: storableText(object.name, nameMax) }));
    const stored = await store.insertObjects(queries, id, named);
    if (stored !== objects.length)
      throw new RegionContentError(
        `${objects.length - stored} objects have the id of another object of the region: ${duplicate(objects)}`,
      );
    await this.#usage.add(queries, objects);
  }

  /** Of the objects those to insert, after taking away those that they replace. */
  async #makeRoom(
    queries: Queries,
    id: Uuid,
    objects: readonly RegionObject[],
    existing: ExistingObjects,
  ): Promise<readonly RegionObject[]> {
    const ids = objects.map((object) => object.id);
    const present = await store.findObjects(queries, id, ids);
    if (present.length === 0) return objects;
    const taken = new Set(present.map((object) => object.id));
    if (existing === 'skip') return objects.filter((object) => !taken.has(object.id));
    await this.#usage.remove(queries, present);
    await store.deleteObjects(queries, id, [...taken]);
    return objects;
  }

  async #setTerrain(queries: Queries, id: Uuid, terrain: RegionContent['terrain']): Promise<void> {
    const before = await store.readTerrain(queries, id);
    if (before !== undefined) await this.#usage.remove(queries, [before]);
    await store.writeTerrain(queries, id, terrain);
    if (terrain !== undefined) await this.#usage.add(queries, [terrain]);
  }
}

async function putParcels(
  queries: Queries,
  id: Uuid,
  parcels: NonNullable<RegionContent['parcels']>,
): Promise<number> {
  await store.deleteAllParcels(queries, id);
  let count = 0;
  for await (const parcel of parcels) {
    const named = { ...parcel, name: storableText(parcel.name, nameMax) };
    if (!(await store.insertParcel(queries, id, named)))
      throw new RegionContentError(`two parcels of the region have the id ${parcel.id}`);
    count += 1;
  }
  return count;
}

/** The first id that occurs twice, or says that it is one from before. */
function duplicate(objects: readonly RegionObject[]): string {
  const seen = new Set<Uuid>();
  for (const { id } of objects) {
    if (seen.has(id)) return id;
    seen.add(id);
  }
  return `one of those from ${objects[0]?.id ?? ''} to ${objects.at(-1)?.id ?? ''}`;
}
