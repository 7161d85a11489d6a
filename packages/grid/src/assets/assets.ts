/**
 * The assets of a grid: immutable bytes under an id. An id that exists is never given other bytes: what was offered
 * is kept aside and reported as a conflict.
 */
import { createHash } from 'node:crypto';
import { assetKind, parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import type { BlobId, BlobStore } from '@gridkeep/storage/blobs/blob-store';
import type { Database, Queries } from '@gridkeep/storage/database/database';
import { parseUuid } from '@gridkeep/wire/uuid';
import type { Uuid } from '@gridkeep/wire/uuid';
import { LRUCache } from 'lru-cache';
import { chunked } from '../chunks.ts';
import { storableText } from '../text.ts';
import { transact } from '../transactions.ts';
import type { ContentUsage } from '../usage/content-usage.ts';
import {
  assetBytesMax,
  assetCreatorMax,
  assetDescriptionMax,
  assetFlagsMask,
  assetNameMax,
} from './asset-record.ts';
import type { AssetConflict, AssetDescription, AssetRecord, CreateResult } from './asset-record.ts';
import { CreateQueue } from './create-queue.ts';
import { insertRecords } from './insert-records.ts';
import * as store from './assets-store.ts';

/** Records held in memory: about 400 bytes each. */
const cachedRecordsDefault = 50_000;

export interface NewAsset extends AssetDescription {
  readonly data: Uint8Array;
}

/** Conflicts listed in a report of many; the rest is in the table of conflicts. */
const conflictsReportedMax = 1000;

export interface InsertReport {
  readonly created: number;
  /** Were there with the same bytes. */
  readonly existing: number;
  /** Were there with other bytes, which stay. */
  readonly conflicting: number;
  /** The first 1000 of the conflicts. */
  readonly conflicts: readonly AssetConflict[];
}

/** The asset cannot be stored as it is; the message names the rule. */
export class AssetRefusedError extends Error {
  override readonly name = 'AssetRefusedError';
}

export interface AssetsOptions {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly usage: ContentUsage;
  readonly cachedRecords?: number;
  /** Told of every conflict once it is recorded; for logs. */
  readonly onConflict?: (conflict: AssetConflict) => void;
}

const deletedTopic = 'asset-deleted:';

export class Assets {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #usage: ContentUsage;
  readonly #records: LRUCache<Uuid, AssetRecord>;
  readonly #queue: CreateQueue;
  readonly #onConflict: ((conflict: AssetConflict) => void) | undefined;
  #deletions = 0;

  constructor(options: AssetsOptions) {
    this.#database = options.database;
    this.#blobs = options.blobs;
    this.#usage = options.usage;
    this.#records = new LRUCache({ max: options.cachedRecords ?? cachedRecordsDefault });
    this.#queue = new CreateQueue(options.database, options.usage);
    this.#onConflict = options.onConflict;
    // Assets never change, but any process may delete one.
    this.onDeleted((id) => {
      this.#deletions += 1;
      if (id === undefined) this.#records.clear();
      else this.#records.delete(id);
    });
  }

  /** Calls back when this or another process has deleted an asset; undefined: any may be gone. */
  onDeleted(listener: (id: Uuid | undefined) => void): void {
    this.#database.onChange((topic) => {
      if (topic === undefined) listener(undefined);
      else if (topic.startsWith(deletedTopic)) listener(parseUuid(topic.slice(deletedTopic.length)));
    });
  }

  /**
   * Stores the bytes and then the record; resolves when both are durable. `source` says who offers it, for the report
   * of a conflict. Throws AssetRefusedError or QuotaExceededError, and then nothing is recorded.
   */
  async create(asset: NewAsset, source: string): Promise<CreateResult> {
    const { data, ...description } = asset;
    const blobId = checkedBlobId(asset);
    const known = await this.find(asset.id);
    const size = data.byteLength;
    if (known?.blobId !== blobId) await this.#usage.requireRoom(this.#database, { blobId, size });
    // Also for an asset that exists: a blob that was lost is there again once somebody brings it.
    await this.#blobs.put(data, { id: blobId, compress: compressionOf(asset.type) });
    if (known?.blobId === blobId) return { outcome: 'exists', record: known };
    const record = storableRecord({ ...description, blobId, size });
    const deletions = this.#deletions;
    const result = await this.#queue.add({ record, source });
    if (deletions === this.#deletions) this.#records.set(result.record.id, result.record);
    if (result.conflict !== undefined) this.#onConflict?.(result.conflict);
    return result;
  }

  /**
   * Records many assets inside the caller's transaction; their blobs must be durable already. Throws QuotaExceededError,
   * after which the transaction must not be committed. Conflicts are recorded and reported, not thrown.
   */
  async insertMany(
    queries: Queries,
    records: AsyncIterable<AssetRecord> | Iterable<AssetRecord>,
    source: string,
  ): Promise<InsertReport> {
    const total = { created: 0, exists: 0, conflict: 0 };
    const conflicts: AssetConflict[] = [];
    for await (const chunk of chunked(records)) {
      const offers = chunk.map((record) => ({ record: storableRecord(record), source }));
      for (const { outcome, conflict } of await insertRecords(queries, this.#usage, offers)) {
        total[outcome] += 1;
        if (conflict !== undefined && conflicts.length < conflictsReportedMax) conflicts.push(conflict);
      }
    }
    return { created: total.created, existing: total.exists, conflicting: total.conflict, conflicts };
  }

  async find(id: Uuid): Promise<AssetRecord | undefined> {
    const cached = this.#records.get(id);
    if (cached !== undefined) return cached;
    const deletions = this.#deletions;
    const record = await store.findAsset(this.#database, id);
    // One that was deleted meanwhile would stay in memory.
    if (record !== undefined && deletions === this.#deletions) this.#records.set(id, record);
    return record;
  }

  /** The records of those that exist, by id; thousands at once. */
  async findMany(ids: Iterable<Uuid>): Promise<ReadonlyMap<Uuid, AssetRecord>> {
    const found = new Map<Uuid, AssetRecord>();
    for await (const chunk of chunked(new Set(ids)))
      for (const record of await store.findAssets(this.#database, chunk)) found.set(record.id, record);
    return found;
  }

  /** Which of the ids stand for an asset; thousands at once. */
  async existing(ids: Iterable<Uuid>): Promise<ReadonlySet<Uuid>> {
    const found = new Set<Uuid>();
    const unknown = new Set<Uuid>();
    for (const id of ids) (this.#records.has(id) ? found : unknown).add(id);
    if (unknown.size === 0) return found;
    for await (const chunk of chunked(unknown))
      for (const id of await store.existingAssets(this.#database, chunk)) found.add(id);
    return found;
  }

  /** The bytes of an asset; undefined when there is no such asset or its content is gone. */
  async read(id: Uuid): Promise<Uint8Array | undefined> {
    const record = await this.find(id);
    return record === undefined ? undefined : this.#blobs.get(record.blobId);
  }

  /** Takes an asset out of the grid; its content stays in the blob store until a sweep finds it unused. */
  async delete(id: Uuid): Promise<boolean> {
    const deleted = await transact(this.#database, async (queries) => {
      const record = await store.findAsset(queries, id);
      if (record === undefined || !(await store.deleteAsset(queries, id))) return false;
      await this.#usage.remove(queries, [record]);
      await store.addKindTotals(queries, [{ type: record.type, assets: -1, bytes: -record.size }]);
      queries.announce(`${deletedTopic}${id}`);
      return true;
    });
    return deleted;
  }

  /** All records in the order of their ids; memory stays flat. */
  all(): AsyncIterable<AssetRecord> {
    return store.allAssets(this.#database);
  }

  /** At most `limit` of the assets that have this content, for example to say what a damaged blob was. */
  async withBlob(blobId: BlobId, limit: number): Promise<readonly AssetRecord[]> {
    return store.assetsOfBlob(this.#database, blobId, limit);
  }

  /** What assets and their conflicts need of the blob store. */
  async *liveBlobs(): AsyncIterable<BlobId> {
    yield* store.blobsOf(this.#database, 'assets');
    yield* store.blobsOf(this.#database, 'conflicts');
  }

  /** A page of conflicts, after the last one of the page before. */
  async conflicts(limit: number, after?: AssetConflict): Promise<readonly AssetConflict[]> {
    return store.listConflicts(this.#database, after, limit);
  }

  /** How many assets of each type there are, and their bytes. */
  async kinds(): Promise<readonly store.KindTotal[]> {
    return store.readKindTotals(this.#database);
  }

  /** Every use of content by assets and conflicts, for counting afresh. */
  async *uses(queries: Queries): AsyncIterable<{ readonly blobId: BlobId; readonly size: number }> {
    yield* store.allAssets(queries);
    for (let after: AssetConflict | undefined; ;) {
      const page = await store.listConflicts(queries, after, 500);
      for (const { offeredBlobId, offeredSize } of page) yield { blobId: offeredBlobId, size: offeredSize };
      after = page.at(-1);
      if (after === undefined) return;
    }
  }

  /** Counts the assets of each kind afresh. */
  async recount(queries: Queries): Promise<void> {
    await store.recountKinds(queries);
  }
}

function checkedBlobId(asset: NewAsset): BlobId {
  const { type, data } = asset;
  if (!Number.isInteger(type) || type < -128 || type > 127)
    throw new AssetRefusedError(`asset ${asset.id}: type ${type} is not in -128…127`);
  const bytesMax = assetBytesMax(type);
  if (data.byteLength > bytesMax)
    throw new AssetRefusedError(
      `asset ${asset.id}: ${data.byteLength} bytes, and type ${type} may have at most ${bytesMax}`,
    );
  return parseBlobId(createHash('sha256').update(data).digest('hex'));
}

function compressionOf(type: number): 'auto' | 'never' {
  const known = parseAssetType(type);
  return known !== undefined && assetKind(known).alreadyCompressed ? 'never' : 'auto';
}

function storableRecord(record: AssetRecord): AssetRecord {
  return {
    ...record,
    name: storableText(record.name, assetNameMax),
    description: storableText(record.description, assetDescriptionMax),
    creator: storableText(record.creator, assetCreatorMax),
    flags: record.flags & assetFlagsMask,
  };
}
