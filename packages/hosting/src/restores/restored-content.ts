/** Brings content out of a snapshot into the blob store: only what it lacks, and only with the hash that the record names. */
import { createHash } from 'node:crypto';
import type { BlobId, BlobStore } from '@gridkeep/storage/blobs/blob-store';
import { BlobMissingError, RepositoryDamagedError } from '@gridkeep/vault/repository/repository-errors';
import type { FileNode } from '@gridkeep/vault/format/tree-node';
import { isTargetFailure } from '@gridkeep/vault/target/target';
import { readWhole } from '../backup-layout/snapshot-files.ts';
import type { SnapshotSource } from '../backup-layout/snapshot-source.ts';
import { SnapshotContentError } from '../backup-layout/snapshot-source.ts';
import { KeySet } from './key-set.ts';
import { PutWindow } from '../ingress/put-window.ts';

/** Content that is held while it is put; what is larger streams. */
const heldBytesMax = 16 * 1024 * 1024;
const asksAtOnce = 200;

export interface WantedContent {
  readonly blobId: BlobId;
  /** Bytes. */
  readonly size: number;
  /** Undefined: the snapshot does not have it. */
  readonly file: FileNode | undefined;
  readonly place: string;
  readonly compress: 'auto' | 'never';
  /** Told when neither blob store nor snapshot has it. */
  readonly onLost: (reason: string) => void;
}

export class RestoredContent {
  readonly #source: SnapshotSource;
  readonly #blobs: BlobStore;
  readonly #dryRun: boolean;
  readonly #window = new PutWindow();
  /** In a dry run, what would be here by now. */
  readonly #counted = new KeySet();
  #asks: WantedContent[] = [];
  #newBlobs = 0;
  #newBytes = 0;
  #readBytes = 0;
  #unread = 0;

  constructor(source: SnapshotSource, blobs: BlobStore, dryRun: boolean) {
    this.#source = source;
    this.#blobs = blobs;
    this.#dryRun = dryRun;
  }

