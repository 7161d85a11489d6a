/** Reads every live blob and compares it with its hash, and the packs with the index. */
import { setTimeout as delay } from 'node:timers/promises';
import type { BlobId } from './blob-store.ts';
import { ReadAhead, type ByteSource } from './byte-source.ts';
import {
  damagesKeptMax,
  type Damage,
  type VerifyCursor,
  type VerifyOptions,
  type VerifyReport,
} from './maintenance.ts';
import { PackGoneError } from './open-packs.ts';
import {
  decodeRecordHeader,
  packHeaderBytes,
  recordBytes,
  recordHeaderBytes,
  type FooterEntry,
  type PackIdentity,
  type PackRecord,
} from './pack-format.ts';
import type { BlobRow, PackInfo, Place } from './index-rows.ts';
import { isSamePlace, type PackIndex } from './pack-index.ts';
import type { PackReader } from './pack-reader.ts';
import { readFooter, readPackIdentity, readTrailer, scanPack } from './pack-scan.ts';
import { checkContentHash } from './record-check.ts';

export interface VerifyParts {
  readonly index: () => PackIndex;
  readonly reader: PackReader;
}

const readAheadBytes = 1024 * 1024;
const progressEveryBytes = 4 * 1024 * 1024;
const rowsPerPage = 500;

/** What the packs do not list although the index places blobs there: pack number to the offsets that were listed. */
type Suspects = Map<number, ReadonlySet<number>>;

export async function verifyPacks(parts: VerifyParts, options: VerifyOptions): Promise<VerifyReport> {
  const run = new VerifyRun(parts, options);
  return run.run();
}

class VerifyRun {
  readonly #parts: VerifyParts;
  readonly #options: VerifyOptions;
  readonly #damages: Damage[] = [];
  readonly #suspects: Suspects = new Map();
  #damageCount = 0;
  #blobs = 0;
  #bytes = 0;
  #bytesDone = 0;
  #bytesTotal = 0;
  #bytesReported = 0;
  readonly #started = performance.now();

  constructor(parts: VerifyParts, options: VerifyOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  async run(): Promise<VerifyReport> {
    const { resumeFrom } = this.#options;
    const packs = [...this.#parts.index().packs()].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#bytesTotal = packs.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const pack of packs) {
      const before = this.#bytesDone;
      if (resumeFrom === undefined || pack.name >= resumeFrom.pack) {
        const from = pack.name === resumeFrom?.pack ? resumeFrom.offset : 0;
        await this.#verifyPack(pack, from);
      }
      this.#bytesDone = before + pack.bytes;
      this.#report({ pack: pack.name, offset: pack.bytes }, true);
    }
    if (this.#suspects.size > 0) await this.#verifySuspects();
    return {
      blobs: this.#blobs,
      bytes: this.#bytes,
      damages: this.#damages,
      damageCount: this.#damageCount,
    };
  }

  async #verifyPack(pack: PackInfo, from: number): Promise<void> {
    if (!pack.local && !pack.remote) {
      if (pack.liveBlobs > 0) this.#suspects.set(pack.number, new Set());
      return;
    }
    try {
      const lease = await this.#parts.reader.lease(pack);
      try {
        await this.#verifyRecords(lease, pack, from);
      } finally {
        lease.release();
      }
    } catch (error) {
      if (!(error instanceof PackGoneError)) throw error;
      // Compacted meanwhile, or truly gone: its blobs, if the index still has any there, will tell.
      if (this.#parts.index().packNamed(pack.name)?.number === pack.number) {
        this.#suspects.set(pack.number, new Set());
      }
    }
  }

  async #verifyRecords(source: ByteSource, pack: PackInfo, from: number): Promise<void> {
    const ahead = new ReadAhead(source, readAheadBytes);
    const identity = await readPackIdentity(source, pack.name);
    const listed = new Set<number>();
    let live = 0;
    for await (const entry of this.#entries(source, identity, pack)) {
      if (entry.kind === 'gap') {
        if (entry.offset >= from) this.#noteGap(pack, entry.offset, entry.storedLength);
        continue;
      }
      listed.add(entry.offset);
      if (entry.kind === 'tombstone') continue;
      const index = this.#parts.index();
      const place = index.lookup(entry.id);
      const isLive = isSamePlace(place, { pack: pack.number, offset: entry.offset });
      if (isLive) live += 1;
      if (entry.offset < from) continue;
      if (isLive) await this.#verifyRecord(ahead, identity, pack, entry);
      else if (place === undefined && !index.isDeleted(entry.id, entry.stamp)) {
        this.#note(entry.id, pack.name, entry.offset, 'not-indexed', 'the index does not know it', true);
      }
    }
    if (live < pack.liveBlobs) this.#suspects.set(pack.number, listed);
  }

