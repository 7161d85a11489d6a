/** What restores of every grain share: a folder for spools, the ledger, content, and the report. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AssetRecord } from '@gridkeep/grid/assets/asset-record';
import { findAssets } from '@gridkeep/grid/assets/assets-store';
import { chunked } from '@gridkeep/grid/chunks';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { transact } from '@gridkeep/grid/transactions';
import type { InventoryItem } from '@gridkeep/grid/inventory/inventory-records';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Queries } from '@gridkeep/storage/database/database';
import { GridSnapshot } from '../backup-layout/grid-snapshot-reader.ts';
import { itemOfRow } from '../backup-layout/record-rows.ts';
import { RecordFields } from '../backup-layout/record-fields.ts';
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';
import type { LoadContext } from '../ingress/archive-intake.ts';
import { finishedLoad, recordLoad } from '../ingress/load-ledger.ts';
import type { LineCodec } from '../ingress/record-spool.ts';
import { RecordSpool } from '../ingress/record-spool.ts';
import { LineFields } from '../ingress/spooled-records.ts';
import { asJson } from '../json-value.ts';
import { AssetNeeds } from './asset-needs.ts';
import { ChangeTally } from './change-tally.ts';
import type { RestoreReport } from './restore-report.ts';
import { parseRestoreReport } from './restore-report.ts';
import type { RestoreRequest } from './restore-request.ts';
import { RestoredContent } from './restored-content.ts';

type Made = RestoreReport['made'][number];

export class RestoreWork {
  readonly grid: GridServices;
  readonly snapshot: GridSnapshot;
  readonly request: RestoreRequest;
  readonly context: LoadContext;
  readonly content: RestoredContent;
  /** Assets that came along, which the transaction records. */
  readonly assets: RecordSpool<AssetRecord>;
  readonly needs: AssetNeeds;
  /** Of what is missing, found before the transaction. */
  readonly lost = new ChangeTally();
  readonly #folder: string;
  readonly #spools: { discard(): Promise<void> }[];
  readonly #begun = performance.now();

  private constructor(
    parts: Pick<RestoreWork, 'grid' | 'snapshot' | 'request' | 'context'>,
    folder: string,
    assets: RecordSpool<AssetRecord>,
  ) {
    this.grid = parts.grid;
    this.snapshot = parts.snapshot;
    this.request = parts.request;
    this.context = parts.context;
    this.#folder = folder;
    this.assets = assets;
    this.#spools = [assets];
    this.content = new RestoredContent(parts.snapshot.source, parts.grid.blobs, parts.request.dryRun);
    this.needs = new AssetNeeds(parts.grid, parts.snapshot, this.content, assets);
  }

  /** Runs `work` unless this job has come to its end before; its files are gone afterwards. */
  static async run(
    source: SnapshotSource,
    root: SnapshotRoot,
    grid: GridServices,
    request: RestoreRequest,
    context: LoadContext,
    work: (work: RestoreWork) => Promise<RestoreReport>,
  ): Promise<RestoreReport> {
    const folder = join(context.temporaryFolder, `restore-${context.jobId}`);
    await rm(folder, { recursive: true, force: true });
    const finished = await finishedLoad(grid.database, context.jobId);
    if (finished !== undefined) return parseRestoreReport(finished);
    const snapshot = await GridSnapshot.open(source, root);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    let running: RestoreWork | undefined;
    try {
      const assets = await RecordSpool.create(join(folder, 'assets'), assetCodec);
      running = new RestoreWork({ grid, snapshot, request, context }, folder, assets);
      return await work(running);
    } finally {
      if (running !== undefined) await running.#close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  async spool<T>(name: string, codec: LineCodec<T>): Promise<RecordSpool<T>> {
    const spool = await RecordSpool.create(join(this.#folder, name), codec);
    this.#spools.push(spool);
    return spool;
  }

  progress(done: number, message: string): void {
    this.context.signal.throwIfAborted();
    this.context.progress({ done, unit: 'items', message });
  }

  /** Finds assets that are needed and waits until all content is durable. */
  async settleContent(): Promise<void> {
    await this.needs.resolve(this.lost, this.context.signal);
    await this.content.drain();
    this.context.signal.throwIfAborted();
  }

  /** Records the assets that came along; a grid's asset that stands under the id stays. */
  async putAssets(queries: Queries, tally: ChangeTally): Promise<void> {
    for await (const chunk of chunked(this.assets.read())) {
      const there = await findAssets(
        queries,
        chunk.map((record) => record.id),
      );
      const known = new Set(there.map((record) => record.id));
      for (const { id, name } of chunk) tally.add('asset', known.has(id) ? 'same' : 'appear', id, name);
    }
    if (!this.request.dryRun) await this.grid.assets.insertMany(queries, this.assets.read(), this.sourceName);
  }

  async #close(): Promise<void> {
    await this.content.settle();
    for (const spool of this.#spools) await spool.discard();
  }

  get sourceName(): string {
    return `backup ${this.snapshot.root.id.slice(0, 8)}`;
  }

  report(tally: ChangeTally, made: readonly Made[]): RestoreReport {
    const { snapshot, request, content } = this;
    const { counts, changes } = tally.report;
    const { missing, missingCount, lostCount } = this.lost.report;
    return {
      ...{ scope: request.scope, placement: request.placement, dryRun: request.dryRun },
      ...{ snapshot: snapshot.root.id, snapshotTime: snapshot.root.time },
      ...{ counts, changes, missing, missingCount, lostCount, made, unreadContents: content.unread },
      ...{ newBlobs: content.tally.newBlobs, newBlobBytes: content.tally.newBlobBytes },
      took: Math.round(performance.now() - this.#begun),
    };
  }

  /** Runs `put` in one transaction that ends with the line in the ledger; in a dry run without a transaction. */
  async commit(put: (queries: Queries) => Promise<RestoreReport>): Promise<RestoreReport> {
    const { database } = this.grid;
    this.progress(0, 'putting records in place');
    if (this.request.dryRun) return database.snapshot(put);
    return transact(database, async (queries) => {
      const report = await put(queries);
      await recordLoad(queries, this.context.jobId, asJson(report));
      return report;
    });
  }
}

export const assetCodec: LineCodec<AssetRecord> = {
  encode: (record) =>
    JSON.stringify({ ...record, temporary: record.temporary ? 1 : 0, local: record.local ? 1 : 0 }),
  decode: (line) => {
    const fields = new LineFields(line);
    return {
      id: fields.uuid('id'),
      blobId: parseBlobId(fields.text('blobId')),
      size: fields.number('size'),
      type: fields.number('type'),
      name: fields.text('name'),
      description: fields.text('description'),
      creator: fields.text('creator'),
      flags: fields.number('flags'),
      temporary: fields.boolean('temporary'),
      local: fields.boolean('local'),
      createdAt: fields.number('createdAt'),
    };
  },
};

export const itemCodec: LineCodec<InventoryItem> = {
  encode: (item) =>
    JSON.stringify({
      ...{ id: item.id, owner: item.ownerId, folder: item.folderId, asset: item.assetId },
      ...{ asset_type: item.assetType, inventory_type: item.inventoryType },
      ...{ name: item.name, description: item.description },
      ...{ base_permissions: item.basePermissions, current_permissions: item.currentPermissions },
      ...{ everyone_permissions: item.everyonePermissions, group_permissions: item.groupPermissions },
      ...{ next_permissions: item.nextPermissions, creator: item.creatorId },
      ...{ creator_data: item.creatorData, creator_claim: item.creatorClaim, flags: item.flags },
      ...{ sale_type: item.saleType, sale_price: item.salePrice, group_id: item.groupId },
      ...{ group_owned: item.groupOwned ? 1 : 0, creation_date: item.creationDate },
    }),
  decode: (line) => itemOfRow(RecordFields.parse(line, 'spool')),
};
