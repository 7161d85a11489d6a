/** The only one that appends to packs: gathers what is queued into one write and one flush (group commit). */
import { setTimeout as delay } from 'node:timers/promises';
import type { BlobId } from './blob-store.ts';
import type { Disk, DiskFile } from './disk.ts';
import type { OpenPacks } from './open-packs.ts';
import {
  encodeFooter,
  encodePackHeader,
  encodeRecordHeader,
  newPackName,
  packHeaderBytes,
  packIdentity,
  packRecordsMax,
  recordBytes,
  recordHeaderBytes,
  type FooterEntry,
  type PackIdentity,
  type RecordHeader,
  type RecordKind,
} from './pack-format.ts';
import type { PackInfo, Place } from './index-rows.ts';
import type { PackIndex } from './pack-index.ts';
import { readPackIdentity, scanPack } from './pack-scan.ts';
import type { StampClock } from './stamp-clock.ts';

export interface NewRecord {
  readonly kind: RecordKind;
  readonly id: BlobId;
  readonly length: number;
  /** The stored form; must not be changed before the append resolves. */
  readonly payload: Uint8Array;
  readonly payloadCrc: number;
  /** Set when this is a copy of an older record: it keeps its stamp and takes the place of the one there. */
  readonly movedFrom?: Pick<Place, 'pack' | 'offset' | 'stamp'>;
}

export interface WriterOptions {
  readonly packBytesMax: number;
  /** Bytes waiting to be written; further appends wait until there is room. */
  readonly queueBytesMax: number;
  /**
   * When given, every batch becomes a pack of its own that is sealed at once, and appends resolve after this has made
   * it durable elsewhere.
   */
  readonly publish?: (pack: string) => Promise<void>;
  /** How long the first record of a batch waits for company. */
  readonly gatherMs: number;
  readonly onSealed: (pack: PackInfo) => void;
}

export interface WriterParts {
  readonly disk: Disk;
  readonly folder: string;
  readonly index: () => PackIndex;
  readonly clock: StampClock;
  readonly packs: OpenPacks;
}

interface Queued {
  readonly record: NewRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface OpenPack {
  readonly name: string;
  readonly file: DiskFile;
  readonly identity: PackIdentity;
  /** Everything before this offset is durable. */
  bytes: number;
  readonly entries: FooterEntry[];
  /** Set once something durable stands in it. */
  info: PackInfo | undefined;
}

/** Bytes of one write; larger batches gain nothing and make the first of them wait longer. */
const batchBytesMax = 4 * 1024 * 1024;
/** Room for a batch in one system call: two pieces per record, 1,024 pieces at most. */
const batchRecordsMax = 500;
const publishesMax = 4;

export class PackWriter {
  readonly #parts: WriterParts;
  readonly #options: WriterOptions;
  readonly #queue: Queued[] = [];
  #queuedBytes = 0;
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];
  #pack: OpenPack | undefined;
  #running: Promise<void> | undefined;
  readonly #publishing = new Set<Promise<void>>();
  #resumable: PackInfo | undefined;
  readonly #tasks: (() => Promise<void>)[] = [];
  #isIndexStuck = false;

  /** `resumable` is the pack that an earlier run left open. */
  constructor(parts: WriterParts, options: WriterOptions, resumable: PackInfo | undefined) {
    this.#parts = parts;
    this.#options = options;
    this.#resumable = resumable;
  }

  /** Resolves when the record is durable and in the index. */
  async append(record: NewRecord): Promise<void> {
    const bytes = recordHeaderBytes + record.payload.length;
    await this.#enter(bytes);
    try {
      if (this.#isIndexStuck) {
        this.#parts.index().flush();
        this.#isIndexStuck = false;
      }
      await new Promise<void>((resolve, reject) => {
        this.#queue.push({ record, resolve, reject });
        this.#running ??= this.#run();
      });
    } finally {
      this.#leave(bytes);
    }
  }

