/**
 * The part that loading an OAR and an IAR share: one pass over the archive that makes all content durable in the blob
 * store and lets the records wait in spools, so that they go into the database in one transaction at the end. Whatever
 * fails before that transaction leaves blobs that nothing names, which the next sweep takes, and no record.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveSink, HashedAsset } from '@gridkeep/content/archives/inspect-archive';
import { inspectArchive } from '@gridkeep/content/archives/inspect-archive';
import type { InspectionReport } from '@gridkeep/content/archives/inspection-report';
import { assetKind } from '@gridkeep/content/assets/asset-kinds';
import { isBuiltIn, isStockTerrainTexture } from '@gridkeep/content/assets/built-in';
import type { AssetRecord } from '@gridkeep/grid/assets/asset-record';
import type { Assets } from '@gridkeep/grid/assets/assets';
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { BlobId, BlobStore } from '@gridkeep/storage/blobs/blob-store';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import type { JobProgress } from '@gridkeep/storage/jobs/jobs';
import type { Uuid } from '@gridkeep/wire/uuid';
import { finishedLoad } from './load-ledger.ts';
import { PutWindow } from './put-window.ts';
import type { LineCodec } from './record-spool.ts';
import { RecordSpool } from './record-spool.ts';
import type { LoadedAsset } from './spooled-records.ts';
import { loadedAssetCodec, uuidCodec } from './spooled-records.ts';

/** Nothing was loaded: the archive, the target or the request does not allow it. The message says what to do. */
export class LoadRefusedError extends Error {
  override readonly name = 'LoadRefusedError';
  /** What the inspection found, when it got that far. */
  readonly report: InspectionReport | undefined;
  constructor(message: string, report?: InspectionReport) {
    super(message);
    this.report = report;
  }
}

/** What a load works with beside the grid: its identity for the ledger, a place for spools, and who watches. */
export interface LoadContext {
  readonly jobId: Uuid;
  /** For files that live as long as the load. */
  readonly temporaryFolder: string;
  readonly signal: AbortSignal;
  readonly progress: (progress: JobProgress) => void;
}

export interface WantedArchive {
  /** Path of the archive. */
  readonly source: string;
  readonly kind: 'oar' | 'iar';
  /** Refuse the archive when anything in it had to be left out. */
  readonly strict: boolean;
}

export interface AssetSpools {
  readonly records: RecordSpool<LoadedAsset>;
  /** Assets that a save of the content would not find by following references. */
  readonly accompanying: RecordSpool<Uuid>;
}

/** What was written to the blob store by one load. */
export interface BlobTally {
  readonly newBlobs: number;
  readonly newBytes: number;
}

export class ArchiveIntake {
  readonly #blobs: BlobStore;
  readonly #context: LoadContext;
  readonly #folder: string;
  readonly #window = new PutWindow();
  readonly #spools: { discard(): Promise<void> }[] = [];
  #newBlobs = 0;
  #newBytes = 0;

  private constructor(blobs: BlobStore, context: LoadContext, folder: string) {
    this.#blobs = blobs;
    this.#context = context;
    this.#folder = folder;
  }