  /** What the pack says it holds: by its footer, or record by record where it has none that can be read. */
  async *#entries(source: ByteSource, identity: PackIdentity, pack: PackInfo): AsyncGenerator<FooterEntry> {
    const trailer = pack.state === 'sealed' ? await readTrailer(source, identity) : undefined;
    const footer = trailer && (await readFooter(source, identity, trailer));
    if (footer !== undefined) {
      yield* footer;
      return;
    }
    if (pack.state === 'sealed') {
      const detail = trailer === undefined ? 'the trailer is broken' : 'the footer is broken';
      this.#note(undefined, pack.name, trailer?.footerOffset ?? source.size, 'footer', detail, true);
    }
    const to = trailer?.footerOffset ?? source.size;
    for await (const item of scanPack(source, identity, {
      from: packHeaderBytes,
      to,
      checkPayloads: false,
    })) {
      if (item.type === 'record') yield item.record;
      // Behind the last record of a sealed pack stands the broken footer.
      else if (item.type === 'gap' || trailer !== undefined || pack.state !== 'sealed') {
        yield { kind: 'gap', offset: item.offset, storedLength: item.bytes };
      }
    }
  }

  async #verifyRecord(
    source: ByteSource,
    identity: PackIdentity,
    pack: PackInfo,
    record: PackRecord,
  ): Promise<void> {
    const header = decodeRecordHeader(
      await source.read(record.offset, recordHeaderBytes),
      identity,
      record.offset,
    );
    const isHeaderWhole = header?.id === record.id && header.storedLength === record.storedLength;
    const state = await checkContentHash(source, record);
    if (state !== 'whole') this.#noteContent(record.id, pack, record.offset, state);
    else if (!isHeaderWhole) {
      this.#note(record.id, pack.name, record.offset, 'header', 'checksum; the content is whole', true);
    }
    this.#blobs += 1;
    this.#bytes += record.length;
    this.#bytesDone += recordBytes(record);
    this.#report({ pack: pack.name, offset: record.offset + recordBytes(record) }, false);
    await this.#keepPace();
  }

  #noteContent(id: BlobId, pack: PackInfo, offset: number, state: string): void {
    const place = { pack: pack.number, offset };
    // Moved meanwhile: it is looked at where it stands now, or was checked by the move.
    if (!isSamePlace(this.#parts.index().lookup(id), place)) return;
    this.#parts.index().markDamaged(id, place);
    if (state === 'cut') this.#note(id, pack.name, offset, 'cut', 'the pack ends before the record', false);
    else this.#note(id, pack.name, offset, 'content', 'the content does not have its hash', false);
  }

  #noteGap(pack: PackInfo, offset: number, bytes: number): void {
    this.#note(undefined, pack.name, offset, 'gap', `${bytes} bytes are no record`, false);
  }

  #note(
    id: BlobId | undefined,
    pack: string,
    offset: number,
    reason: Damage['reason'],
    detail: string,
    recoverable: boolean,
  ): void {
    const damage: Damage = { id, pack, offset, reason, detail, recoverable };
    this.#damageCount += 1;
    if (this.#damages.length < damagesKeptMax) this.#damages.push(damage);
    this.#options.onDamage?.(damage);
  }

  /** One walk over the index for all packs that do not list what it places in them. */
  async #verifySuspects(): Promise<void> {
    let last: BlobId | undefined;
    for (;;) {
      this.#options.signal?.throwIfAborted();
      const rows = this.#parts.index().blobsAfter(last, rowsPerPage);
      last = rows.at(-1)?.id;
      if (last === undefined) return;
      for (const row of rows) {
        const listed = this.#suspects.get(row.place.pack);
        if (listed !== undefined && !listed.has(row.place.offset)) await this.#verifySuspect(row);
      }
      await delay(0);
    }
  }

  async #verifySuspect({ id, place }: BlobRow): Promise<void> {
    const pack = this.#parts.index().pack(place.pack);
    const name = pack?.name ?? String(place.pack);
    const state = pack === undefined ? 'gone' : await this.#checkPlace(pack, id, place);
    if (!isSamePlace(this.#parts.index().lookup(id), place)) return;
    if (state === 'whole') {
      this.#note(id, name, place.offset, 'header', 'no header there; the content is whole', true);
      return;
    }
    this.#parts.index().markDamaged(id, place);
    if (state === 'gone') {
      this.#note(id, name, place.offset, 'pack-missing', 'the pack is gone', false);
    } else if (state === 'cut') {
      this.#note(id, name, place.offset, 'cut', 'the pack ends before the record', false);
    } else this.#note(id, name, place.offset, 'index-wrong', 'no such record stands there', false);
  }

  async #checkPlace(pack: PackInfo, id: BlobId, place: Place): Promise<string> {
    try {
      const lease = await this.#parts.reader.lease(pack);
      try {
        return await checkContentHash(lease, { ...place, id });
      } finally {
        lease.release();
      }
    } catch (error) {
      if (error instanceof PackGoneError) return 'gone';
      throw error;
    }
  }

  #report(cursor: VerifyCursor, now: boolean): void {
    if (!now && this.#bytesDone - this.#bytesReported < progressEveryBytes) return;
    this.#bytesReported = this.#bytesDone;
    const { onProgress } = this.#options;
    onProgress?.(
      { bytesDone: this.#bytesDone, bytesTotal: this.#bytesTotal, blobsDone: this.#blobs },
      cursor,
    );
  }

  async #keepPace(): Promise<void> {
    const { bytesPerSecondMax, signal } = this.#options;
    signal?.throwIfAborted();
    if (bytesPerSecondMax === undefined) return;
    const aheadMs = (this.#bytes / bytesPerSecondMax) * 1000 - (performance.now() - this.#started);
    if (aheadMs > 10) await delay(aheadMs, undefined, { ...(signal === undefined ? {} : { signal }) });
  }
}
