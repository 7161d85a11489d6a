/** Puts blobs, trees and snapshots into a repository: packs made whole in threads, durable before an index names them. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { availableParallelism } from 'node:os';
import { chunkingKey, cutChunks } from '../chunking/chunker.ts';
import { writeIndexFile } from '../format/index-file.ts';
import { decodePackHeader } from '../format/pack-header.ts';
import { writeSnapshot } from '../format/snapshot-encoding.ts';
import type { Snapshot, StoredSnapshot } from '../format/snapshot.ts';
import { encodeTree } from '../format/tree-encoding.ts';
import type { BlobType, FileNode, TreeNode } from '../format/tree-node.ts';
import type { MasterKey } from '../sealing/master-key.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { TargetError, type PackContent, type Target } from '../target/target.ts';
import { BlobIndex } from './blob-index.ts';
import type { IndexLoader } from './index-loader.ts';
import type { BlobCodec } from './pack-builder.ts';
import { Batch, type IndexedHeader, type PackingReply, type SentBatch } from './packing-protocol.ts';
import { PackingThreads } from './packing-threads.ts';
import { BlobRejectedError } from './repository-errors.ts';
import { hashName, writeUnpackedFile } from './repository-files.ts';
import type { RepositoryLock } from './repository-lock.ts';

export interface WriterOptions {
  readonly signal?: AbortSignal;
  /** Threads, 1 or 2; default 1 with up to two processors, else 2. */
  readonly threads?: number;
  /** For all packs and indexes: where the target can lock objects, nobody deletes them before (Unix ms). */
  readonly lockedUntil?: number;
  /** Default 16 MiB and 6 MiB. */
  readonly dataPackBytes?: number;
  readonly treePackBytes?: number;
}

/** Bytes as the blob store keeps them. */
export interface StoredBytes {
  readonly codec: 'raw' | 'zstd';
  readonly payload: Uint8Array;
  /** Of the content. */
  readonly length: number;
}

export interface AddStoredOptions {
  /** Default 'data'. */
  readonly type?: BlobType;
  /** Write it although the index has it: for repacking. */
  readonly again?: boolean;
}

export interface WriterTotals {
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  /** Bytes of new blobs before compression. */
  readonly dataAdded: number;
  /** Bytes of the packs written. */
  readonly dataAddedPacked: number;
  /** Names of the packs written. */
  readonly packs: readonly string[];
}

export const dataPackBytesDefault = 16 * 1024 * 1024;
export const treePackBytesDefault = 6 * 1024 * 1024;
/** One packs 190 MB/s, which with reading and writing keeps two processors busy; another holds 50 MB more. */
const threadsDefault = availableParallelism() > 2 ? 2 : 1;
const batchBytes = 2 * 1024 * 1024;
/** Two in each thread, one of each type being filled, one on its way. */
const batchesMax = 6;
/** Unless it is a single batch with a large blob. */
const batchesBytesMax = 16 * 1024 * 1024;
/** While so many packs wait for the target, threads get nothing more to do. */
const unsavedPacksMax = 2;
/** What of a repository its writer works with. */
export interface WrittenRepository {
  readonly target: Target;
  readonly sealer: Sealer;
  readonly masterKey: MasterKey;
}

/** An interrupted backup has not lost more than this. Half of restic's, for an index takes some 600 bytes a blob to make. */
const indexBlobsMax = 25_000;
const indexMsMax = 10 * 60_000;

export class RepositoryWriter {
  readonly #repository: WrittenRepository;
  readonly #indexes: IndexLoader;
  readonly #lock: RepositoryLock;
  readonly #options: WriterOptions;
  readonly #threads: PackingThreads;
  readonly #signal: AbortSignal;
  #index = new BlobIndex();
  /** Accepted, not yet in a durable pack. */
  readonly #inFlight = new Set<string>();
  readonly #filling = new Map<BlobType, Batch>();
  readonly #waitingBatches: Batch[] = [];
  readonly #spareBatches: SentBatch[] = [];
  #batches = 0;
  #batchesBytes = 0;
  #unsavedPacks = 0;
  #unindexed: IndexedHeader[] = [];
  #unindexedBlobs = 0;
  #indexedAt = performance.now();
  /** Names of packs whose index is being made. */
  readonly #inIndex = new Set<string>();
  #indexesInMaking = 0;
  /** Saves that the target has not answered. */
  #saves = 0;
  #failure: Error | undefined;
  readonly #rejected: BlobId[] = [];
  #waiting: (() => void)[] = [];
  #isOpen = true;
  #dataIs: PackContent = 'data';
  readonly #totals = { dataBlobs: 0, treeBlobs: 0, dataAdded: 0, dataAddedPacked: 0 };
  readonly #packs: string[] = [];
  readonly #chunkingKey: Uint8Array;

