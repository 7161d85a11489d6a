/** BlobStore in pack files. README.md of this folder specifies the bytes; blob-store.ts and maintenance.ts what is promised. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { getBlob, readBlob, type ReadingParts } from './blob-reading.ts';
import type { BlobId, BlobStat, BlobStoreStats, ByteRange, PutOptions, PutResult } from './blob-store.ts';
import { compactPacks } from './compact.ts';
import { nodeDisk, type Disk } from './disk.ts';
import { chain, hashInTurns, newRecord, readHead, tryCompress } from './incoming.ts';
import { openIndex, removeIndex } from './index-file.ts';
import { lockFolder, type FolderLock } from './folder-lock.ts';
import type {
  CompactOptions,
  CompactReport,
  MaintainedBlobStore,
  OpenReport,
  ReindexOptions,
  ReindexReport,
  SweepOptions,
  SweepReport,
  VerifyOptions,
  VerifyReport,
} from './maintenance.ts';
import { OpenPacks } from './open-packs.ts';
import { recordBytes } from './pack-format.ts';
import type { PackInfo, Place } from './index-rows.ts';
import type { PackIndex } from './pack-index.ts';
import { PackReader } from './pack-reader.ts';
import { PackWriter, type NewRecord } from './pack-writer.ts';
import { recover, removeSpools } from './recovery.ts';
import { reindexPacks } from './reindex.ts';
import type { RemoteTier, RemoteTierParts } from './remote-tier.ts';
import { spool, type Spooled } from './spool.ts';
import { StampClock } from './stamp-clock.ts';
import { getStoredBlob, readStoredBlobs, type StoredContent, type StoredResult } from './stored-reading.ts';
import { removeMarks, sweepBlobs } from './sweep.ts';
import { verifyPacks } from './verify.ts';

export interface PackStoreOptions {
  /** Belongs to this store alone; made when absent. */
  readonly folder: string;
  /** A pack is sealed when it reaches this size. Default 256 MiB. */
  readonly packBytesMax?: number;
  /** Streamed content up to this size goes through memory, larger content through a file. Default 1 MiB. */
  readonly streamBufferBytesMax?: number;
  /** Bytes of puts waiting to be written; further puts wait. Default 64 MiB. */
  readonly queueBytesMax?: number;
  readonly disk?: Disk;
  /** Keeps the packs on a shelf too; see s3-pack-store.ts. */
  readonly remote?: (parts: RemoteTierParts) => Promise<RemoteTier>;
  /** The open pack is sealed so often even when it is not full. Default: never. */
  readonly sealAfterMs?: number;
}

// Large enough that a terabyte is 4,000 files, small enough to be uploaded, rewritten or lost one at a time.
const packBytesMaxDefault = 256 * 1024 * 1024;
const streamBufferBytesMaxDefault = 1024 * 1024;
const queueBytesMaxDefault = 64 * 1024 * 1024;
const indexFile = 'index.db';
const marksFile = 'sweep.db';
const lookupsPerTurn = 256;
const listPageRows = 500;

