/** Keeps the packs of a store on a shelf: uploads, reads of what is not local, eviction, packs of other processes. */
import { setTimeout as delay } from 'node:timers/promises';
import { BlockCache, cacheBlockBytes } from './block-cache.ts';
import type { ByteSource } from './byte-source.ts';
import type { Damage } from './maintenance.ts';
import { PackGoneError, type PackLease } from './open-packs.ts';
import { newPackName, packNameTime } from './pack-format.ts';
import type { PackInfo } from './index-rows.ts';
import type { PackIndex } from './pack-index.ts';
import { isAbsent, type PackShelf } from './pack-shelf.ts';
import { takeSealedPack } from './recovery.ts';
import type { RemoteTier, RemoteTierParts } from './remote-tier.ts';
import { readTail } from './tail-source.ts';

/**
 * When a put is acknowledged. 'local': when it is durable in the local folder; packs go up when they are sealed.
 * 'remote': when it is on the shelf, so that several processes can share it and no local disk matters.
 */
export type ShelfPolicy = 'local' | 'remote';

export interface ShelfTierOptions {
  readonly policy: ShelfPolicy;
  /** Tries again by itself what may pass. */
  readonly shelf: PackShelf;
  readonly cacheFolder: string;
  /** Bytes of blocks of remote packs kept locally. */
  readonly cacheBytesMax: number;
  /** Bytes of uploaded packs kept whole in the local folder; the oldest go first. */
  readonly localBytesMax: number;
  /** 'remote' only: how long the first put of a batch waits for company. */
  readonly gatherMs: number;
  /** 'remote' only: for blobs that need not be there the shelf is asked for new packs at most so often. */
  readonly refreshMsMin: number;
  /** Wait after a failed upload before the next attempt. */
  readonly uploadRetryMs: number;
  readonly onUploadError?: (pack: string, error: unknown) => void;
}

/** Least time between two questions for packs of other processes when a blob is read that must be there. */
const lookMsMin = 200;
const uploadsMax = 2;
const uploadedPollMs = 20;
/** Clocks of processes may differ, and an upload appears later than its name says: new packs are looked for so far back. */
const refreshMarginMs = 60 * 60 * 1000;

export async function openShelfTier(options: ShelfTierOptions, parts: RemoteTierParts): Promise<ShelfTier> {
  return new ShelfTier(options, parts, await BlockCache.open(options.cacheFolder, options.cacheBytesMax));
}

export class ShelfTier implements RemoteTier {
  readonly gatherMs: number;
  readonly publish?: (pack: string) => Promise<void>;
  readonly #options: ShelfTierOptions;
  readonly #parts: RemoteTierParts;
  readonly #cache: BlockCache;
  readonly #closing = new AbortController();
  /** Names waiting for upload, in order. */
  readonly #waiting = new Set<string>();
  readonly #uploading = new Map<string, Promise<void>>();
  #uploadError: Error | undefined;
  #isPumping = false;
  #refreshedAt = -Infinity;
  #refreshing: Promise<boolean> | undefined;
  /** The next question, which has not begun. */
  #looking: Promise<boolean> | undefined;

  constructor(options: ShelfTierOptions, parts: RemoteTierParts, cache: BlockCache) {
    this.#options = options;
    this.#parts = parts;
    this.#cache = cache;
    this.gatherMs = options.policy === 'remote' ? options.gatherMs : 0;
    if (options.policy === 'remote') this.publish = (name) => this.#save(name);
  }

  // Uploads

  start(): void {
    for (const pack of this.#parts.index().packs()) {
      if (pack.state === 'sealed' && pack.local && !pack.remote) this.#waiting.add(pack.name);
    }
    this.#pumpUploads();
  }

  sealed(pack: PackInfo): void {
    if (!pack.remote) this.#waiting.add(pack.name);
    this.#pumpUploads();
    if (pack.remote) void this.#evict();
  }