  /** Made by `Repository.beginWriting`. */
  constructor(
    repository: WrittenRepository,
    indexes: IndexLoader,
    lock: RepositoryLock,
    options: WriterOptions,
  ) {
    this.#repository = repository;
    this.#indexes = indexes;
    this.#lock = lock;
    this.#options = options;
    this.#chunkingKey = chunkingKey(repository.masterKey);
    this.#threads = new PackingThreads({
      key: repository.masterKey,
      threadsMax: options.threads ?? threadsDefault,
      packBytes: {
        data: options.dataPackBytes ?? dataPackBytesDefault,
        tree: options.treePackBytes ?? treePackBytesDefault,
      },
      onReply: (reply, giveBack) => this.#take(reply, giveBack),
      onError: (error) => this.#fail(error),
    });
    this.#signal = AbortSignal.any([lock.signal, ...(options.signal === undefined ? [] : [options.signal])]);
    this.#signal.addEventListener('abort', this.#stop);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async begin(): Promise<void> {
    this.#signal.throwIfAborted();
    this.#index = await this.#indexes.load({ signal: this.#signal });
  }

  /** In the repository or accepted here. */
  has(type: BlobType, id: BlobId): boolean {
    return this.#index.has(type, id) || this.#inFlight.has(keyOf(type, id));
  }

  /** Adds resolve when accepted; the bytes may be used again then. Errors of earlier blobs reject later calls. */
  async addData(
    bytes: Uint8Array,
    options: { readonly id?: BlobId; readonly compress?: 'auto' | 'never' } = {},
  ): Promise<BlobId> {
    const id = options.id ?? parseBlobId(hashName(bytes));
    await this.#add('data', id, options.compress === 'never' ? 'raw' : 'auto', bytes, bytes.length, false);
    return id;
  }

  /** Of compressed bytes it is known only later whether they are what the id says: `finish` throws then. */
  async addStored(id: BlobId, stored: StoredBytes, options: AddStoredOptions = {}): Promise<void> {
    const { type = 'data', again = false } = options;
    await this.#add(type, id, stored.codec, stored.payload, stored.length, again);
  }

  async addTree(nodes: Iterable<TreeNode>): Promise<BlobId> {
    const bytes = encodeTree(nodes);
    const id = parseBlobId(hashName(bytes));
    await this.#add('tree', id, 'auto', bytes, bytes.length, false);
    return id;
  }

  /** Cut by content. */
  async addFile(name: string, modifiedAt: number, source: AsyncIterable<Uint8Array>): Promise<FileNode> {
    const content: BlobId[] = [];
    let size = 0;
    for await (const chunk of cutChunks(source, this.#chunkingKey)) {
      content.push(await this.addData(chunk));
      size += chunk.length;
    }
    return { type: 'file', name, modifiedAt, size, content };
  }

  /**
   * Data from here on is read by everybody who only looks around: where other data goes to a cold place, it stays on the fast
   * one. Elsewhere this does nothing.
   */
  async beginRecords(): Promise<void> {
    if (this.#repository.target.cold === undefined || this.#dataIs === 'metadata') return;
    await this.#flush();
    this.#dataIs = 'metadata';
  }

  /** Makes all packs durable and writes the indexes. More may be added afterwards and finished again. */
  async finish(): Promise<WriterTotals> {
    await this.#flush();
    this.#writeIndex();
    await this.#until(() => this.#indexesInMaking === 0);
    await this.#indexes.keep();
    if (this.#rejected.length > 0) throw new BlobRejectedError([...this.#rejected]);
    return { ...this.#totals, packs: [...this.#packs] };
  }

  /** All that was added is in durable packs then. */
  async #flush(): Promise<void> {
    this.#check();
    for (const [type, batch] of this.#filling) {
      this.#filling.delete(type);
      this.#waitingBatches.push(batch);
    }
    this.#pump();
    await this.#until(() => this.#waitingBatches.length === 0 && this.#threads.isIdle);
    this.#threads.flush();
    await this.#until(() => this.#threads.isIdle && this.#unsavedPacks === 0);
  }

  /** After finish: everything that it refers to is durable and in an index. */
  async saveSnapshot(
    snapshot: Snapshot,
    options: { readonly lockedUntil?: number } = {},
  ): Promise<StoredSnapshot> {
    this.#check();
    if (this.#inFlight.size > 0 || this.#unindexed.length > 0 || this.#indexesInMaking > 0) {
      throw new Error('a snapshot is saved only after everything before it is finished');
    }
    if (this.#rejected.length > 0) throw new BlobRejectedError([...this.#rejected]);
    const lockedUntil = options.lockedUntil ?? this.#options.lockedUntil;
    const id = await this.#writeUnpacked('snapshot', writeSnapshot(snapshot), {
      signal: this.#signal,
      ...(lockedUntil === undefined ? {} : { lockedUntil }),
    });
    return { ...snapshot, id };
  }

  /** Stops. Packs that are durable get their index still, so that the next backup need not write them again. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#signal.removeEventListener('abort', this.#stop);
    const wasWhole = !(this.#failure instanceof TargetError);
    this.#fail(new Error('the writer is closed'));
    await this.#threads.close();
    // Their buffers are in use.
    while (this.#saves > 0) await this.#change();
    if (this.#unindexed.length === 0) return;
    if (!wasWhole || this.#lock.signal.aborted || !(await this.#indexTheRest())) this.#indexes.forget();
  }

  async #indexTheRest(): Promise<boolean> {
    try {
      const packs = this.#unindexed.map(({ id, header }) => ({ id, blobs: decodePackHeader(header) }));
      const name = await this.#writeUnpacked('index', writeIndexFile(packs), {
        ...this.#saveOptions(),
        signal: this.#lock.signal,
      });
      this.#index.noteIndexed(
        packs.map(({ id }) => id),
        name,
      );
      return true;
    } catch {
      // The packs lie there without an index: no harm, the next prune takes them.
      return false;
    }
  }

  async #add(
    type: BlobType,
    id: BlobId,
    codec: BlobCodec,
    payload: Uint8Array,
    length: number,
    again: boolean,
  ): Promise<void> {
    this.#check();
    // The format cannot say it of a compressed one; an empty file has no blobs.
    if (length === 0 || payload.length === 0) throw new RangeError('an empty blob');
    const key = keyOf(type, id);
    if (this.#inFlight.has(key) || (!again && this.#index.has(type, id))) return;
    this.#inFlight.add(key);
    for (;;) {
      const batch = this.#filling.get(type);
      if (batch?.hasRoom(payload.length) === true) {
        batch.add(id, codec, payload, length);
        return;
      }
      if (batch !== undefined) {
        this.#filling.delete(type);
        this.#waitingBatches.push(batch);
        this.#pump();
      }
      await this.#until(() => this.#hasRoomFor(payload.length) || this.#filling.has(type));
      if (!this.#filling.has(type)) this.#filling.set(type, this.#newBatch(type, payload.length));
    }
  }

  #hasRoomFor(bytes: number): boolean {
    if (this.#batches >= batchesMax) return false;
    return this.#batchesBytes + Math.max(bytes, batchBytes) <= batchesBytesMax || this.#batches <= 1;
  }

  #newBatch(type: BlobType, bytes: number): Batch {
    this.#batches += 1;
    this.#batchesBytes += Math.max(bytes, batchBytes);
    const spare = bytes <= batchBytes ? this.#spareBatches.pop() : undefined;
    return spare === undefined
      ? Batch.empty(type, Math.max(bytes, batchBytes))
      : new Batch(type, spare.rows, spare.bytes);
  }

  /** Gives the threads what they can take. */
  #pump(): void {
    while (this.#failure === undefined && this.#unsavedPacks < unsavedPacksMax) {
      const [batch] = this.#waitingBatches;
      if (batch === undefined || !this.#threads.give(batch)) return;
      this.#waitingBatches.shift();
    }
  }

  #take(reply: PackingReply, giveBack: (buffer: ArrayBuffer) => void): void {
    switch (reply.kind) {
      case 'batch done':
        this.#batches -= 1;
        this.#batchesBytes -= reply.batch.bytes.byteLength;
        if (reply.batch.bytes.byteLength === batchBytes) this.#spareBatches.push(reply.batch);
        for (const id of reply.rejected) {
          this.#rejected.push(parseBlobId(id));
          this.#inFlight.delete(keyOf(reply.batch.type, parseBlobId(id)));
        }
        break;
      case 'pack':
        this.#unsavedPacks += 1;
        this.#saves += 1;
        void this.#savePack(reply).then((isSaved) => {
          this.#saves -= 1;
          this.#unsavedPacks -= 1;
          if (isSaved) giveBack(reply.buffer);
          this.#pump();
          this.#changed();
        });
        break;
      case 'index':
        this.#saves += 1;
        void this.#saveIndex(reply.name, reply.bytes, reply.packs).then(() => {
          this.#saves -= 1;
          this.#indexesInMaking -= 1;
          this.#changed();
        });
        break;
      case 'flushed':
        break;
    }
    this.#pump();
    this.#changed();
  }

  async #savePack(pack: Extract<PackingReply, { kind: 'pack' }>): Promise<boolean> {
    try {
      this.#signal.throwIfAborted();
      await this.#repository.target.save('pack', pack.id, new Uint8Array(pack.buffer, 0, pack.bytes), {
        ...this.#saveOptions(),
        content: pack.type === 'data' ? this.#dataIs : 'metadata',
      });
      const blobs = decodePackHeader(pack.header);
      this.#index.addPack(pack.id, blobs);
      for (const { type, id } of blobs) this.#inFlight.delete(keyOf(type, id));
      this.#totals[pack.type === 'data' ? 'dataBlobs' : 'treeBlobs'] += blobs.length;
      this.#totals.dataAdded += pack.contentBytes;
      this.#totals.dataAddedPacked += pack.bytes;
      this.#packs.push(pack.id);
      this.#unindexed.push({ id: pack.id, header: pack.header });
      this.#unindexedBlobs += blobs.length;
      const isDue = performance.now() - this.#indexedAt > indexMsMax;
      if (this.#unindexedBlobs >= indexBlobsMax || isDue) this.#writeIndex();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Of packs that are durable. */
  #writeIndex(): void {
    this.#indexedAt = performance.now();
    this.#unindexedBlobs = 0;
    const packs = this.#unindexed.filter(({ id }) => !this.#inIndex.has(id));
    if (packs.length === 0 || this.#failure !== undefined) return;
    for (const { id } of packs) this.#inIndex.add(id);
    this.#indexesInMaking += 1;
    this.#threads.makeIndex(packs);
  }

  async #saveIndex(name: string, bytes: Uint8Array, packs: readonly string[]): Promise<void> {
    try {
      this.#signal.throwIfAborted();
      await this.#repository.target.save('index', name, bytes, this.#saveOptions());
      this.#index.noteIndexed(packs, name);
      const named = new Set(packs);
      this.#unindexed = this.#unindexed.filter(({ id }) => !named.has(id));
    } catch (error) {
      this.#fail(error);
    }
  }

  #writeUnpacked(
    kind: 'index' | 'snapshot',
    text: string,
    options: { readonly lockedUntil?: number; readonly signal: AbortSignal },
  ): Promise<string> {
    return writeUnpackedFile(this.#repository.target, this.#repository.sealer, kind, text, options);
  }

  #saveOptions(): { signal: AbortSignal; lockedUntil?: number } {
    const { lockedUntil } = this.#options;
    return { signal: this.#signal, ...(lockedUntil === undefined ? {} : { lockedUntil }) };
  }

  readonly #stop = (): void => {
    this.#fail(this.#signal.reason);
  };

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#changed();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #until(isSo: () => boolean): Promise<void> {
    for (;;) {
      this.#check();
      if (isSo()) return;
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function keyOf(type: BlobType, id: BlobId): string {
  return type === 'data' ? id : `t${id}`;
}