  /**
   * Runs `work`, whose result the ledger keeps, with an intake whose files are gone afterwards, however it ends. A load
   * that has come to its end before is not run again: its result is what it was.
   */
  static async run(
    grid: GridServices,
    context: LoadContext,
    work: (intake: ArchiveIntake) => Promise<string>,
  ): Promise<string> {
    const folder = join(context.temporaryFolder, `load-${context.jobId}`);
    // Left behind when an earlier try of the same job was killed, perhaps after its commit.
    await rm(folder, { recursive: true, force: true });
    const finished = await finishedLoad(grid.database, context.jobId);
    if (finished !== undefined) return finished;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const intake = new ArchiveIntake(grid.blobs, context, folder);
    try {
      return await work(intake);
    } finally {
      await intake.#window.settle();
      for (const spool of intake.#spools) await spool.discard();
      await rm(folder, { recursive: true, force: true });
    }
  }

  get blobTally(): BlobTally {
    return { newBlobs: this.#newBlobs, newBytes: this.#newBytes };
  }

  async spool<T>(name: string, codec: LineCodec<T>): Promise<RecordSpool<T>> {
    const spool = await RecordSpool.create(join(this.#folder, name), codec);
    this.#spools.push(spool);
    return spool;
  }

  async assetSpools(): Promise<AssetSpools> {
    return {
      records: await this.spool('assets', loadedAssetCodec),
      accompanying: await this.spool('accompanying', uuidCodec),
    };
  }

  /** Puts an asset under way and spools its record; waits only while too much is under way. */
  async takeAsset(entry: HashedAsset, spools: AssetSpools): Promise<void> {
    const { id, type, bytes } = entry;
    const blobId = parseBlobId(entry.sha256);
    await spools.records.add({ id, type, blobId, size: bytes.length });
    // Saves pass over what every viewer has; an archive that brings it along gets it back.
    if (isBuiltIn(id) || isStockTerrainTexture(id)) await spools.accompanying.add(id);
    const compress = assetKind(type).alreadyCompressed ? 'never' : 'auto';
    await this.#window.add(bytes.length, () => this.#put(bytes, compress, blobId).then(() => undefined));
  }

  /** Puts a document under way; `then` gets its blob once that is durable. */
  async takeDocument(bytes: Uint8Array, then: (blobId: BlobId) => Promise<void>): Promise<void> {
    await this.#window.add(bytes.length, async () => then(await this.#put(bytes, 'auto', undefined)));
  }

  /** Reads the whole archive through the sink. Resolves when every put is durable; throws LoadRefusedError for its faults. */
  async read(
    wanted: WantedArchive,
    sink: ArchiveSink,
    assets: Assets,
    spools: AssetSpools,
  ): Promise<InspectionReport> {
    const report = await inspectArchive(wanted.source, {
      sink,
      knownAssets: (ids) => assets.existing(ids),
      onUnreferenced: async (ids) => {
        for (const id of ids) await spools.accompanying.add(id);
      },
      // Content waits here until it is durable, so less is read ahead than for a look.
      limits: { pieceBytes: 128 * 1024 },
      signal: this.#context.signal,
      onProgress: ({ bytesRead, bytesTotal }) => {
        const total = bytesTotal === undefined ? {} : { total: bytesTotal };
        this.#context.progress({
          done: bytesRead,
          ...total,
          unit: 'bytes',
          message: 'reading and storing content',
        });
      },
    });
    requireUsable(report, wanted);
    await this.#window.drain();
    this.#context.signal.throwIfAborted();
    const { entries } = report;
    this.#context.progress({
      done: entries,
      total: entries,
      unit: 'items',
      message: 'putting records in place',
    });
    return report;
  }

  async #put(bytes: Uint8Array, compress: 'auto' | 'never', id: BlobId | undefined): Promise<BlobId> {
    const put = await this.#blobs.put(bytes, id === undefined ? { compress } : { compress, id });
    if (put.isNew) {
      this.#newBlobs += 1;
      this.#newBytes += put.size;
    }
    return put.id;
  }
}

function requireUsable(report: InspectionReport, { kind, strict }: WantedArchive): void {
  if (report.verdict === 'refuse')
    throw new LoadRefusedError(
      `the archive is refused: ${report.refusal?.message ?? 'no reason given'}`,
      report,
    );
  if (report.kind !== kind) {
    const advice =
      kind === 'oar'
        ? 'is no region archive (OAR): load it into an inventory'
        : 'is no inventory archive (IAR): load it into a region';
    throw new LoadRefusedError(`this ${advice}`, report);
  }
  if (strict && report.entriesRefused > 0)
    throw new LoadRefusedError(`${report.entriesRefused} entries of the archive cannot be used`, report);
}

/** Archives hold neither names nor creators of assets. */
export async function* assetRecords(spool: RecordSpool<LoadedAsset>): AsyncGenerator<AssetRecord> {
  const createdAt = Date.now();
  for await (const asset of spool.read())
    yield {
      ...asset,
      name: '',
      description: '',
      creator: '',
      flags: 0,
      temporary: false,
      local: false,
      createdAt,
    };
}