  async uploaded(): Promise<void> {
    // Only those of now, or steady puts would keep it waiting for ever.
    const names = [...this.#waiting, ...this.#uploading.keys()];
    this.#uploadError = undefined;
    while (names.some((name) => this.#waiting.has(name) || this.#uploading.has(name))) {
      this.#closing.signal.throwIfAborted();
      await Promise.race([...this.#uploading.values(), delay(uploadedPollMs)]);
      this.#throwUploadError();
    }
  }

  #throwUploadError(): void {
    if (this.#uploadError !== undefined) throw this.#uploadError;
  }

  async #save(name: string): Promise<void> {
    const { packs, disk } = this.#parts;
    const file = await disk.open(packs.path(name), 'read');
    let bytes: number;
    try {
      bytes = await file.size();
    } finally {
      await file.close();
    }
    const lease = await packs.lease(name, bytes);
    try {
      await this.#options.shelf.save(name, lease, this.#closing.signal);
    } finally {
      lease.release();
    }
  }

  #pumpUploads(): void {
    if (!this.#isPumping) void this.#runUploads();
  }

  async #runUploads(): Promise<void> {
    this.#isPumping = true;
    while (this.#waiting.size + this.#uploading.size > 0 && !this.#closing.signal.aborted) {
      for (const name of this.#waiting) {
        if (this.#uploading.size >= uploadsMax) break;
        this.#waiting.delete(name);
        const uploading = this.#upload(name).finally(() => this.#uploading.delete(name));
        this.#uploading.set(name, uploading);
      }
      await Promise.race(this.#uploading.values());
    }
    // In the same turn as the last look at what waits, so that nothing is overlooked.
    this.#isPumping = false;
  }

  /** Never throws: what fails waits and is tried again, also after a restart. */
  async #upload(name: string): Promise<void> {
    try {
      await this.#save(name);
      const pack = this.#parts.index().packNamed(name);
      if (pack !== undefined) {
        pack.remote = true;
        this.#parts.index().packChanged(pack);
      }
      await this.#evict();
    } catch (error) {
      if (error instanceof PackGoneError || this.#closing.signal.aborted) return;
      this.#uploadError = error instanceof Error ? error : new Error('upload failed', { cause: error });
      this.#options.onUploadError?.(name, error);
      this.#waiting.add(name);
      await delay(this.#options.uploadRetryMs, undefined, { signal: this.#closing.signal }).catch(
        () => undefined,
      );
    }
  }

  /** Frees local disk of what is safe on the shelf. */
  async #evict(): Promise<void> {
    const { index, packs, disk } = this.#parts;
    const both = [...index().packs()].filter(({ local, remote }) => local && remote);
    let bytes = both.reduce((sum, pack) => sum + pack.bytes, 0);
    both.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const pack of both) {
      if (bytes <= this.#options.localBytesMax) return;
      bytes -= pack.bytes;
      pack.local = false;
      index().packChanged(pack);
      packs.forget(pack.name);
      await disk.remove(packs.path(pack.name)).catch(() => undefined);
    }
  }

  // Reading

  lease(name: string, size: number): PackLease {
    return { ...this.#source(name, size), release: () => undefined };
  }

  #source(name: string, size: number): ByteSource {
    return {
      size,
      read: async (offset, length) => {
        const wanted = Math.max(0, Math.min(length, size - offset));
        try {
          // Long runs (verification, compaction) would only push out what is read again and again.
          if (wanted >= cacheBlockBytes) return await this.#fetch(name, offset, wanted);
          return await this.#readBlocks(name, size, offset, wanted);
        } catch (error) {
          if (!isAbsent(error)) throw error;
          this.#noteGone(name);
          throw new PackGoneError(name);
        }
      },
    };
  }

  #fetch(name: string, offset: number, length: number): Promise<Buffer> {
    return this.#options.shelf.read(name, offset, length, this.#closing.signal);
  }

  async #readBlocks(name: string, size: number, offset: number, length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const end = offset + length;
    for (let at = offset; at < end;) {
      const number = Math.floor(at / cacheBlockBytes);
      const start = number * cacheBlockBytes;
      const blockBytes = Math.min(cacheBlockBytes, size - start);
      const block = await this.#cache.block(name, number, () => this.#fetch(name, start, blockBytes));
      const piece = block.subarray(at - start, Math.min(end, start + cacheBlockBytes) - start);
      if (piece.length === 0) break;
      pieces.push(piece);
      at += piece.length;
    }
    const only = pieces.length === 1 ? pieces[0] : undefined;
    return only ?? Buffer.concat(pieces);
  }

  #noteGone(name: string): void {
    const pack = this.#parts.index().packNamed(name);
    if (pack === undefined || !pack.remote) return;
    pack.remote = false;
    this.#parts.index().packChanged(pack);
    // Another process may have moved its blobs: look at once.
    this.#refreshedAt = -Infinity;
  }

