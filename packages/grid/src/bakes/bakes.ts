/**
 * Baked textures of avatars, which regions hand from one to the next so that viewers need not make them again. What
 * is in them is the regions' business. They are not counted against the grid's quota: losing them costs nothing but a bake.
 */
import type { BlobId, BlobStore } from '@gridkeep/storage/blobs/blob-store';
import type { Database } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import * as store from './bakes-store.ts';

/** Sixteen textures of half a megabyte, in base64 inside XML. */
export const bakeBytesMax = 16 * 1024 * 1024;
const lifeMs = 90 * 24 * 3_600_000;

export class BakeTooLargeError extends Error {
  override readonly name = 'BakeTooLargeError';
}

export interface BakesOptions {
  readonly database: Database;
  readonly blobs: BlobStore;
  /** Unix milliseconds; for tests. */
  readonly now?: () => number;
}

export class Bakes {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #now: () => number;

  constructor({ database, blobs, now = Date.now }: BakesOptions) {
    this.#database = database;
    this.#blobs = blobs;
    this.#now = now;
  }

  async find(userId: Uuid): Promise<Uint8Array | undefined> {
    const id = await store.findBake(this.#database, userId);
    return id === undefined ? undefined : this.#blobs.get(id);
  }

  /** Takes the place of what was there; nothing takes it away. Throws BakeTooLargeError. */
  async store(userId: Uuid, content: Uint8Array): Promise<void> {
    const { byteLength } = content;
    if (byteLength > bakeBytesMax)
      throw new BakeTooLargeError(`${byteLength} bytes of baked textures, and ${bakeBytesMax} are allowed`);
    if (byteLength === 0) return store.deleteBake(this.#database, userId);
    await store.writeBake(this.#database, userId, await this.#blobs.put(content), this.#now());
  }

  /** Forgets what was stored more than 90 days ago; returns how many. */
  async cleanOld(): Promise<number> {
    return store.deleteBakesBefore(this.#database, this.#now() - lifeMs);
  }

  /** What baked textures need of the blob store. */
  liveBlobs(): AsyncIterable<BlobId> {
    return store.blobsOfBakes(this.#database);
  }
}
