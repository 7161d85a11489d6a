/** PackStores whose packs are kept on a shelf: in an S3-compatible object store, or in any other. */
import { join } from 'node:path';
import { openPackStore, type PackStore, type PackStoreOptions } from './pack-store.ts';
import type { PackShelf } from './pack-shelf.ts';
import { retryingShelf } from './retry-shelf.ts';
import type { S3Place } from '../s3/s3-client.ts';
import { openS3Shelf } from './s3-shelf.ts';
import { openShelfTier, type ShelfPolicy } from './shelf-tier.ts';

export interface ShelfStoreOptions extends Omit<PackStoreOptions, 'remote'> {
  /** Default 'local'. */
  readonly policy?: ShelfPolicy;
  /** Bytes of blocks of remote packs kept in the folder. Default 2 GiB. */
  readonly cacheBytesMax?: number;
  /** Bytes of uploaded packs kept whole in the folder. Default 2 GiB. */
  readonly localBytesMax?: number;
  /** Policy 'remote': wait for company of the first put of a batch. Default 50 ms. */
  readonly gatherMs?: number;
  /** Policy 'remote': the least time between two questions for packs of other processes. Default 5,000 ms. */
  readonly refreshMsMin?: number;
  /** Policy 'local': a pack is sealed and uploaded after so long even when it is not full. Default 10 minutes. */
  readonly sealAfterMs?: number;
  readonly uploadRetryMs?: number;
  readonly onUploadError?: (pack: string, error: unknown) => void;
}

export interface S3PackStoreOptions extends ShelfStoreOptions {
  readonly s3: S3Place;
}

const gib = 1024 * 1024 * 1024;
const defaults = {
  cacheBytesMax: 2 * gib,
  localBytesMax: 2 * gib,
  gatherMs: 50,
  refreshMsMin: 5_000,
  sealAfterMs: 10 * 60_000,
  uploadRetryMs: 30_000,
};

/** A store whose packs go to the shelf. The shelf should try again by itself what may pass (retryingShelf). */
export async function openShelfPackStore(shelf: PackShelf, options: ShelfStoreOptions): Promise<PackStore> {
  const policy = options.policy ?? 'local';
  const store = await openPackStore({
    ...options,
    remote: (parts) =>
      openShelfTier(
        {
          policy,
          shelf,
          cacheFolder: join(options.folder, 'cache'),
          cacheBytesMax: options.cacheBytesMax ?? defaults.cacheBytesMax,
          localBytesMax: options.localBytesMax ?? defaults.localBytesMax,
          gatherMs: options.gatherMs ?? defaults.gatherMs,
          refreshMsMin: options.refreshMsMin ?? defaults.refreshMsMin,
          uploadRetryMs: options.uploadRetryMs ?? defaults.uploadRetryMs,
          ...(options.onUploadError === undefined ? {} : { onUploadError: options.onUploadError }),
        },
        parts,
      ),
    ...(policy === 'local' ? { sealAfterMs: options.sealAfterMs ?? defaults.sealAfterMs } : {}),
  });
  return store;
}

/** Opens a store in a bucket. The local folder holds the index, what is not yet uploaded, and a cache. */
export async function openS3PackStore(options: S3PackStoreOptions): Promise<PackStore> {
  const { s3, ...rest } = options;
  return openShelfPackStore(retryingShelf(await openS3Shelf(s3)), rest);
}