  // What is on the shelf

  refresh(): Promise<boolean> {
    if (this.#options.policy === 'local') return Promise.resolve(false);
    if (this.#refreshing !== undefined) return this.#refreshing;
    const now = performance.now();
    if (now - this.#refreshedAt < this.#options.refreshMsMin) return Promise.resolve(false);
    return this.#ask();
  }

  look(): Promise<boolean> {
    if (this.#options.policy === 'local') return Promise.resolve(false);
    this.#looking ??= this.#mayAsk().then(() => {
      this.#looking = undefined;
      // One that has begun this moment has begun late enough.
      return this.#refreshing ?? this.#ask();
    });
    return this.#looking;
  }

  /** Until no question is under way, which may have passed the place where a pack stands now, and the pause is over. */
  async #mayAsk(): Promise<void> {
    const { signal } = this.#closing;
    const everyMs = Math.min(lookMsMin, this.#options.refreshMsMin);
    for (;;) {
      signal.throwIfAborted();
      const pauseMs = this.#refreshedAt + everyMs - performance.now();
      if (this.#refreshing !== undefined) await this.#refreshing.catch(() => undefined);
      else if (pauseMs > 0) await delay(pauseMs, undefined, { signal });
      else return;
    }
  }

  #ask(): Promise<boolean> {
    this.#refreshedAt = performance.now();
    this.#refreshing = this.#takeNewPacks().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #takeNewPacks(): Promise<boolean> {
    const index = this.#parts.index();
    let newest = 0;
    for (const { name, remote } of index.packs()) if (remote) newest = Math.max(newest, packNameTime(name));
    const after = newPackName(Math.max(0, newest - refreshMarginMs))
      .slice(0, 12)
      .padEnd(32, '0');
    let count = 0;
    for await (const { name, bytes } of this.#options.shelf.list(after, this.#closing.signal)) {
      if (index.packNamed(name) !== undefined) continue;
      await this.#takePack(index, [], name, bytes);
      count += 1;
    }
    return count > 0;
  }

  async takeAll(index: PackIndex, damages: Damage[]): Promise<void> {
    const present = new Set<string>();
    for await (const { name, bytes } of this.#options.shelf.list(undefined, this.#closing.signal)) {
      present.add(name);
      const known = index.packNamed(name);
      if (known === undefined || known.indexedTo === 0) await this.#takePack(index, damages, name, bytes);
      else if (!known.remote) {
        known.remote = true;
        index.packChanged(known);
      }
    }
    for (const pack of index.packs()) {
      if (!pack.remote || present.has(pack.name)) continue;
      pack.remote = false;
      index.packChanged(pack);
    }
    index.flush();
  }

  async #takePack(index: PackIndex, damages: Damage[], name: string, bytes: number): Promise<void> {
    const tail = await readTail(this.#source(name, bytes));
    const pack = index.addPack(name, 'sealed', { local: false, remote: true });
    if (await takeSealedPack(index, { damages }, tail, pack, false)) return;
    pack.state = 'closed';
    const detail = 'the trailer on the shelf is broken';
    damages.push({ id: undefined, pack: name, offset: bytes, reason: 'footer', detail, recoverable: false });
  }

  async remove(pack: PackInfo): Promise<void> {
    this.#waiting.delete(pack.name);
    await this.#uploading.get(pack.name);
    this.#waiting.delete(pack.name);
    await this.#options.shelf.remove(pack.name, this.#closing.signal);
    await this.#cache.forget(pack.name);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the blob store is closed'));
    await Promise.all(this.#uploading.values());
  }
}