/** Opens or makes the store. Throws BlobStoreLockedError when another process has it open. */
export async function openPackStore(options: PackStoreOptions): Promise<PackStore> {
  const packsFolder = join(options.folder, 'packs');
  await mkdir(packsFolder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(options.folder);
  try {
    return await PackStore.open(options, packsFolder, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface StoreParts {
  readonly options: PackStoreOptions;
  readonly disk: Disk;
  readonly packsFolder: string;
  readonly lock: FolderLock;
  readonly packs: OpenPacks;
  readonly clock: StampClock;
  readonly indexBox: { index: PackIndex };
  readonly remote: RemoteTier | undefined;
  readonly openReport: OpenReport;
}

export class PackStore implements MaintainedBlobStore {
  readonly openReport: OpenReport;
  readonly #parts: StoreParts;
  readonly #writer: PackWriter;
  readonly #reading: ReadingParts;
  readonly #packBytesMax: number;
  /** Contents being stored, so that a second put of the same waits for the first. */
  readonly #storing = new Map<BlobId, Promise<void>>();
  /** Blobs whose tombstone is being written: a put must store them again. */
  readonly #dying = new Set<BlobId>();
  readonly #closing = new AbortController();
  readonly #work = new Set<Promise<unknown>>();
  readonly #sealTimer: NodeJS.Timeout | undefined;
  readonly #keeping = new Set<Promise<void>>();
  #reindexing: Promise<unknown> | undefined;
  /** Sweep, compaction and reindexing take turns. */
  #maintenance: Promise<unknown> = Promise.resolve();

  static async open(options: PackStoreOptions, packsFolder: string, lock: FolderLock): Promise<PackStore> {
    const disk = options.disk ?? nodeDisk;
    const packs = new OpenPacks(disk, packsFolder);
    await removeSpools(disk, packsFolder);
    await removeMarks(join(options.folder, marksFile));
    removeIndex(join(options.folder, `${indexFile}.new`));
    const { index, isNew } = openIndex(join(options.folder, indexFile));
    const indexBox = { index };
    try {
      const wasClean = index.fact('clean') === 1;
      index.setFact('clean', 0);
      const clock = new StampClock();
      const remote = await options.remote?.({ index: () => indexBox.index, packs, disk });
      const found = await recover({ disk, folder: packsFolder, packs, index });
      if (isNew) await remote?.takeAll(index, found.damages);
      index.setFact('complete', 1);
      forgetEmptyPacks(index);
      // What puts found here shortly before a crash may be forgotten: every grace starts anew.
      if (!wasClean && index.packs().next().done !== true) index.setFact('graceFloor', Date.now() * 1000);
      clock.seen(index.lastStamp);
      const missing = [...index.packs()].filter(
        ({ local, remote, liveBlobs }) => !local && !remote && liveBlobs > 0,
      );
      const openReport: OpenReport = {
        rebuilt: isNew && index.packs().next().done !== true,
        packsMissing: missing.map(({ name }) => name),
        ...found,
      };
      return new PackStore({ options, disk, packsFolder, lock, packs, clock, indexBox, remote, openReport });
    } catch (error) {
      index.abandon();
      throw error;
    }
  }

  private constructor(parts: StoreParts) {
    this.#parts = parts;
    this.openReport = parts.openReport;
    const { options, disk, packsFolder: folder, packs, clock, indexBox, remote } = parts;
    this.#packBytesMax = options.packBytesMax ?? packBytesMaxDefault;
    const index = (): PackIndex => indexBox.index;
    const resumable = [...indexBox.index.packs()].find(({ state, local }) => state === 'open' && local);
    this.#writer = new PackWriter(
      { disk, folder, index, clock, packs },
      {
        packBytesMax: this.#packBytesMax,
        queueBytesMax: options.queueBytesMax ?? queueBytesMaxDefault,
        gatherMs: remote?.gatherMs ?? 0,
        onSealed: (pack) => remote?.sealed(pack),
        ...(remote?.publish === undefined ? {} : { publish: remote.publish }),
      },
      resumable,
    );
    this.#reading = {
      index,
      reader: new PackReader(packs, remote),
      look: () => remote?.look() ?? Promise.resolve(false),
    };
    remote?.start();
    if (options.sealAfterMs !== undefined) {
      const seal = (): void => void this.#tracked(this.#writer.sealOpenPack()).catch(() => undefined);
      this.#sealTimer = setInterval(seal, options.sealAfterMs).unref();
    }
  }

  get #index(): PackIndex {
    return this.#parts.indexBox.index;
  }

  async put(bytes: Uint8Array, options: PutOptions = {}): Promise<PutResult> {
    this.#closing.signal.throwIfAborted();
    return this.#tracked(this.#put(bytes, options));
  }

  async #put(bytes: Uint8Array, options: PutOptions): Promise<PutResult> {
    const id = options.id ?? (await hashInTurns(bytes));
    const isNew = await this.#storeOnce(id, async () => {
      const stored = options.compress === 'never' ? undefined : await tryCompress(bytes);
      await this.#writer.append(newRecord(id, bytes, stored));
    });
    return { id, size: bytes.length, isNew };
  }

  async putStream(source: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<PutResult> {
    this.#closing.signal.throwIfAborted();
    return this.#tracked(this.#putStream(source, options));
  }

  async #putStream(source: AsyncIterable<Uint8Array>, options: PutOptions): Promise<PutResult> {
    const bufferMax = this.#parts.options.streamBufferBytesMax ?? streamBufferBytesMaxDefault;
    const { head, rest } = await readHead(source, bufferMax);
    if (rest === undefined) {
      const only = head.length === 1 ? head[0] : undefined;
      return this.#put(only ?? Buffer.concat(head), options);
    }
    const { disk, packsFolder } = this.#parts;
    const spooled = await spool(disk, packsFolder, this.#untilClosing(chain(head, rest)));
    if (options.id !== undefined && options.id !== spooled.id) {
      await spooled.discard();
      throw new RangeError(`the content has the id ${spooled.id}, not ${options.id}`);
    }
    let isKept = false;
    try {
      const isNew = await this.#storeOnce(spooled.id, async () => {
        isKept = true;
        await this.#keep(spooled);
      });
      return { id: spooled.id, size: spooled.length, isNew };
    } finally {
      if (!isKept) await spooled.discard();
    }
  }

  /** Closing the store does not wait for a source that may never end. */
  async *#untilClosing(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#closing.signal.throwIfAborted();
      yield chunk;
    }
  }

  /** Makes a spooled pack part of the store; not while the index is being exchanged. */
  async #keep(spooled: Spooled, movedFrom?: Place): Promise<void> {
    while (this.#reindexing !== undefined) await this.#reindexing;
    const keeping = this.#keepNow(spooled, movedFrom);
    this.#keeping.add(keeping);
    try {
      await keeping;
    } finally {
      this.#keeping.delete(keeping);
    }
  }

  async #keepNow(spooled: Spooled, movedFrom?: Place): Promise<void> {
    const { clock } = this.#parts;
    const begun = clock.begin();
    try {
      await this.#keepStamped(spooled, movedFrom?.stamp ?? clock.next(), movedFrom);
    } finally {
      clock.end(begun);
    }
  }

  async #keepStamped(spooled: Spooled, stamp: number, movedFrom: Place | undefined): Promise<void> {
    const { packs, disk, remote } = this.#parts;
    const { name, bytes, record } = await spooled.keep(stamp);
    if (remote?.publish !== undefined) {
      try {
        await remote.publish(name);
      } catch (error) {
        await disk.remove(packs.path(name));
        throw error;
      }
    }
    const isPublished = remote?.publish !== undefined;
    const pack = this.#index.addPack(name, 'sealed', { local: true, remote: isPublished });
    pack.bytes = bytes;
    pack.indexedTo = bytes;
    this.#index.apply(pack, record, movedFrom);
    remote?.sealed(pack);
    this.#index.flushIfDue();
  }

  /** Runs `store` unless the content is here or on its way; true when it was run. */
  async #storeOnce(id: BlobId, store: () => Promise<void>): Promise<boolean> {
    if (this.#protectIfHere(id)) return false;
    const earlier = this.#storing.get(id);
    if (earlier !== undefined) {
      await earlier;
      return false;
    }
    const storing = store();
    this.#storing.set(id, storing);
    try {
      await storing;
    } finally {
      this.#storing.delete(id);
    }
    return true;
  }

  #protectIfHere(id: BlobId): boolean {
    if (this.#dying.has(id) || this.#index.usable(id) === undefined) return false;
    this.#index.touch(id, this.#parts.clock.next());
    this.#index.flushIfDue();
    return true;
  }

  async get(id: BlobId): Promise<Uint8Array | undefined> {
    return getBlob(this.#reading, id);
  }

  async read(id: BlobId, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined> {
    return readBlob(this.#reading, id, range);
  }

  async getStored(id: BlobId): Promise<StoredContent | undefined> {
    return getStoredBlob(this.#reading, id);
  }

  readStored(ids: Iterable<BlobId>): AsyncIterable<StoredResult> {
    return readStoredBlobs(this.#reading, ids);
  }

  async has(ids: Iterable<BlobId>): Promise<ReadonlySet<BlobId>> {
    const wanted = [...ids];
    const isHere = (id: BlobId): boolean => !this.#dying.has(id) && this.#index.usable(id) !== undefined;
    const here = await filterInTurns(wanted, isHere);
    // Another process may have put the rest.
    if (here.size < wanted.length && (await this.#parts.remote?.refresh()) === true)
      return filterInTurns(wanted, isHere);
    return here;
  }

  async protect(ids: Iterable<BlobId>): Promise<ReadonlySet<BlobId>> {
    return filterInTurns(ids, (id) => this.#protectIfHere(id));
  }

  async stat(id: BlobId): Promise<BlobStat | undefined> {
    const here = await this.has([id]);
    const place = here.has(id) ? this.#index.usable(id) : undefined;
    return place === undefined ? undefined : this.#statOf(id, place);
  }

  #statOf(id: BlobId, place: Place): BlobStat {
    const pack = this.#index.pack(place.pack)?.name ?? '';
    return { id, size: place.length, storedSize: recordBytes(place), pack };
  }

  async *list(): AsyncGenerator<BlobStat> {
    let last: BlobId | undefined;
    for (;;) {
      const rows = this.#index.blobsAfter(last, listPageRows);
      for (const { id, place } of rows) if (this.#index.isUsable(place)) yield this.#statOf(id, place);
      last = rows.at(-1)?.id;
      if (last === undefined) return;
      await turn();
    }
  }

  async stats(): Promise<BlobStoreStats> {
    const stats = { blobs: 0, packs: 0, logicalBytes: 0, storedBytes: 0, deadBytes: 0 };
    for (const pack of this.#index.packs()) {
      if (!pack.local && !pack.remote) continue;
      stats.packs += 1;
      stats.blobs += pack.liveBlobs;
      stats.logicalBytes += pack.liveLogical;
      stats.storedBytes += pack.bytes;
      stats.deadBytes += pack.recordBytes - pack.liveBytes;
    }
    return stats;
  }

  verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    const { reader } = this.#reading;
    const index = (): PackIndex => this.#index;
    return this.#tracked(
      verifyPacks({ index, reader }, { ...options, signal: this.#untilClosed(options.signal) }),
    );
  }

  sweep(options: SweepOptions): Promise<SweepReport> {
    const signal = this.#untilClosed(options.signal);
    const horizon = this.#parts.clock.horizon();
    return this.#inTurn(() =>
      sweepBlobs(
        {
          index: () => this.#index,
          marksPath: join(this.#parts.options.folder, marksFile),
          horizon,
          graceFloor: this.#index.fact('graceFloor') ?? 0,
          dying: this.#dying,
          bury: (id) => this.#writer.append(newRecord(id, new Uint8Array(0), undefined, 'tombstone')),
        },
        { ...options, signal },
      ),
    );
  }

  compact(options: CompactOptions = {}): Promise<CompactReport> {
    const { disk, packs, packsFolder, remote } = this.#parts;
    const parts = {
      index: () => this.#index,
      reader: this.#reading.reader,
      packBytesMax: this.#packBytesMax,
      openPack: () => this.#writer.openPackName,
      append: (record: NewRecord) => this.#writer.append(record),
      moveLarge: async (source: AsyncIterable<Uint8Array>, place: Place) =>
        this.#keep(await spool(disk, packsFolder, source), place),
      settle: async () => {
        if (remote === undefined) return;
        await this.#writer.sealOpenPack();
        await remote.uploaded();
      },
      remove: async (pack: PackInfo) => {
        await remote?.remove(pack);
        packs.forget(pack.name);
        await disk.remove(packs.path(pack.name));
        await disk.syncFolder(packsFolder);
        this.#index.removePack(pack);
      },
    };
    const signal = this.#untilClosed(options.signal);
    return this.#inTurn(() => compactPacks(parts, { ...options, signal }));
  }

  reindex(options: ReindexOptions = {}): Promise<ReindexReport> {
    const { disk, packs, packsFolder, indexBox, remote } = this.#parts;
    const signal = this.#untilClosed(options.signal);
    // Nothing is appended meanwhile; reads go on with the old index.
    return this.#inTurn(async () => {
      await this.#writer.sealOpenPack();
      const reindexing = this.#writer.exclusively(async () => {
        await Promise.allSettled(this.#keeping);
        return reindexPacks({ disk, packs, folder: packsFolder, indexBox, remote }, { ...options, signal });
      });
      this.#reindexing = reindexing.catch(() => undefined);
      try {
        return await reindexing;
      } finally {
        this.#reindexing = undefined;
      }
    });
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new Error('the blob store is closed'));
    clearInterval(this.#sealTimer);
    while (this.#work.size > 0) await Promise.allSettled([...this.#work]);
    await this.#writer.close();
    await this.#parts.remote?.close();
    this.#parts.packs.close();
    try {
      this.#index.flush();
      this.#index.setFact('clean', 1);
      this.#index.close();
    } finally {
      this.#parts.lock.release();
    }
  }

  #untilClosed(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tracked(this.#maintenance.then(work, work));
    this.#maintenance = result.catch(() => undefined);
    return result;
  }

  /** Closing waits for it. */
  async #tracked<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    try {
      return await work;
    } finally {
      this.#work.delete(work);
    }
  }
}

/** A crash between removing a pack and forgetting it leaves an entry with nothing in it. */
function forgetEmptyPacks(index: PackIndex): void {
  const gone = [...index.packs()].filter(
    ({ local, remote, liveBlobs }) => !local && !remote && liveBlobs === 0,
  );
  for (const pack of gone) index.removePack(pack);
}

async function filterInTurns(ids: Iterable<BlobId>, test: (id: BlobId) => boolean): Promise<Set<BlobId>> {
  const passed = new Set<BlobId>();
  let count = 0;
  for (const id of ids) {
    if (test(id)) passed.add(id);
    count += 1;
    if (count % lookupsPerTurn === 0) await turn();
  }
  return passed;
}