  get tally(): { readonly newBlobs: number; readonly newBlobBytes: number; readonly readBytes: number } {
    return { newBlobs: this.#newBlobs, newBlobBytes: this.#newBytes, readBytes: this.#readBytes };
  }

  /** Dry run: content that is looked into, and could not be since it has to be fetched from cold storage first. */
  get unread(): number {
    return this.#unread;
  }

  /** Puts it under way; waits only while too much is. Throws SnapshotContentError for bytes of another hash. */
  async want(content: WantedContent): Promise<void> {
    this.#asks.push(content);
    if (this.#asks.length >= asksAtOnce) await this.#answer();
  }

  /** Content that is at hand, of this hash. */
  async give(id: BlobId, bytes: Uint8Array): Promise<void> {
    const isHere = await this.#isKept(id);
    if (isHere) return;
    if (this.#dryRun) this.#foresee(id, bytes.length);
    else if ((await this.#blobs.put(bytes, { id })).isNew) this.#count(bytes.length);
  }

  /** Resolves when all that was wanted is durable. */
  async drain(): Promise<void> {
    await this.#answer();
    await this.#window.drain();
  }

  /** For the way out of a failed restore. */
  async settle(): Promise<void> {
    this.#asks = [];
    await this.#window.settle();
  }

  /** As `want`, and gives the bytes, for who looks into them; undefined when nobody has them. */
  async bring(content: WantedContent): Promise<Uint8Array | undefined> {
    const { blobId, file, place, size, compress } = content;
    const here = (await this.#isKept(blobId)) ? await this.#blobs.get(blobId) : undefined;
    if (here !== undefined) return here;
    if (file === undefined) {
      content.onLost('neither the blob store nor the snapshot has it');
      return undefined;
    }
    if (this.#dryRun) this.#source.willRead?.(file);
    const { bytes, lost } = await this.#readChecked(blobId, file, place, size).catch((error: unknown) => {
      if (!this.#dryRun || !isTargetFailure(error, 'cold')) throw error;
      this.#unread += 1;
      this.#foresee(blobId, size);
      return { bytes: undefined, lost: undefined };
    });
    if (lost === undefined) return undefined;
    if (bytes === undefined) content.onLost(lost);
    else if (this.#dryRun) this.#foresee(blobId, size);
    else
      await this.#window.add(size, async () => {
        if ((await this.#blobs.put(bytes, { id: blobId, compress })).isNew) this.#count(size);
      });
    return bytes;
  }

  /** The bytes without putting them anywhere. */
  async bytes(
    content: Pick<WantedContent, 'blobId' | 'size' | 'file' | 'place'>,
  ): Promise<Uint8Array | undefined> {
    const { blobId, file, place, size } = content;
    const here = await this.#blobs.get(blobId);
    if (here === undefined && file !== undefined && this.#dryRun) this.#source.willRead?.(file);
    return here === undefined && file !== undefined
      ? (await this.#readChecked(blobId, file, place, size)).bytes
      : here;
  }

  /** What is here though no record needs it must not be swept before the restore's records do. */
  async #isKept(id: BlobId): Promise<boolean> {
    return (await this.#blobs.protect([id])).has(id);
  }

  #foresee(id: BlobId, size: number): void {
    if (this.#counted.add(id)) this.#count(size);
  }

  async #answer(): Promise<void> {
    const asks = this.#asks;
    this.#asks = [];
    const here = new Set(await this.#blobs.protect(asks.map(({ blobId }) => blobId)));
    for (const content of asks) {
      if (here.has(content.blobId)) continue;
      here.add(content.blobId);
      if (content.file === undefined) content.onLost('neither the blob store nor the snapshot has it');
      else await this.#bring(content, content.file);
    }
  }

  async #bring(content: WantedContent, file: FileNode): Promise<void> {
    if (file.size !== content.size)
      throw new SnapshotContentError(content.place, 'has not the size that its row says');
    if (this.#dryRun) {
      this.#foresee(content.blobId, content.size);
      this.#source.willRead?.(file);
      return;
    }
    await this.#window.add(Math.min(content.size, heldBytesMax), async () => {
      if (content.size > heldBytesMax) return this.#stream(content, file);
      const { bytes, lost } = await this.#readChecked(content.blobId, file, content.place, content.size);
      if (bytes === undefined) return content.onLost(lost);
      const { blobId: id, compress } = content;
      const put = await this.#blobs.put(bytes, { id, compress });
      if (put.isNew) this.#count(content.size);
    });
  }

  async #stream(content: WantedContent, file: FileNode): Promise<void> {
    const { compress, place, blobId } = content;
    const put = await this.#blobs
      .putStream(this.#source.readFile(file), { compress })
      .catch((error: unknown) => {
        if (!isLoss(error)) throw error;
        content.onLost(error.message);
        return undefined;
      });
    if (put === undefined) return;
    this.#readBytes += put.size;
    if (put.id !== blobId) throw new SnapshotContentError(place, 'is not the content that its row names');
    if (put.isNew) this.#count(content.size);
  }

  async #readChecked(
    blobId: BlobId,
    file: FileNode,
    place: string,
    size: number,
  ): Promise<{ readonly bytes: Buffer | undefined; readonly lost: string }> {
    let bytes: Buffer;
    try {
      bytes = await readWhole(this.#source, file, place, size);
    } catch (error) {
      if (isLoss(error)) return { bytes: undefined, lost: error.message };
      throw error;
    }
    this.#readBytes += bytes.length;
    if (createHash('sha256').update(bytes).digest('hex') !== blobId)
      throw new SnapshotContentError(place, 'is not the content that its row names');
    return { bytes, lost: '' };
  }

  #count(bytes: number): void {
    this.#newBlobs += 1;
    this.#newBytes += bytes;
  }
}

/** The repository lost some of its bytes: that costs this content, not the whole restore. */
function isLoss(error: unknown): error is Error {
  return error instanceof BlobMissingError || error instanceof RepositoryDamagedError;
}