  async #enter(bytes: number): Promise<void> {
    const hasRoom = this.#queuedBytes === 0 || this.#queuedBytes + bytes <= this.#options.queueBytesMax;
    if (hasRoom && this.#waiting.length === 0) this.#queuedBytes += bytes;
    else await new Promise<void>((enter) => this.#waiting.push({ bytes, enter }));
  }

  #leave(bytes: number): void {
    this.#queuedBytes -= bytes;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#queuedBytes > 0 && this.#queuedBytes + first.bytes > this.#options.queueBytesMax) return;
      this.#waiting.shift();
      this.#queuedBytes += first.bytes;
      first.enter();
    }
  }

  async #run(): Promise<void> {
    // Appends made in the same turn of the event loop go together.
    await Promise.resolve();
    while (this.#queue.length > 0 || this.#tasks.length > 0) {
      const task = this.#tasks.shift();
      if (task === undefined) await this.#writeBatch();
      else {
        await Promise.all(this.#publishing);
        await task();
      }
    }
    this.#running = undefined;
  }

  async #writeBatch(): Promise<void> {
    const { publish, gatherMs, packBytesMax } = this.#options;
    if (gatherMs > 0 && this.#queuedBytes < packBytesMax) await delay(gatherMs);
    let pack: OpenPack;
    try {
      pack = this.#pack ??= await this.#openPack();
    } catch (error) {
      for (const { reject } of this.#queue.splice(0)) reject(error);
      return;
    }
    const begun = this.#parts.clock.begin();
    const batch = this.#takeBatch(pack);
    const records = this.#place(pack, batch);
    try {
      await this.#write(pack, batch, records, publish !== undefined);
    } catch (error) {
      this.#parts.clock.end(begun);
      await this.#rollBack(pack);
      for (const { reject } of batch) reject(error);
      return;
    }
    if (publish === undefined) {
      await this.#acknowledge(pack, batch, records, begun);
      return;
    }
    this.#pack = undefined;
    const publishing = this.#publish(pack, batch, records, publish).finally(() => {
      this.#parts.clock.end(begun);
      this.#publishing.delete(publishing);
    });
    this.#publishing.add(publishing);
    if (this.#publishing.size >= publishesMax) await Promise.race(this.#publishing);
  }

  #takeBatch(pack: OpenPack): Queued[] {
    const room = Math.min(batchBytesMax, this.#options.packBytesMax - pack.bytes);
    const recordsMax = Math.min(batchRecordsMax, packRecordsMax - pack.entries.length);
    let bytes = 0;
    let count = 0;
    for (const { record } of this.#queue) {
      bytes += recordHeaderBytes + record.payload.length;
      if (count > 0 && (bytes > room || count >= recordsMax)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  #place(pack: OpenPack, batch: readonly Queued[]): RecordHeader[] {
    let offset = pack.bytes;
    return batch.map(({ record }) => {
      const placed: RecordHeader = {
        kind: record.kind,
        id: record.id,
        stamp: record.movedFrom?.stamp ?? this.#parts.clock.next(),
        length: record.length,
        storedLength: record.payload.length,
        offset,
        payloadCrc: record.payloadCrc,
      };
      offset += recordBytes(placed);
      return placed;
    });
  }

  async #write(
    pack: OpenPack,
    batch: readonly Queued[],
    records: readonly RecordHeader[],
    seal: boolean,
  ): Promise<void> {
    const pieces: Uint8Array[] = [];
    records.forEach((record, at) => {
      const payload = batch[at]?.record.payload;
      pieces.push(encodeRecordHeader(record, pack.identity));
      if (payload !== undefined && payload.length > 0) pieces.push(payload);
    });
    let end = records.reduce((sum, record) => sum + recordBytes(record), pack.bytes);
    if (seal) {
      const footer = encodeFooter([...pack.entries, ...records], pack.identity, end);
      pieces.push(...footer);
      end += footer.reduce((sum, piece) => sum + piece.length, 0);
    }
    await pack.file.write(pieces, pack.bytes);
    await pack.file.datasync();
    pack.entries.push(...records);
    pack.bytes = end;
  }

  async #acknowledge(
    pack: OpenPack,
    batch: readonly Queued[],
    records: readonly RecordHeader[],
    begun: number,
  ): Promise<void> {
    try {
      pack.info ??= this.#parts.index().addPack(pack.name, 'open', { local: true, remote: false });
      this.#takeOver(pack.info, pack, batch, records);
    } catch (error) {
      // The index cannot be read. The records are durable, so the next start will find them.
      this.#abandon(pack);
      for (const { reject } of batch) reject(error);
      return;
    } finally {
      this.#parts.clock.end(begun);
    }
    for (const { resolve } of batch) resolve();
    const isFull = pack.bytes >= this.#options.packBytesMax || pack.entries.length >= packRecordsMax;
    if (isFull) await this.#seal(pack);
    this.#flushIndexIfDue();
  }

  /** A full disk may keep the index from being written while packs still can be; then puts fail until it is over. */
  #flushIndexIfDue(): void {
    try {
      this.#parts.index().flushIfDue();
    } catch {
      this.#isIndexStuck = true;
    }
  }

  #takeOver(
    info: PackInfo,
    pack: OpenPack,
    batch: readonly Queued[],
    records: readonly RecordHeader[],
  ): void {
    const index = this.#parts.index();
    info.bytes = pack.bytes;
    info.indexedTo = pack.bytes;
    records.forEach((record, at) => index.apply(info, record, batch[at]?.record.movedFrom));
  }

  async #publish(
    pack: OpenPack,
    batch: readonly Queued[],
    records: readonly RecordHeader[],
    publish: (pack: string) => Promise<void>,
  ): Promise<void> {
    try {
      await pack.file.close();
      await publish(pack.name);
      const info = this.#parts.index().addPack(pack.name, 'sealed', { local: true, remote: true });
      this.#takeOver(info, pack, batch, records);
      for (const { resolve } of batch) resolve();
      this.#options.onSealed(info);
      this.#flushIndexIfDue();
    } catch (error) {
      for (const { reject } of batch) reject(error);
      // Nobody was told that it is kept, so it need not be.
      await this.#parts.disk.remove(this.#parts.packs.path(pack.name)).catch(() => undefined);
    }
  }

  async #openPack(): Promise<OpenPack> {
    const resumable = this.#resumable;
    this.#resumable = undefined;
    return resumable === undefined ? this.#createPack() : this.#resumePack(resumable);
  }

  async #createPack(): Promise<OpenPack> {
    const { disk, folder, packs } = this.#parts;
    const name = newPackName();
    const identity = packIdentity(name);
    const file = await disk.open(packs.path(name), 'create');
    try {
      await file.write([encodePackHeader(identity)], 0);
      await disk.syncFolder(folder);
    } catch (error) {
      await file.close();
      await disk.remove(packs.path(name));
      throw error;
    }
    return { name, file, identity, bytes: packHeaderBytes, entries: [], info: undefined };
  }

  async #resumePack(info: PackInfo): Promise<OpenPack> {
    const { disk, packs } = this.#parts;
    const lease = await packs.lease(info.name, info.bytes);
    try {
      const identity = await readPackIdentity(lease, info.name);
      const entries: FooterEntry[] = [];
      for await (const item of scanPack(lease, identity, { checkPayloads: false })) {
        if (item.type === 'record') entries.push(item.record);
        else entries.push({ kind: 'gap', offset: item.offset, storedLength: item.bytes });
      }
      const file = await disk.open(packs.path(info.name), 'write');
      return { name: info.name, file, identity, bytes: info.bytes, entries, info };
    } finally {
      lease.release();
    }
  }

  /** After a failed write: what was acknowledged stays, what was not is cut off, and the next batch starts a new pack. */
  async #rollBack(pack: OpenPack): Promise<void> {
    this.#pack = undefined;
    const { disk, packs } = this.#parts;
    try {
      if (pack.info === undefined) {
        await pack.file.close();
        await disk.remove(packs.path(pack.name));
        return;
      }
      await pack.file.truncate(pack.bytes);
      await pack.file.datasync();
      // The same pack can be continued: nothing unknown is behind its end.
      this.#pack = pack;
    } catch {
      this.#abandon(pack);
    }
  }

  /** The pack stays readable but gets no footer; compaction will rewrite it. */
  #abandon(pack: OpenPack): void {
    this.#pack = undefined;
    if (pack.info !== undefined) {
      pack.info.state = 'closed';
      this.#parts.index().packChanged(pack.info);
    }
    pack.file.close().catch(() => undefined);
  }

  async #seal(pack: OpenPack): Promise<void> {
    this.#pack = undefined;
    const { info } = pack;
    if (info === undefined) return;
    const footer = encodeFooter(pack.entries, pack.identity, pack.bytes);
    try {
      await pack.file.write(footer, pack.bytes);
      await pack.file.datasync();
      await pack.file.close();
    } catch {
      await pack.file.truncate(pack.bytes).catch(() => undefined);
      this.#abandon(pack);
      return;
    }
    info.bytes = pack.bytes + footer.reduce((sum, piece) => sum + piece.length, 0);
    info.indexedTo = info.bytes;
    info.state = 'sealed';
    this.#parts.index().packChanged(info);
    this.#options.onSealed(info);
  }

  /** Runs the work between two batches, while nothing is being written. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#tasks.push(() => work().then(resolve, reject));
      this.#running ??= this.#run();
    });
  }

  /** Seals the open pack, so that it can be uploaded or rewritten. */
  sealOpenPack(): Promise<void> {
    return this.exclusively(async () => {
      if (this.#pack === undefined && this.#resumable !== undefined) this.#pack = await this.#openPack();
      if (this.#pack !== undefined) await this.#seal(this.#pack);
    });
  }

  /** The name of the pack that is being appended to. */
  get openPackName(): string | undefined {
    return this.#pack?.name ?? this.#resumable?.name;
  }

  /** Waits for what is queued and closes the file. */
  async close(): Promise<void> {
    await this.exclusively(async () => {
      await this.#pack?.file.close();
      this.#pack = undefined;
    });
  }
}
