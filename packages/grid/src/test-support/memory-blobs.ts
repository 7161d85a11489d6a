/** A BlobStore in memory, for tests of services: what it promises of durability it does not keep. */
import { createHash } from 'node:crypto';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import type {
  BlobId,
  BlobStat,
  BlobStore,
  BlobStoreStats,
  ByteRange,
  PutResult,
} from '@gridkeep/storage/blobs/blob-store';

export class MemoryBlobs implements BlobStore {
  readonly content = new Map<BlobId, Uint8Array>();

  async put(bytes: Uint8Array): Promise<PutResult> {
    const id = blobIdOf(bytes);
    const isNew = !this.content.has(id);
    this.content.set(id, Uint8Array.from(bytes));
    return Promise.resolve({ id, size: bytes.byteLength, isNew });
  }

  async putStream(source: AsyncIterable<Uint8Array>): Promise<PutResult> {
    const pieces: Uint8Array[] = [];
    for await (const piece of source) pieces.push(piece);
    return this.put(Buffer.concat(pieces));
  }

  async get(id: BlobId): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.content.get(id));
  }

  async read(id: BlobId, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined> {
    const bytes = await this.get(id);
    if (bytes === undefined) return undefined;
    const part = bytes.subarray(range?.start ?? 0, range?.end);
    return (async function* () {
      yield Promise.resolve(part);
    })();
  }

  async has(ids: Iterable<BlobId>): Promise<ReadonlySet<BlobId>> {
    return Promise.resolve(new Set([...ids].filter((id) => this.content.has(id))));
  }

  async protect(ids: Iterable<BlobId>): Promise<ReadonlySet<BlobId>> {
    return this.has(ids);
  }

  async stat(id: BlobId): Promise<BlobStat | undefined> {
    const size = this.content.get(id)?.byteLength;
    return Promise.resolve(size === undefined ? undefined : { id, size, storedSize: size, pack: 'memory' });
  }

  async *list(): AsyncGenerator<BlobStat> {
    for (const id of [...this.content.keys()].sort()) {
      const stat = await this.stat(id);
      if (stat !== undefined) yield stat;
    }
  }

  async stats(): Promise<BlobStoreStats> {
    const bytes = [...this.content.values()].reduce((sum, entry) => sum + entry.byteLength, 0);
    return Promise.resolve({
      blobs: this.content.size,
      packs: 1,
      logicalBytes: bytes,
      storedBytes: bytes,
      deadBytes: 0,
    });
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }
}

export function blobIdOf(bytes: Uint8Array): BlobId {
  return parseBlobId(createHash('sha256').update(bytes).digest('hex'));
}
